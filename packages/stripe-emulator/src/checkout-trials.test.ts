import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench } from "./testing/bench.ts";
import { DAY, END, HALF, onClock, START } from "./testing/clocked.ts";

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
  const nothing = [{ amount_subtotal: 0, amount_tax: 0, amount_discount: 0, amount_total: 0, price: { id: price.id } }];
  expect((await stripe.checkout.sessions.listLineItems(byEnd.id)).data).toMatchObject(nothing);
  const { line_items: expanded } = await stripe.checkout.sessions.retrieve(byEnd.id, { expand: ["line_items"] });
  expect(expanded?.data).toMatchObject(nothing);
  const shown = await pageOf(byEnd);
  expect(shown).toContain("10 days free, then €15.00 per month");
  expect(shown).toMatch(/Total due today<\/span><span>€0\.00/);
  await bench.submit(byEnd.url, { ...CARD, email: "tried@example.com" });
  const { subscription } = await stripe.checkout.sessions.retrieve(byEnd.id, { expand: ["subscription"] });
  expect(subscription).toMatchObject({ status: "trialing", trial_end: end });
});

// https://docs.stripe.com/api/coupons/object#coupon_object-amount_off: off the invoice's subtotal, which has nothing in a trial for what recurs
test("an amount off comes off what is bought once beside a trial, as on the invoice", async () => {
  const [price, setUp] = [
    await createPlan(stripe),
    await createPlan(stripe, { recurring: undefined, unit_amount: 3000 }),
  ];
  const { id: coupon } = await stripe.coupons.create({ amount_off: 1000, currency: "eur", duration: "once" });
  const session = await createCheckout(stripe, price, {
    line_items: [price, setUp].map(({ id }) => ({ price: id, quantity: 1 })),
    subscription_data: { trial_period_days: 7 },
    discounts: [{ coupon }],
  });
  expect(session).toMatchObject({ amount_subtotal: 3000, amount_total: 2000 });
  const items = (await stripe.checkout.sessions.listLineItems(session.id)).data;
  expect(items.map((item) => item.price?.id)).toEqual([price.id, setUp.id]);
  await bench.submit(session.url, { ...CARD, email: "set-up@example.com" });
  const { invoice } = await stripe.checkout.sessions.retrieve(session.id, { expand: ["invoice"] });
  expect(invoice).toMatchObject({ status: "paid", total: 2000, amount_paid: 2000 });
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
  const long = "The maximum number of trial period days is 730 (2 years).";
  const trial_end = now + 731 * DAY;
  await refused({ trial_end }).toMatchObject({ param: "subscription_data[trial_end]", message: long });
  const line_items = [{ price: price.id, quantity: 1 }];
  for (const trial_period_days of [0, -1, 731]) {
    const days = { param: "subscription_data[trial_period_days]" };
    await refused({ trial_period_days }).toMatchObject(days);
    const link = stripe.paymentLinks.create({ line_items, subscription_data: { trial_period_days } });
    await expect(link).rejects.toMatchObject(days);
  }
  const subscribe = (until: number) =>
    stripe.customers
      .create({ source: "tok_visa" })
      .then(({ id }) => stripe.subscriptions.create({ customer: id, items: line_items, trial_end: until }));
  await expect(subscribe(trial_end)).rejects.toMatchObject({ param: "trial_end", message: long });
  const { id } = await subscribe(now + 700 * DAY);
  await expect(stripe.subscriptions.update(id, { trial_end })).rejects.toMatchObject({ message: long });
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

test("up to billing_cycle_anchor Checkout charges a part, or nothing; once that has passed, the period that began with it (https://docs.stripe.com/payments/checkout/billing-cycle)", async () => {
  const { customer, price, advance } = await onClock(bench, START, null);
  await stripe.customers.update(customer, { email: "anchored@example.com" });
  const open = (subscription_data: Stripe.Checkout.SessionCreateParams.SubscriptionData) =>
    createCheckout(stripe, price, { customer, subscription_data });
  const bought = async ({ id }: Stripe.Checkout.Session) => {
    const expand = ["invoice", "subscription"];
    const { invoice, payment_status, subscription } = await stripe.checkout.sessions.retrieve(id, { expand });
    const lines = (invoice as Stripe.Invoice | null)?.lines.data.map(({ amount, period }) => [
      amount,
      period.start,
      period.end,
    ]);
    return { payment_status, lines, subscription: subscription as Stripe.Subscription };
  };
  const soon = START + 3600;
  const passing = await open({ billing_cycle_anchor: soon, proration_behavior: "none" });
  const part = await open({ billing_cycle_anchor: HALF });
  expect(part).toMatchObject({ amount_subtotal: 750, amount_total: 750 });
  expect((await stripe.checkout.sessions.listLineItems(part.id)).data).toMatchObject([{ amount_total: 750 }]);
  const shown = await pageOf(part);
  expect(shown).toContain("Whole periods begin on 16 April 2027");
  expect(shown).toMatch(/Total due today<\/span><span>€7\.50/);
  await bench.submit(part.url, { ...CARD, expected_amount: "750" });
  expect(await bought(part)).toMatchObject({
    payment_status: "paid",
    lines: [[750, START, HALF]],
    subscription: { billing_cycle_anchor: HALF, items: { data: [{ current_period_end: HALF }] } },
  });

  const free = await open({ billing_cycle_anchor: HALF, proration_behavior: "none" });
  expect(free).toMatchObject({ amount_total: 0, payment_status: "no_payment_required" });
  await bench.submit(free.url, CARD);
  const begun = await bought(free);
  expect(begun).toMatchObject({ payment_status: "no_payment_required", subscription: { latest_invoice: null } });
  expect(begun.lines).toBeUndefined();
  const config = { day_of_month: 16 };
  expect((await open({ billing_cycle_anchor_config: config })).amount_total).toBe(750);

  await advance(soon + 3600);
  expect(await pageOf(passing)).toMatch(/Total due today<\/span><span>€15\.00/);
  await bench.submit(passing.url, { ...CARD, expected_amount: "1500" });
  const next = Date.UTC(2027, 4, 1, 1) / 1000;
  expect(await bought(passing)).toMatchObject({ payment_status: "paid", lines: [[1500, soon, next]] });
  await advance(HALF + 3600);
  const { data } = await stripe.invoices.list({ subscription: begun.subscription.id });
  expect(data).toMatchObject([{ status: "paid", amount_paid: 1500 }]);

  const refused = (asked: Stripe.Checkout.SessionCreateParams.SubscriptionData) => expect(open(asked)).rejects;
  const param = "subscription_data[billing_cycle_anchor]";
  await refused({ billing_cycle_anchor: END + 30 * DAY }).toMatchObject({ param });
  await refused({ billing_cycle_anchor: END, billing_cycle_anchor_config: config }).toThrow("only specify one");
  await refused({ billing_cycle_anchor_config: config, trial_period_days: 7 }).toThrow("cannot be used with a trial");
  await refused({ billing_cycle_anchor: END, trial_period_days: 7 }).toMatchObject({
    code: "emulator_parameter_not_modelled",
    param,
  });
});

// https://docs.stripe.com/products-prices/pricing-models#graduated-pricing
test("the part of a graduated price up to an anchor is charged as it is shown: rounded tier by tier", async () => {
  const { customer } = await onClock(bench, Date.UTC(2027, 0, 15) / 1000, null);
  await stripe.customers.update(customer, { email: "tiers@example.com" });
  for (const [tiers, total] of [
    [4, 220],
    [20, 1100],
  ] as const) {
    const price = await createPlan(stripe, {
      unit_amount: undefined,
      billing_scheme: "tiered",
      tiers_mode: "graduated",
      tiers: Array.from({ length: tiers }, (_, at) => ({ up_to: at + 1 === tiers ? "inf" : at + 1, unit_amount: 101 })),
    });
    const session = await createCheckout(stripe, price, {
      customer,
      line_items: [{ price: price.id, quantity: tiers }],
      subscription_data: { billing_cycle_anchor: Date.UTC(2027, 1, 1) / 1000 },
    });
    await bench.submit(session.url, CARD);
    const { invoice } = await stripe.checkout.sessions.retrieve(session.id, { expand: ["invoice"] });
    expect([session.amount_total, invoice]).toEqual([total, expect.objectContaining({ amount_paid: total })]);
  }
});
