import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench } from "./testing/bench.ts";
import { moveClock } from "./testing/moving-clocks.ts";

const START = Date.UTC(2027, 0, 1) / 1000;
const HALFWAY = START + 15.5 * 86_400;
let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

/** A subscription to 31.00 € a month that began on 1 January, on a clock. */
async function subscriber(card = "pm_card_visa") {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START });
  const customer = await stripe.customers.create({
    test_clock: clock.id,
    payment_method: card,
    invoice_settings: { default_payment_method: card },
  });
  const price = await createPlan(stripe, { unit_amount: 3100 });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  const advance = async (frozen_time: number) => {
    await moveClock(stripe, clock.id, frozen_time);
  };
  return { customer: customer.id, subscription, item: subscription.items.data[0]?.id ?? "", advance };
}

/** All state but the answers kept for idempotency keys. */
async function rows(): Promise<string> {
  const headers = { authorization: "Bearer sk_test_bench" };
  const answer = await fetch(`${bench.origin}/_emulator/snapshot`, { method: "POST", headers });
  return JSON.stringify(((await answer.json()) as [string][]).filter(([table]) => table !== "replies"));
}

const balanceOf = async (id: string) => ((await stripe.customers.retrieve(id)) as Stripe.Customer).balance;

test("a preview is what the next invoice will be, and changes nothing", async () => {
  const { subscription, advance } = await subscriber();
  await bench.emulator.waitForDeliveries();
  const before = await rows();
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(preview).toMatchObject({ status: "draft", billing_reason: "upcoming", amount_due: 3100 });
  expect(preview.id).toMatch(/^upcoming_in_/);
  expect((await rows()) === before).toBe(true);
  await expect(stripe.invoices.retrieve(preview.id)).rejects.toMatchObject({ code: "resource_missing" });
  await advance(preview.period_end);
  const [made] = (await stripe.invoices.list({ subscription: subscription.id })).data;
  const shape = (invoice?: Stripe.Invoice) =>
    invoice?.lines.data.map(({ amount, period, description }) => ({ amount, period, description }));
  expect(shape(preview)).toEqual(shape(made));
});

test.each(["create_prorations", "always_invoice"] as const)(
  "a change of plan is previewed to the cent with %s",
  async (proration_behavior) => {
    const { subscription, item, advance } = await subscriber();
    const bigger = await createPlan(stripe, { unit_amount: 6200 });
    await advance(HALFWAY);
    const items = [{ id: item, price: bigger.id }];
    const preview = await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: { items, proration_behavior, proration_date: HALFWAY },
    });
    const amounts = preview.lines.data.map(({ amount }) => amount);
    expect(amounts).toEqual(proration_behavior === "always_invoice" ? [-1550, 3100] : [-1550, 3100, 6200]);
    await stripe.subscriptions.update(subscription.id, { items, proration_behavior });
    if (proration_behavior === "create_prorations") await advance(START + 31 * 86_400);
    const [made] = (await stripe.invoices.list({ subscription: subscription.id })).data;
    expect([made?.total, made?.lines.data.map(({ amount }) => amount)]).toEqual([preview.total, amounts]);
  },
);

test("a change of interval, or a trial, as of a moment that has passed begins now, as previewed", async () => {
  const quarterly = await createPlan(stripe, {
    unit_amount: 9000,
    recurring: { interval: "month", interval_count: 3 },
  });
  const past = HALFWAY - 3 * 86_400;
  for (const change of [
    (item: string) => ({ items: [{ id: item, price: quarterly.id }] }),
    () => ({ trial_end: HALFWAY + 86_400 }),
  ]) {
    const { subscription, item, advance } = await subscriber();
    await advance(HALFWAY);
    const asked = { ...change(item), proration_behavior: "always_invoice", proration_date: past } as const;
    const preview = await stripe.invoices.createPreview({ subscription: subscription.id, subscription_details: asked });
    const { latest_invoice } = await stripe.subscriptions.update(subscription.id, {
      ...asked,
      expand: ["latest_invoice"],
    });
    const lines = ({ lines }: Stripe.Invoice) => lines.data.map(({ amount, period }) => [amount, period.start]);
    expect(lines(preview)[0]).toEqual([-1850, past]);
    expect(lines(preview)[1]?.[1]).toBe(HALFWAY);
    expect(lines(latest_invoice as Stripe.Invoice)).toEqual(lines(preview));
  }
});

// The SDK's comment on it.
test("the moment of a proration is previewed only where a subscription is changed, with one", async () => {
  const { customer, subscription, item } = await subscriber();
  const items = [{ id: item, quantity: 2 }];
  const refused = (
    subscription_details: Stripe.InvoiceCreatePreviewParams.SubscriptionDetails,
    of = { subscription: subscription.id } as object,
  ) =>
    expect(
      stripe.invoices.createPreview({
        ...of,
        subscription_details: { proration_date: START, ...subscription_details },
      }),
    ).rejects;
  await refused({}).toMatchObject({ param: "subscription_details[proration_date]" });
  await refused({ items, proration_behavior: "none" }).toMatchObject({ param: "subscription_details[proration_date]" });
  await refused({ items: [{ price: (await createPlan(stripe)).id }] }, { customer }).toMatchObject({
    param: "subscription",
  });
  await refused({ items, proration_date: START - 1 }).toMatchObject({ param: "subscription_details[proration_date]" });
});

test("a subscription that does not exist yet is previewed with its discount, for somebody without a card", async () => {
  const price = await createPlan(stripe, { currency: "usd", unit_amount: 1000 });
  const coupon = await stripe.coupons.create({ percent_off: 20 });
  const preview = await stripe.invoices.createPreview({
    customer_details: { address: { country: "DE" } },
    automatic_tax: { enabled: true },
    discounts: [{ coupon: coupon.id }],
    subscription_details: { items: [{ price: price.id, quantity: 3 }] },
  });
  expect(preview).toMatchObject({ subtotal: 3000, total_excluding_tax: 2400, total: 2856 });
  expect(await stripe.coupons.retrieve(coupon.id)).toMatchObject({ times_redeemed: 0 });
});

test("what a preview refuses is named as it was asked", async () => {
  const { customer, subscription } = await subscriber();
  const items = [{ price: "price_none" }];
  const nested = { code: "resource_missing", param: "subscription_details[items][0][price]" };
  const of = { subscription_details: { items } };
  await expect(stripe.invoices.createPreview({ customer, ...of })).rejects.toMatchObject(nested);
  await expect(stripe.invoices.createPreview({ subscription: subscription.id, ...of })).rejects.toMatchObject(nested);
  const coupon = { discounts: [{ coupon: "none" }] };
  const above = { code: "resource_missing", param: "discounts[0][coupon]" };
  await expect(stripe.invoices.createPreview({ subscription: subscription.id, ...coupon })).rejects.toMatchObject(
    above,
  );
});

test("what ends has no next invoice", async () => {
  const { subscription } = await subscriber();
  const ending = { subscription: subscription.id, subscription_details: { cancel_at_period_end: true } };
  await expect(stripe.invoices.createPreview(ending)).rejects.toMatchObject({
    code: "invoice_upcoming_none",
    statusCode: 404,
  });
});

// https://docs.stripe.com/api/invoices/create_preview: "all the charges that are pending"; collected at the end: https://docs.stripe.com/api/subscriptions/cancel
test("what waits when a subscription ends is previewed as its last invoice: a change before, or the rest of its period", async () => {
  const { subscription, item, advance } = await subscriber();
  await advance(HALFWAY);
  const preview = (subscription_details: Stripe.InvoiceCreatePreviewParams.SubscriptionDetails = {}) =>
    stripe.invoices.createPreview({ subscription: subscription.id, subscription_details });
  const amounts = ({ total, amount_due, ending_balance, lines }: Stripe.Invoice) => {
    return { total, amount_due, ending_balance, lines: lines.data.map(({ amount }) => amount).sort() };
  };
  const soon = { cancel_at: START + 23.25 * 86_400 };
  const credit = amounts(await preview(soon));
  expect(credit).toEqual({ total: -775, amount_due: 0, ending_balance: -775, lines: [-775] });
  const changed = { items: [{ id: item, quantity: 2 }], cancel_at_period_end: true };
  const more = amounts(await preview(changed));
  expect(more).toEqual({ total: 1550, amount_due: 1550, ending_balance: 0, lines: [-1550, 3100] });
  await stripe.subscriptions.update(subscription.id, changed);
  expect(amounts(await preview())).toEqual(more);
  await advance(START + 31 * 86_400 + 3700);
  const [last] = (await stripe.invoices.list({ subscription: subscription.id })).data;
  expect(last && { status: last.status, ...amounts(last) }).toEqual({ status: "paid", ...more });
});

test("a credit goes to the customer's balance, and the next invoices use it up", async () => {
  const { customer, subscription, item, advance } = await subscriber();
  const smaller = await createPlan(stripe, { unit_amount: 1000 });
  await advance(HALFWAY);
  const items = [{ id: item, price: smaller.id }];
  await stripe.subscriptions.update(subscription.id, { items, proration_behavior: "always_invoice" });
  expect(await balanceOf(customer)).toBe(-1050);
  await advance(START + 62 * 86_400);
  const { data } = await stripe.invoices.list({ subscription: subscription.id });
  expect(
    data.map((row) => [row.total, row.starting_balance, row.ending_balance, row.amount_due, row.amount_paid]),
  ).toEqual([
    [1000, -50, 0, 950, 950],
    [1000, -1050, -50, 0, 0],
    [-1050, 0, -1050, 0, 0],
    [3100, 0, 0, 3100, 3100],
  ]);
  const transactions = (await stripe.customers.listBalanceTransactions(customer)).data;
  expect(transactions.map(({ amount, ending_balance, type }) => [amount, ending_balance, type])).toEqual([
    [50, 0, "applied_to_invoice"],
    [1000, -50, "applied_to_invoice"],
    [-1050, -1050, "applied_to_invoice"],
  ]);
});

test("an adjustment is a credit or a debt; voiding an invoice gives back what it took", async () => {
  const { customer, subscription, advance } = await subscriber();
  await stripe.customers.createBalanceTransaction(customer, { amount: 400, currency: "eur" });
  await stripe.customers.update(customer, { balance: -600 });
  expect(await balanceOf(customer)).toBe(-600);
  const broken = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: broken.id } });
  await advance(START + 32 * 86_400);
  const [open] = (await stripe.invoices.list({ subscription: subscription.id })).data;
  expect(open).toMatchObject({ status: "open", amount_due: 2500, amount_remaining: 2500 });
  expect(await balanceOf(customer)).toBe(0);
  await stripe.invoices.voidInvoice(open?.id ?? "");
  expect(await balanceOf(customer)).toBe(-600);
});

test("a manual invoice is discounted and taxed, also when that is asked of its draft", async () => {
  const customer = await stripe.customers.create({ address: { country: "DE" } });
  const coupon = await stripe.coupons.create({ percent_off: 10 });
  await stripe.invoiceItems.create({ customer: customer.id, amount: 1000, currency: "usd" });
  const { id } = await stripe.invoices.create({ customer: customer.id, pending_invoice_items_behavior: "include" });
  expect(
    await stripe.invoices.update(id, { discounts: [{ coupon: coupon.id }], automatic_tax: { enabled: true } }),
  ).toMatchObject({ subtotal: 1000, total_excluding_tax: 900, total: 1071, amount_due: 1071 });
});
