import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, letSwitch, openBench, typesSince } from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

async function subscriber(): Promise<{ customer: string; subscription: Stripe.Subscription }> {
  const customer = await stripe.customers.create({
    email: "sub@example.com",
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const price = await createPlan(stripe);
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  return { customer: customer.id, subscription };
}

const openPortal = (customer: string) =>
  stripe.billingPortal.sessions.create({ customer, return_url: "http://localhost/account" });

test("the portal cancels at the period's end by cancel_at, and takes it back", async () => {
  const { customer, subscription } = await subscriber();
  const { url } = await openPortal(customer);
  const end = subscription.items.data[0]?.current_period_end;
  expect((await bench.submit(url, { action: "cancel", subscription: subscription.id })).status).toBe(303);
  expect(bench.emulator.events().at(-1)).toMatchObject({
    type: "customer.subscription.updated",
    data: {
      object: { cancel_at: end, cancel_at_period_end: false, status: "active" },
      previous_attributes: { cancel_at: null },
    },
  });
  const ending = await (await fetch(url)).text();
  expect(ending).toContain("Ends on");
  expect(ending).toContain("Don't cancel subscription");
  await bench.submit(url, { action: "resume", subscription: subscription.id });
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ cancel_at: null, canceled_at: null });
});

test("the portal moves to another plan; another interval is invoiced at once, less the unused time", async () => {
  const { customer, subscription } = await subscriber();
  const yearly = await createPlan(stripe, { unit_amount: 15000, recurring: { interval: "year" } });
  const configuration = await letSwitch(stripe, [yearly]);
  const { url } = await stripe.billingPortal.sessions.create({ customer, configuration });
  await bench.submit(url, { action: "update", subscription: subscription.id, price: yearly.id });
  const moved = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  expect(moved).toMatchObject({
    items: { data: [{ price: { id: yearly.id } }] },
    latest_invoice: { status: "paid", billing_reason: "subscription_update", amount_paid: 13500 },
  });
  expect((await stripe.invoices.list({ customer })).data).toHaveLength(2);
  const { url: front } = await openPortal(customer);
  expect(await (await fetch(front)).text()).toContain("€135.00");
});

test("the portal changes nobody else's subscription", async () => {
  const [mine, theirs] = [await subscriber(), await subscriber()];
  const { url } = await openPortal(mine.customer);
  expect((await bench.submit(url, { action: "cancel", subscription: theirs.subscription.id })).status).toBe(404);
  await expect(openPortal("cus_x")).rejects.toMatchObject({ code: "resource_missing", statusCode: 400 });
});

test("the API cancels by the boolean, resumes, and cancels at once", async () => {
  const { subscription } = await subscriber();
  const ending = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
  expect(ending).toMatchObject({ cancel_at_period_end: true, cancel_at: ending.items.data[0]?.current_period_end });
  const resumed = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false });
  expect(resumed).toMatchObject({ cancel_at_period_end: false, cancel_at: null, status: "active" });
  expect(await stripe.subscriptions.cancel(subscription.id)).toMatchObject({ status: "canceled" });
  expect(bench.emulator.events().at(-1)?.type).toBe("customer.subscription.deleted");
});

test("a subscription ends by itself when cancel_at comes", async () => {
  const { subscription } = await subscriber();
  await stripe.subscriptions.update(subscription.id, { cancel_at: Math.floor(Date.now() / 1000) });
  await expect
    .poll(async () => (await stripe.subscriptions.retrieve(subscription.id)).status, { timeout: 2000 })
    .toBe("canceled");
});

test("without a test clock the same happens in real time", async () => {
  const customer = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const price = await createPlan(stripe);
  const from = bench.emulator.events().length;
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    trial_end: Math.floor(Date.now() / 1000) + 2, // it may be another second when this is read
  });
  await expect.poll(async () => (await stripe.subscriptions.retrieve(id)).status, { timeout: 5000 }).toBe("active");
  expect(typesSince(bench, from).slice(-3)).toEqual([
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "invoice.created",
  ]);
});

test("prorations in an unchanged interval wait, and always_invoice bills them", async () => {
  const { subscription } = await subscriber();
  const bigger = await createPlan(stripe, { unit_amount: 3000 });
  const item = subscription.items.data[0]?.id ?? "";
  const waiting = await stripe.subscriptions.update(subscription.id, { items: [{ id: item, price: bigger.id }] });
  expect(waiting.latest_invoice).toBe(subscription.latest_invoice);
  const billed = await stripe.subscriptions.update(subscription.id, {
    items: [{ id: item, quantity: 2 }],
    proration_behavior: "always_invoice",
    expand: ["latest_invoice"],
  });
  expect(billed.latest_invoice).toMatchObject({ status: "paid", total: 4500, lines: { data: { length: 4 } } });
});

test("a card that fails later leaves a new subscription incomplete with an open invoice", async () => {
  const customer = await stripe.customers.create({
    email: "fail@example.com",
    payment_method: "pm_card_chargeCustomerFail",
  });
  const [method] = (await stripe.customers.listPaymentMethods(customer.id)).data;
  const before = bench.emulator.events().length;
  const price = await createPlan(stripe);
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    default_payment_method: method?.id ?? "",
    expand: ["latest_invoice"],
  });
  expect(subscription).toMatchObject({ status: "incomplete", latest_invoice: { status: "open" } });
  expect(typesSince(bench, before)).toContain("invoice.payment_failed");
});

test("a payment is refunded in part, then whole, and not again", async () => {
  const price = await createPlan(stripe, { recurring: undefined, unit_amount: 1000 });
  const session = await createCheckout(stripe, price);
  await bench.submit(session.url, { ...CARD, email: "refund@example.com" });
  const { payment_intent } = await stripe.checkout.sessions.retrieve(session.id);
  if (typeof payment_intent !== "string") throw new Error("No payment intent.");
  const before = bench.emulator.events().length;
  const part = await stripe.refunds.create({ payment_intent, amount: 400 });
  expect(typesSince(bench, before)).toEqual(["refund.created", "charge.refunded"]);
  expect(bench.emulator.events().at(-1)?.data.previous_attributes).toEqual({ amount_refunded: 0 });
  await expect(stripe.refunds.create({ payment_intent, amount: 601 })).rejects.toMatchObject({ param: "amount" });
  await stripe.refunds.create({ payment_intent });
  const charge = await stripe.charges.retrieve(String(part.charge), { expand: ["refunds"] });
  expect(charge).toMatchObject({ amount_refunded: 1000, refunded: true, refunds: { data: { length: 2 } } });
  await expect(stripe.refunds.create({ payment_intent })).rejects.toMatchObject({ code: "charge_already_refunded" });
});
