import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, openBench } from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const pay = (payment_method: string, overrides: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  stripe.paymentIntents.create({
    amount: 1000,
    currency: "usd",
    payment_method,
    confirm: true,
    return_url: "http://x.yz/",
    ...overrides,
  });

// https://docs.stripe.com/testing#declined-payments
test.each([
  ["pm_card_visa_chargeDeclined", "card_declined", "generic_decline"],
  ["pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"],
  ["pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"],
  ["pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"],
  ["pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"],
  ["pm_card_chargeDeclinedExpiredCard", "expired_card", ""],
  ["pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", ""],
  ["pm_card_chargeDeclinedProcessingError", "processing_error", ""],
  ["pm_card_radarBlock", "card_declined", "fraudulent"],
])("%s is declined by %s, %s", async (card, code, decline_code) => {
  const refusal = await pay(card).catch((error) => error);
  expect(refusal).toMatchObject({ statusCode: 402, code, decline_code });
  const { id } = refusal.payment_intent;
  expect(await stripe.paymentIntents.retrieve(id, { expand: ["latest_charge"] })).toMatchObject({
    status: "requires_payment_method",
    last_payment_error: { code },
    latest_charge: { status: "failed", failure_code: code },
  });
});

// https://docs.stripe.com/testing#cards
test.each([
  ["pm_card_visa_debit", "visa", "debit"],
  ["pm_card_mastercard_prepaid", "mastercard", "prepaid"],
  ["pm_card_discover", "discover", "credit"],
  ["pm_card_diners", "diners", "credit"],
  ["pm_card_jcb", "jcb", "credit"],
  ["pm_card_unionpay", "unionpay", "credit"],
])("%s is a card of %s, %s", async (card, brand, funding) => {
  const { payment_method } = await pay(card, { expand: ["payment_method"] });
  expect(payment_method).toMatchObject({ card: { brand, funding } });
});

test("tokens and numbers are the same cards", async () => {
  const { id } = await stripe.paymentMethods.create({ type: "card", card: { token: "tok_mastercard" } });
  expect((await pay(id)).status).toBe("succeeded");
  const card = { number: "4000000000009995", exp_month: 12, exp_year: 2040 };
  const poor = await stripe.paymentMethods.create({ type: "card", card } as Stripe.PaymentMethodCreateParams);
  const { id: customer } = await stripe.customers.create();
  await expect(stripe.paymentMethods.attach(poor.id, { customer })).rejects.toMatchObject({
    decline_code: "insufficient_funds",
  });
});

// https://docs.stripe.com/testing#authentication-and-setup: off-session payments fail with `authentication_required`
test("whoever is away passes no challenge", async () => {
  const card = "pm_card_authenticationRequired";
  const refusal = await pay(card, { off_session: true }).catch((error) => error);
  expect(refusal).toMatchObject({ statusCode: 402, code: "authentication_required" });
  expect(refusal.payment_intent).toMatchObject({ status: "requires_payment_method" });
  expect((await pay(card)).status).toBe("requires_action");
  await expect(pay(card, { off_session: true, confirm: false })).rejects.toMatchObject({ param: "off_session" });
});

// https://docs.stripe.com/payments/save-during-payment
test("a payment that says so saves its method for later", async () => {
  const { id: customer } = await stripe.customers.create();
  const { payment_method: kept } = await pay("pm_card_visa", { customer, setup_future_usage: "off_session" });
  await pay("pm_card_mastercard", { customer });
  expect((await stripe.customers.listPaymentMethods(customer)).data.map(({ id }) => id)).toEqual([kept]);
});
