import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createCheckout, createPlan, openBench } from "./testing/bench.ts";

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
  ["pm_card_riskLevelHighest", "card_declined", "fraudulent"],
  ["pm_card_visa_chargeDeclinedFraudulent", "card_declined", "fraudulent"],
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

// https://docs.stripe.com/testing#international-cards, https://docs.stripe.com/testing#fraud-prevention
test("cards say where they are from, and what about them was found not to be right", async () => {
  const cardOf = async (name: string) =>
    (await stripe.paymentMethods.create({ type: "card", card: { token: name } })).card;
  expect(await cardOf("tok_de")).toMatchObject({ country: "DE", last4: "0016", checks: { cvc_check: "pass" } });
  expect(await cardOf("tok_br")).toMatchObject({ country: "BR", last4: "0002" });
  expect(await cardOf("tok_cvcCheckFail")).toMatchObject({ country: "US", checks: { cvc_check: "fail" } });
  const paid = await pay("pm_card_avsFail", { expand: ["latest_charge"] });
  const { payment_method_details: details } = paid.latest_charge as Stripe.Charge;
  expect(details?.card?.checks).toMatchObject({ address_line1_check: "fail", address_postal_code_check: "fail" });
});

// https://docs.stripe.com/testing#three-ds-cards, https://docs.stripe.com/testing#authentication-and-setup
test("a challenge that was passed may still end in a decline; a card set up long ago asks only who is there", async () => {
  const { next_action: next, id } = await pay("pm_card_threeDSecureRequiredChargeDeclined");
  await bench.submit(next?.redirect_to_url?.url ?? "", { challenge: "complete" });
  expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({
    status: "requires_payment_method",
    last_payment_error: { code: "card_declined", decline_code: "generic_decline" },
  });
  const { id: customer } = await stripe.customers.create();
  const { id: card } = await stripe.paymentMethods.attach("pm_card_authenticationRequiredSetupForOffSession", {
    customer,
  });
  expect((await pay(card, { customer })).status).toBe("requires_action");
  expect((await pay(card, { customer, off_session: true })).status).toBe("succeeded");
});

// https://docs.stripe.com/api/payment_intents/create#create_payment_intent-payment_method_data
test("a method that a request describes is made by it, of a token or a number", async () => {
  const described = async (card: object, more: Partial<Stripe.PaymentIntentCreateParams> = {}) => {
    const payment_method_data = { type: "card", card, billing_details: { name: "Ada" } };
    const params = {
      amount: 1000,
      currency: "usd",
      confirm: true,
      return_url: "http://localhost/",
      payment_method_data,
      ...more,
    };
    return stripe.paymentIntents.create(params as Stripe.PaymentIntentCreateParams);
  };
  const paid = await described({ token: "tok_visa" }, { expand: ["payment_method"] });
  expect(paid).toMatchObject({ status: "succeeded", payment_method: { billing_details: { name: "Ada" } } });
  const number = { number: "4000000000000069", exp_month: 12, exp_year: 2040 };
  await expect(described(number)).rejects.toMatchObject({ statusCode: 402, code: "expired_card" });
  await expect(described({ token: "tok_visa" }, { payment_method: "pm_card_visa" })).rejects.toThrow(
    "You may only specify one of these parameters",
  );
  const { id } = await stripe.paymentIntents.create({ amount: 1000, currency: "usd" });
  const params = {
    payment_method_data: { type: "card", card: { token: "tok_amex" } },
    return_url: "http://localhost/",
  };
  const confirmed = await stripe.paymentIntents.confirm(id, params as Stripe.PaymentIntentConfirmParams);
  expect(confirmed.status).toBe("succeeded");
  const setup = await stripe.setupIntents.create({
    confirm: true,
    ...params,
  } as Stripe.SetupIntentCreateParams);
  expect(setup.status).toBe("succeeded");
});

// https://docs.stripe.com/upgrades/manage-payment-methods, https://github.com/neilberkman/paper_tiger/pull/106
test("what may lead the buyer elsewhere is confirmed with the address to come back to, or leads nowhere", async () => {
  const { id: customer } = await stripe.customers.create();
  const { id: payment_method } = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  const about = { customer, payment_method };
  const bought = { ...about, amount: 900, currency: "eur" };
  const refusal = { statusCode: 400, param: "return_url" };
  const from = bench.emulator.events().length;
  for (const automatic_payment_methods of [undefined, { enabled: true }]) {
    const asked = { confirm: true, ...(automatic_payment_methods && { automatic_payment_methods }) };
    await expect(stripe.paymentIntents.create({ ...bought, ...asked })).rejects.toMatchObject(refusal);
    await expect(stripe.setupIntents.create({ ...about, ...asked })).rejects.toMatchObject(refusal);
  }
  expect(bench.emulator.events()).toHaveLength(from);
  const [payment, setup] = [await stripe.paymentIntents.create(bought), await stripe.setupIntents.create(about)];
  await expect(stripe.paymentIntents.confirm(payment.id)).rejects.toMatchObject(refusal);
  await expect(stripe.setupIntents.confirm(setup.id)).rejects.toMatchObject(refusal);
  const back = { return_url: "http://localhost/" };
  expect((await stripe.paymentIntents.confirm(payment.id, back)).status).toBe("succeeded");
  expect((await stripe.setupIntents.confirm(setup.id, back)).status).toBe("succeeded");
  const stays = { automatic_payment_methods: { enabled: true, allow_redirects: "never" } } as const;
  for (const methods of [
    stays,
    { automatic_payment_methods: { enabled: false } },
    { allowed_payment_method_types: ["card" as const] },
  ] as const) {
    const paid = await stripe.paymentIntents.create({ ...bought, ...methods, confirm: true } as never);
    expect(paid.status).toBe("succeeded");
    const saved = await stripe.setupIntents.create({ ...about, ...methods, confirm: true } as never);
    expect(saved.status).toBe("succeeded");
  }
  expect(await stripe.paymentIntents.create({ ...bought, ...stays })).toMatchObject(stays);
  for (const way of [back, { return_url: "notaurl", confirm: true }]) {
    const refusal = { statusCode: 400, param: "return_url" };
    await expect(stripe.paymentIntents.create({ ...bought, ...way } as never)).rejects.toMatchObject(refusal);
    await expect(stripe.setupIntents.create({ ...about, ...way } as never)).rejects.toMatchObject(refusal);
  }
});

// https://docs.stripe.com/api/payment_intents/create#create_payment_intent-allowed_payment_method_types
test("an intent is paid or set up by what it allows, and its currency can, only", async () => {
  const debit = { payment_method_data: { type: "sepa_debit", sepa_debit: { iban: "DE89370400440532013000" } } };
  const pay = (overrides: object) =>
    stripe.paymentIntents.create({
      amount: 900,
      currency: "eur",
      return_url: "http://localhost/",
      confirm: true,
      ...overrides,
    } as Stripe.PaymentIntentCreateParams);
  const cards = { allowed_payment_method_types: ["card"] };
  const refusal = { statusCode: 400, param: "payment_method" };
  const types = async (overrides: object) =>
    (await pay({ ...overrides, confirm: false, return_url: undefined })).payment_method_types;
  expect(await types({})).toEqual(["card", "sepa_debit"]);
  expect(await types(cards)).toEqual(["card"]);
  expect(await types({ currency: "usd" })).toEqual(["card"]);
  expect((await pay(debit)).status).toBe("processing");
  await expect(pay({ ...debit, ...cards })).rejects.toMatchObject(refusal);
  const later = { confirm: false, return_url: undefined };
  await expect(pay({ ...debit, ...cards, ...later })).rejects.toMatchObject(refusal);
  await expect(pay({ ...debit, currency: "usd" })).rejects.toMatchObject(refusal);
  await expect(pay({ currency: "usd", allowed_payment_method_types: ["sepa_debit"] })).rejects.toMatchObject({
    param: "allowed_payment_method_types",
  });
  await expect(pay({ automatic_payment_methods: { allow_redirects: "never" } })).rejects.toMatchObject({
    param: "automatic_payment_methods[enabled]",
  });
  const euros = await stripe.paymentIntents.create({ amount: 900, currency: "eur" });
  expect(await stripe.paymentIntents.update(euros.id, { currency: "usd" })).toMatchObject({
    payment_method_types: ["card"],
  });
  const paidInDollars = stripe.paymentIntents.confirm(euros.id, {
    ...debit,
    return_url: "http://localhost/",
  } as Stripe.PaymentIntentConfirmParams);
  await expect(paidInDollars).rejects.toMatchObject(refusal);
  const save = (overrides: object) =>
    stripe.setupIntents.create({
      ...debit,
      return_url: "http://localhost/",
      confirm: true,
      ...overrides,
    } as Stripe.SetupIntentCreateParams);
  expect((await save({})).status).toBe("succeeded");
  await expect(save(cards)).rejects.toMatchObject(refusal);
  await expect(save({ ...cards, ...later })).rejects.toMatchObject(refusal);
});

// https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
test("more than eight digits are charged by no payment and no invoice", async () => {
  const large = { statusCode: 400, code: "amount_too_large" };
  await expect(stripe.paymentIntents.create({ amount: 100_000_000, currency: "usd" })).rejects.toMatchObject(large);
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const owe = (amount: number) => stripe.invoiceItems.create({ customer, amount, currency: "usd" });
  await expect(owe(100_000_000)).rejects.toMatchObject({ param: "amount" });
  await owe(99_999_999);
  const { id: second } = await owe(1);
  const { id = "" } = await stripe.invoices.create({ customer, pending_invoice_items_behavior: "include" });
  await expect(stripe.invoices.finalizeInvoice(id)).rejects.toMatchObject(large);
  await expect(stripe.invoices.pay(id)).rejects.toMatchObject(large);
  expect(await stripe.invoices.retrieve(id)).toMatchObject({
    status: "draft",
    last_finalization_error: { code: "amount_too_large" },
  });
  await stripe.invoiceItems.del(second);
  expect(await stripe.invoices.pay(id)).toMatchObject({ status: "paid", amount_paid: 99_999_999 });

  const price = await createPlan(stripe, { currency: "usd", unit_amount: 60_000_000 });
  const many = stripe.subscriptions.create({ customer, items: [{ price: price.id, quantity: 2 }] });
  await expect(many).rejects.toMatchObject(large);
  expect((await stripe.subscriptions.list({ customer })).data).toEqual([]);
});

// https://docs.stripe.com/currencies#three-decimal, #special-cases
test("no fraction is charged that cards do not know: nowhere, of no currency", async () => {
  const { id: customer } = await stripe.customers.create();
  const three = { statusCode: 400, code: "invalid_charge_amount" };
  const whole = { statusCode: 400, code: "invalid_charge_amount_no_decimal_compatible" };
  for (const [currency, fraction, rounded, refused] of [
    ["kwd", 5124, 5120, three],
    ["isk", 50_010, 50_000, whole],
    ["ugx", 500_050, 500_000, whole],
  ] as const) {
    const pay = (amount: number) =>
      stripe.paymentIntents.create({
        amount,
        currency,
        payment_method: "pm_card_visa",
        confirm: true,
        return_url: "http://localhost/",
      });
    await expect(pay(fraction)).rejects.toMatchObject({ ...refused, param: "amount" });
    const { id: payment_intent } = await pay(rounded);
    await expect(stripe.refunds.create({ payment_intent, amount: fraction - rounded })).rejects.toMatchObject(refused);
    const held = await stripe.paymentIntents.create({
      ...{
        amount: rounded,
        currency,
        payment_method: "pm_card_visa",
        confirm: true,
        return_url: "http://localhost/",
        capture_method: "manual",
      },
    });
    const capture = stripe.paymentIntents.capture(held.id, { amount_to_capture: fraction - rounded });
    await expect(capture).rejects.toMatchObject(refused);

    const price = await createPlan(stripe, { currency, unit_amount: fraction });
    await expect(createCheckout(stripe, price)).rejects.toMatchObject(refused);
    const { id: payer } = await stripe.customers.create({
      payment_method: "pm_card_visa",
      invoice_settings: { default_payment_method: "pm_card_visa" },
    });
    const subscribed = stripe.subscriptions.create({ customer: payer, items: [{ price: price.id }] });
    await expect(subscribed).rejects.toMatchObject(refused);
    await stripe.invoiceItems.create({ customer: payer, currency, amount: fraction });
    const { id: invoice } = await stripe.invoices.create({
      ...{ customer: payer, currency, pending_invoice_items_behavior: "include" },
    });
    await expect(stripe.invoices.finalizeInvoice(invoice)).rejects.toMatchObject(refused);
    await stripe.invoiceItems.create({ customer: payer, currency, amount: rounded - fraction, invoice });
    const { lines } = await stripe.invoices.pay(invoice);
    const credited = stripe.creditNotes.create({ invoice, amount: 1, refund_amount: 1 });
    await expect(credited).rejects.toMatchObject(refused);
    expect(lines.data).toHaveLength(2);
  }
  // What is paid out has fewer digits than what is charged.
  await stripe.paymentIntents.create({
    ...{
      amount: 1_000_010,
      currency: "huf",
      customer,
      payment_method: "pm_card_bypassPending",
      confirm: true,
      return_url: "http://localhost/",
    },
  });
  await expect(stripe.payouts.create({ amount: 10_010, currency: "huf" })).rejects.toMatchObject({ param: "amount" });
  expect((await stripe.payouts.create({ amount: 10_000, currency: "huf" })).status).toBe("pending");
});

// https://docs.stripe.com/testing#invalid-data
test("a number, an expiry or a code that no test card has is refused at its field, also when it is changed", async () => {
  const year = new Date().getUTCFullYear();
  const good = { number: "4242 4242 4242 4242", exp_month: 12, exp_year: year + 4, cvc: "123" };
  const create = (overrides: object) =>
    stripe.paymentMethods.create({ type: "card", card: { ...good, ...overrides } } as Stripe.PaymentMethodCreateParams);
  const month = { code: "invalid_expiry_month", param: "exp_month" };
  const past = { code: "invalid_expiry_year", param: "exp_year" };
  const code = { code: "invalid_cvc", param: "cvc" };
  for (const [overrides, refusal] of [
    [{ number: "4242424242424241" }, { code: "incorrect_number", param: "number" }],
    [{ number: "4111111111111111" }, { code: "card_declined", decline_code: "test_mode_live_card" }],
    [{ exp_month: 13 }, month],
    [{ exp_month: 0 }, month],
    [{ exp_year: year - 1 }, past],
    [{ exp_year: 95 }, past],
    [{ exp_year: year + 51 }, past],
    [{ cvc: "99" }, code],
    [{ cvc: "1234" }, code],
  ] as const)
    await expect(create(overrides)).rejects.toMatchObject({ statusCode: 402, rawType: "card_error", ...refusal });
  const missing = create({ exp_year: undefined });
  await expect(missing).rejects.toMatchObject({ code: "parameter_missing", param: "card[exp_year]" });
  const unknown = stripe.paymentMethods.create({ type: "card", card: { token: "tok_none" } });
  await expect(unknown).rejects.toMatchObject({ code: "resource_missing", param: "card[token]" });
  expect((await create({ exp_year: (year + 1) % 100 })).card).toMatchObject({ exp_year: year + 1 });
  expect((await create({ number: "378282246310005", cvc: "1234" })).card).toMatchObject({ brand: "amex" });

  const { id: customer } = await stripe.customers.create();
  const { id } = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  const changed = stripe.paymentMethods.update(id, { card: { exp_month: 13 } });
  await expect(changed).rejects.toMatchObject({ statusCode: 402, ...month });
  const { id: source } = await stripe.customers.createSource(customer, { source: "tok_visa" });
  const renewed = stripe.customers.updateSource(customer, source, { exp_year: "2001" });
  await expect(renewed).rejects.toMatchObject({ statusCode: 402, ...past });
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
