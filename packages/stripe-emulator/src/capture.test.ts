import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench, typesSince, until } from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const hold = (overrides: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  stripe.paymentIntents.create({
    amount: 1000,
    currency: "eur",
    capture_method: "manual",
    payment_method: "pm_card_visa",
    confirm: true,
    return_url: "http://localhost/",
    ...overrides,
  });

test("a held amount is captured in part, and only that can be refunded", async () => {
  const from = bench.emulator.events().length;
  const held = await hold({ expand: ["latest_charge"] });
  expect(held).toMatchObject({
    status: "requires_capture",
    amount_capturable: 1000,
    amount_received: 0,
    latest_charge: { captured: false, paid: true, amount_captured: 0 },
  });
  const refund = { payment_intent: held.id };
  await expect(stripe.refunds.create(refund)).rejects.toMatchObject({ code: "charge_not_refundable" });
  await expect(stripe.paymentIntents.capture(held.id, { amount_to_capture: 1001 })).rejects.toMatchObject({
    code: "amount_too_large",
  });
  const captured = await stripe.paymentIntents.capture(held.id, {
    amount_to_capture: 700,
    expand: ["latest_charge"],
  });
  expect(captured).toMatchObject({ status: "succeeded", amount: 1000, amount_received: 700, amount_capturable: 0 });
  expect(captured.latest_charge).toMatchObject({ amount_captured: 700, amount_refunded: 300, refunded: false });
  expect(typesSince(bench, from)).toEqual([
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.amount_capturable_updated",
    "charge.captured",
    "payment_intent.succeeded",
  ]);
  expect((await stripe.refunds.create(refund)).amount).toBe(700);
  await expect(stripe.paymentIntents.capture(held.id)).rejects.toMatchObject({
    code: "payment_intent_unexpected_state",
  });
});

test("cancelling releases a held amount", async () => {
  const { id } = await hold();
  const from = bench.emulator.events().length;
  const canceled = await stripe.paymentIntents.cancel(id, { expand: ["latest_charge"] });
  expect(canceled).toMatchObject({
    status: "canceled",
    amount_capturable: 0,
    latest_charge: { captured: false, refunded: true, amount_refunded: 1000 },
  });
  expect(typesSince(bench, from)).toEqual(["charge.refunded", "payment_intent.canceled"]);
});

test("a held amount that nobody captures is released after seven days", async () => {
  const frozen_time = 1_800_000_000;
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time });
  const { id: customer } = await stripe.customers.create({ test_clock: clock.id });
  const { id } = await hold({ customer });
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: frozen_time + 7 * 86_400 });
  await until(() => bench.emulator.events().at(-1)?.type === "test_helpers.test_clock.ready");
  expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({
    status: "canceled",
    cancellation_reason: "automatic",
  });
});

test("a checkout with manual capture completes unpaid, and is paid once captured", async () => {
  const price = await createPlan(stripe, { recurring: undefined });
  const session = await createCheckout(stripe, price, { payment_intent_data: { capture_method: "manual" } });
  expect(session.payment_method_types).toEqual(["card"]);
  await bench.submit(session.url, { ...CARD, email: "held@example.com" });
  const retrieve = () => stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent"] });
  const held = await retrieve();
  expect(held).toMatchObject({
    status: "complete",
    payment_status: "unpaid",
    payment_intent: { status: "requires_capture" },
  });
  const intent = held.payment_intent;
  await stripe.paymentIntents.capture(typeof intent === "string" ? intent : (intent?.id ?? ""));
  expect((await retrieve()).payment_status).toBe("paid");
});

test("an expired session cancels the payment that a declined attempt left", async () => {
  const session = await createCheckout(stripe, await createPlan(stripe, { recurring: undefined }));
  await bench.submit(session.url, { ...CARD, card_number: "4000000000000002", email: "gone@example.com" });
  const from = bench.emulator.events().length;
  await stripe.checkout.sessions.expire(session.id);
  expect(typesSince(bench, from)).toEqual(["checkout.session.expired", "payment_intent.canceled"]);
});
