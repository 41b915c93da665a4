import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench } from "./testing/bench.ts";
import { DAY, onClock, START } from "./testing/clocked.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const pageOf = async ({ url }: Stripe.Checkout.Session) => (await fetch(url ?? "")).text();
const trialed = (days: number) => createPlan(stripe, { recurring: { interval: "month", trial_period_days: days } });

test("a price's own trial days are not taken by Checkout", async () => {
  const session = await createCheckout(stripe, await trialed(14));
  expect(session.amount_total).toBe(1500);
  expect(await pageOf(session)).not.toContain("free");
  await bench.submit(session.url, { ...CARD, email: "untried@example.com" });
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription"] });
  expect(done).toMatchObject({ payment_status: "paid", subscription: { status: "active", trial_end: null } });
});

test("a trial is named by its days or by its end; the page says how long it is free, and nothing is due", async () => {
  const price = await createPlan(stripe);
  const end = Math.floor(Date.now() / 1000) + 10 * DAY + 600;
  const byEnd = await createCheckout(stripe, price, { subscription_data: { trial_end: end } });
  expect(byEnd).toMatchObject({ amount_total: 0, payment_method_collection: "always" });
  const shown = await pageOf(byEnd);
  expect(shown).toContain("10 days free, then €15.00 per month");
  expect(shown).toMatch(/Total due today<\/span><span>€0\.00/);
  await bench.submit(byEnd.url, { ...CARD, email: "tried@example.com" });
  const { subscription } = await stripe.checkout.sessions.retrieve(byEnd.id, { expand: ["subscription"] });
  expect(subscription).toMatchObject({ status: "trialing", trial_end: end });
});

test("a trial ends at least two days ahead, has from 1 to 730 days, and is named once", async () => {
  const price = await createPlan(stripe);
  const now = Math.floor(Date.now() / 1000);
  const refused = (subscription_data: Stripe.Checkout.SessionCreateParams.SubscriptionData) =>
    expect(createCheckout(stripe, price, { subscription_data })).rejects;
  await refused({ trial_end: now + 2 * DAY - 60 }).toMatchObject({
    param: "subscription_data[trial_end]",
    message: "The `trial_end` date has to be at least 2 days in the future.",
  });
  for (const trial_period_days of [0, -1, 731])
    await refused({ trial_period_days }).toMatchObject({ param: "subscription_data[trial_period_days]" });
  await refused({ trial_end: now + 3 * DAY, trial_period_days: 3 }).toMatchObject({ statusCode: 400 });
});

test("payment_method_collection is for subscriptions only; if_required, a trial begins without a card", async () => {
  const once = await createPlan(stripe, { recurring: undefined });
  await expect(createCheckout(stripe, once, { payment_method_collection: "if_required" })).rejects.toMatchObject({
    param: "payment_method_collection",
  });
  const session = await createCheckout(stripe, await createPlan(stripe), {
    payment_method_collection: "if_required",
    subscription_data: { trial_period_days: 7 },
  });
  expect(await pageOf(session)).not.toContain("card_number");
  await bench.submit(session.url, { email: "cardless@example.com" });
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription"] });
  expect(done).toMatchObject({
    payment_status: "no_payment_required",
    subscription: { status: "trialing", default_payment_method: null },
  });
});

test.each([
  ["cancel", "canceled", "customer.subscription.deleted"],
  ["pause", "paused", "customer.subscription.paused"],
  ["create_invoice", "active", "invoice.created"],
] as const)("a trial without a card ends as said: %s", async (missing_payment_method, status, told) => {
  const { customer, price, advance } = await onClock(bench, START, null);
  await stripe.customers.update(customer, { email: "clocked@example.com" });
  const session = await createCheckout(stripe, price, {
    customer,
    payment_method_collection: "if_required",
    subscription_data: {
      trial_period_days: 7,
      trial_settings: { end_behavior: { missing_payment_method } },
    },
  });
  await bench.submit(session.url, {});
  const { subscription } = await stripe.checkout.sessions.retrieve(session.id);
  expect((await stripe.subscriptions.retrieve(String(subscription))).trial_end).toBe(START + 7 * DAY);
  expect(await advance(START + 7 * DAY)).toContain(told);
  expect((await stripe.subscriptions.retrieve(String(subscription))).status).toBe(status);
});
