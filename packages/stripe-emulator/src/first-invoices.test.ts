import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench } from "./testing/bench.ts";
import { END, onClock, START } from "./testing/clocked.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const latest = { expand: ["latest_invoice"] };

async function paying(): Promise<string> {
  const method = { payment_method: "pm_card_visa", invoice_settings: { default_payment_method: "pm_card_visa" } };
  return (await stripe.customers.create(method)).id;
}

// https://docs.stripe.com/billing/invoices/subscription: "or the invoice doesn't require payment"
test("a free plan, a coupon of 100 % and credit begin without a card", async () => {
  const [free, paid] = [await createPlan(stripe, { unit_amount: 0 }), await createPlan(stripe)];
  const coupon = await stripe.coupons.create({ percent_off: 100, duration: "forever" });
  const begin = async (price: Stripe.Price, balance = 0, rest: Partial<Stripe.SubscriptionCreateParams> = {}) => {
    const { id: customer } = await stripe.customers.create({ balance });
    return stripe.subscriptions.create({ customer, items: [{ price: price.id }], ...latest, ...rest });
  };
  const begun = { status: "active", latest_invoice: { status: "paid", amount_due: 0 } };
  expect(await begin(free)).toMatchObject(begun);
  expect(await begin(paid, 0, { discounts: [{ coupon: coupon.id }] })).toMatchObject(begun);
  expect(await begin(paid, -5000)).toMatchObject(begun);
  await expect(begin(paid)).rejects.toMatchObject({ code: "resource_missing", statusCode: 400 });
  await expect(begin(paid, -100)).rejects.toMatchObject({ code: "resource_missing", statusCode: 400 });
});

// https://docs.stripe.com/billing/invoices/subscription#adding-upcoming-invoice-items
test("what waits for an invoice of the customer is on a subscription's first", async () => {
  const [customer, price] = [await paying(), await createPlan(stripe, { unit_amount: 2000 })];
  await stripe.invoiceItems.create({ customer, amount: 700, currency: "eur" });
  const { latest_invoice: invoice } = await stripe.subscriptions.create({
    customer,
    items: [{ price: price.id }],
    ...latest,
  });
  expect(invoice).toMatchObject({ total: 2700, amount_paid: 2700, lines: { data: { length: 2 } } });
  expect((await stripe.invoiceItems.list({ customer, pending: true })).data).toEqual([]);
});

// https://docs.stripe.com/billing/invoices/subscription: finalised "one hour later when it's set to `send_invoice`"
test("a first invoice that is sent stays a draft for an hour", async () => {
  const { subscribe, advance } = await onClock(bench, START, null);
  const begun = await subscribe({ collection_method: "send_invoice", days_until_due: 7, ...latest });
  expect(begun).toMatchObject({
    status: "active",
    latest_invoice: { status: "draft", automatically_finalizes_at: START + 3600 },
  });
  expect(await advance(START + 3601)).toContain("invoice.sent");
  expect(await stripe.subscriptions.retrieve(begun.id, latest)).toMatchObject({ latest_invoice: { status: "open" } });
});

// https://docs.stripe.com/api/invoices/object#invoice_object-amount_due
test("what is too little to be charged is owed on the customer's balance", async () => {
  const [customer, tiny] = [await paying(), await createPlan(stripe, { unit_amount: 30, currency: "usd" })];
  const { latest_invoice: invoice } = await stripe.subscriptions.create({
    customer,
    items: [{ price: tiny.id }],
    ...latest,
  });
  expect(invoice).toMatchObject({ total: 30, amount_due: 0, status: "paid", ending_balance: 30 });
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: 30 });
  const more = await createPlan(stripe, { unit_amount: 1000, currency: "usd" });
  const next = await stripe.subscriptions.create({ customer, items: [{ price: more.id }], ...latest });
  expect(next.latest_invoice).toMatchObject({ total: 1000, amount_due: 1030, amount_paid: 1030, ending_balance: 0 });
});

// https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
test("a payment under the least charge or over the largest is refused", async () => {
  const pay = (amount: number) => stripe.paymentIntents.create({ amount, currency: "usd" });
  await expect(pay(30)).rejects.toMatchObject({ code: "amount_too_small", param: "amount" });
  await expect(pay(100_000_000)).rejects.toMatchObject({ param: "amount" });
  const { id } = await pay(50);
  await expect(stripe.paymentIntents.update(id, { amount: 49 })).rejects.toMatchObject({ code: "amount_too_small" });
});

// https://docs.stripe.com/api/subscriptions/create#create_subscription-payment_settings-save_default_payment_method
test("what paid is kept where it is to be, and renewals are charged to it", async () => {
  const { subscribe, advance } = await onClock(bench, START, null);
  const begun = await subscribe({
    payment_behavior: "default_incomplete",
    payment_settings: { save_default_payment_method: "on_subscription" },
    expand: ["latest_invoice.payments"],
  });
  expect(begun.payment_settings?.save_default_payment_method).toBe("on_subscription");
  const invoice = begun.latest_invoice as Stripe.Invoice;
  const payment = invoice.payments?.data[0]?.payment.payment_intent;
  await stripe.paymentIntents.confirm(String(payment), { payment_method: "pm_card_visa" });
  await advance(START + 31 * 86_400);
  expect(await stripe.subscriptions.retrieve(begun.id, latest)).toMatchObject({
    status: "active",
    latest_invoice: { status: "paid", billing_reason: "subscription_cycle" },
  });
  await expect(
    subscribe({ payment_behavior: "default_incomplete", payment_settings: { payment_method_types: ["card"] } }),
  ).rejects.toMatchObject({ code: "emulator_parameter_not_modelled" });
});

test("add_invoice_items are on the first invoice, at once also in a trial (https://docs.stripe.com/billing/invoices/subscription#first-invoice-extra)", async () => {
  const { subscribe, customer, price } = await onClock(bench, START);
  const product = String(price.product);
  const setup = await createPlan(stripe, { unit_amount: 2000, recurring: undefined });
  const add_invoice_items = [
    { price: setup.id, quantity: 2, metadata: { kind: "setup" }, discountable: false },
    {
      price_data: { currency: "eur", product, unit_amount: -500 },
      period: { start: { type: "now" as const }, end: { type: "timestamp" as const, timestamp: START + 60 } },
    },
  ];
  const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "once" });
  const begun = await subscribe({ add_invoice_items, discounts: [{ coupon }], ...latest });
  const first = begun.latest_invoice as Stripe.Invoice;
  expect(first).toMatchObject({ status: "paid", amount_paid: 1350 + 4000 - 500 });
  expect(first.lines.data).toMatchObject([
    { amount: 1500, discountable: true },
    { amount: 4000, quantity: 2, discountable: false, metadata: { kind: "setup" }, period: { start: START, end: END } },
    { amount: -500, period: { start: START, end: START + 60 } },
  ]);
  expect((await stripe.invoiceItems.list({ customer })).data.map(({ parent }) => parent?.type)).toEqual([
    "subscription_details",
    "subscription_details",
  ]);
  const tried = await subscribe({ add_invoice_items: [{ price: setup.id }], trial_period_days: 7, ...latest });
  expect(tried).toMatchObject({ status: "trialing", latest_invoice: { status: "paid", amount_paid: 2000 } });
  expect((await stripe.subscriptions.retrieve(tried.id)).items.data).toHaveLength(1);

  const refused = (asked: Stripe.SubscriptionCreateParams.AddInvoiceItem) =>
    subscribe({ add_invoice_items: [asked] }).catch(({ message, param }) => `${param}: ${message}`);
  const at = "add_invoice_items[0]";
  expect(await refused({ price: price.id })).toMatch(
    /^add_invoice_items\[0\]\[price\]: .*only accepts prices with `type=one_time`/,
  );
  expect(await refused({ quantity: 1 })).toMatch(`${at}[price]`);
  const dollars = await createPlan(stripe, { currency: "usd", recurring: undefined });
  expect(await refused({ price: dollars.id })).toMatch("expected currency: `eur`");
  const backwards = { start: { type: "now" as const }, end: { type: "timestamp" as const, timestamp: START - 1 } };
  expect(await refused({ price: setup.id, period: backwards })).toMatch(`${at}[period][start]`);
  const many = Array.from({ length: 21 }, () => ({ price: setup.id }));
  await expect(subscribe({ add_invoice_items: many })).rejects.toMatchObject({ param: "add_invoice_items" });
  const { id: poor } = await stripe.customers.create();
  await expect(
    stripe.subscriptions.create({
      customer: poor,
      items: [{ price: price.id }],
      trial_period_days: 7,
      add_invoice_items: [{ price: setup.id }],
    }),
  ).rejects.toMatchObject({ code: "resource_missing" });
});
