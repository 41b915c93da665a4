import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench, typesSince } from "./testing/bench.ts";
import { DAY, END, HALF, onClock, START } from "./testing/clocked.ts";

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

// https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
test("a first invoice that cannot be charged is refused, whatever it is made of: nothing of it stays", async () => {
  const plan = (params: Partial<Stripe.PriceCreateParams>) => createPlan(stripe, { currency: "usd", ...params });
  const most = 99_999_999;
  const tiered = await plan({
    unit_amount: undefined,
    billing_scheme: "tiered",
    tiers_mode: "graduated",
    tiers: [{ up_to: "inf", flat_amount: most, unit_amount: most }],
  });
  const decimal = await plan({
    unit_amount: undefined,
    unit_amount_decimal: "99999999.9" as unknown as Stripe.Decimal,
  });
  const [large, larger] = [await plan({ unit_amount: 60_000_000 }), await plan({ unit_amount: 90_000_000 })];
  const half = await stripe.taxRates.create({ display_name: "Half", percentage: 50, inclusive: false });
  const taxed = { items: [{ price: larger.id }], default_tax_rates: [half.id] };
  const customer = await paying();
  const waiting = await paying();
  await stripe.invoiceItems.create({ customer: waiting, amount: 20_000_000, currency: "usd" });
  const owing = await paying();
  await stripe.customers.createBalanceTransaction(owing, { amount: 50_000_000, currency: "usd" });
  const since = bench.emulator.events().length;
  for (const asked of [
    { customer, items: [{ price: tiered.id }] },
    { customer, items: [{ price: decimal.id, quantity: 100 }] },
    { customer, ...taxed },
    { customer, ...taxed, payment_behavior: "error_if_incomplete" },
    { customer, ...taxed, payment_behavior: "default_incomplete" },
    { customer: waiting, items: [{ price: larger.id }] },
    { customer: owing, items: [{ price: large.id }] },
  ] satisfies Stripe.SubscriptionCreateParams[]) {
    const refused = { statusCode: 400, code: "amount_too_large" };
    await expect(stripe.subscriptions.create(asked), JSON.stringify(asked)).rejects.toMatchObject(refused);
    expect((await stripe.subscriptions.list({ customer: asked.customer })).data).toEqual([]);
  }
  expect(typesSince(bench, since)).toEqual([]);
});

// https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
test("a change whose invoice cannot be charged is refused, and changes nothing", async () => {
  const customer = await paying();
  const [plan, dear] = [await createPlan(stripe), await createPlan(stripe, { unit_amount: 90_000_000 })];
  const { id, items } = await stripe.subscriptions.create({ customer, items: [{ price: plan.id }] });
  const item = items.data[0]?.id ?? "";
  const before = await stripe.subscriptions.retrieve(id);
  const since = bench.emulator.events().length;
  const refused = { statusCode: 400, code: "amount_too_large" };
  const behaviors = ["error_if_incomplete", "pending_if_incomplete", "allow_incomplete", "default_incomplete"] as const;
  for (const payment_behavior of behaviors) {
    const now = { proration_behavior: "always_invoice" as const, payment_behavior };
    const asked = { items: [{ id: item, price: dear.id, quantity: 2 }], ...now };
    await expect(stripe.subscriptions.update(id, asked), payment_behavior).rejects.toMatchObject(refused);
    const more = stripe.subscriptionItems.update(item, { price: dear.id, quantity: 2, ...now });
    await expect(more, payment_behavior).rejects.toMatchObject(refused);
  }
  expect(await stripe.subscriptions.retrieve(id)).toEqual(before);
  expect((await stripe.invoices.list({ subscription: id })).data).toHaveLength(1);
  expect(typesSince(bench, since)).toEqual([]);
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

const linesOf = (invoice: unknown) =>
  (invoice as Stripe.Invoice).lines.data.map(({ amount, period }) => [amount, period.start, period.end]);

/** The lines of all invoices of a subscription, the first one first. */
async function billed(subscription: string) {
  const { data } = await stripe.invoices.list({ subscription });
  return data.map(linesOf).reverse();
}

const at = (...[month, day, hour = 0]: [number, number, number?]) => Date.UTC(2027, month - 1, day, hour) / 1000;

test("up to billing_cycle_anchor the first invoice is of a part, then of whole periods (https://docs.stripe.com/billing/subscriptions/billing-cycle)", async () => {
  const { subscribe, advance, customer, price } = await onClock(bench, START);
  const items = [{ price: price.id }];
  const asked = { items, billing_cycle_anchor: HALF };
  const preview = await stripe.invoices.createPreview({
    customer,
    subscription_details: { items, billing_cycle_anchor: { type: "timestamp", timestamp: HALF } },
  });
  const begun = await subscribe({ ...asked, ...latest });
  expect(begun).toMatchObject({
    status: "active",
    billing_cycle_anchor: HALF,
    items: { data: [{ current_period_start: START, current_period_end: HALF }] },
    latest_invoice: {
      status: "paid",
      lines: { data: [{ parent: { subscription_item_details: { proration: true } } }] },
    },
  });
  expect(linesOf(begun.latest_invoice)).toEqual([[750, START, HALF]]);
  expect(linesOf(preview)).toEqual([[750, START, HALF]]);
  // Free up to the anchor, and "unlike a trial, there is no 0 USD invoice": nothing to pay, nor to pay with.
  const from = bench.emulator.events().length;
  const free = await subscribe({ ...asked, proration_behavior: "none" });
  expect(free).toMatchObject({ status: "active", latest_invoice: null });
  expect(typesSince(bench, from)).toEqual(["customer.subscription.created"]);
  const { id: poor } = await stripe.customers.create();
  const later = Math.floor(Date.now() / 1000) + DAY;
  const waiting = { ...asked, customer: poor, billing_cycle_anchor: later };
  await expect(stripe.subscriptions.create(waiting)).rejects.toMatchObject({ code: "resource_missing" });
  expect(await stripe.subscriptions.create({ ...waiting, proration_behavior: "none" })).toMatchObject({
    status: "active",
    pending_setup_intent: expect.stringMatching(/^seti_/),
  });
  const tried = await subscribe({ ...asked, trial_end: START + 7 * DAY });
  expect(tried).toMatchObject({ billing_cycle_anchor: HALF, trial_end: START + 7 * DAY });

  // A change within the part is of a part, too.
  await advance(START + 5 * DAY);
  const bigger = await createPlan(stripe, { unit_amount: 3000 });
  const changed = await stripe.subscriptions.update(begun.id, {
    items: [{ id: begun.items.data[0]?.id, price: bigger.id }],
    proration_behavior: "always_invoice",
    ...latest,
  });
  expect(linesOf(changed.latest_invoice).map(([amount]) => amount)).toEqual([-500, 1000]);
  await advance(HALF + 3600);
  const next = at(5, 16);
  expect((await billed(begun.id)).at(-1)).toEqual([[3000, HALF, next]]);
  expect(await billed(free.id)).toEqual([[[1500, HALF, next]]]);
  expect(await billed(tried.id)).toEqual([
    [[0, START, START + 7 * DAY]],
    [[400, START + 7 * DAY, HALF]],
    [[1500, HALF, next]],
  ]);
});

test("an anchor that no first period reaches is refused, as is one without its prorations after a trial", async () => {
  const { subscribe } = await onClock(bench, START);
  const refused = (asked: Partial<Stripe.SubscriptionCreateParams>) =>
    subscribe(asked).then(String, ({ message, param }) => `${param}: ${message}`);
  expect(await refused({ billing_cycle_anchor: END + 1 })).toBe(
    `billing_cycle_anchor: billing_cycle_anchor cannot be later than next natural billing date (${END}) for plan`,
  );
  expect(await refused({ billing_cycle_anchor: START - 1 })).toMatch("must be in the future");
  const trial_end = HALF + 1;
  expect(await refused({ billing_cycle_anchor: HALF, trial_end })).toMatch("cannot be before the trial's end");
  expect(await refused({ billing_cycle_anchor: HALF, billing_cycle_anchor_config: { day_of_month: 1 } })).toMatch(
    "You may only specify one of these parameters",
  );
  const week = await createPlan(stripe, { recurring: { interval: "week" } });
  const config = { day_of_month: 1 };
  expect(await refused({ items: [{ price: week.id }], billing_cycle_anchor_config: config })).toMatch(
    "only valid with",
  );
  for (const asked of [
    { billing_cycle_anchor: END, trial_end: HALF, proration_behavior: "none" as const },
    { billing_cycle_anchor_config: { ...config, month: 5 } },
  ])
    await expect(subscribe(asked)).rejects.toMatchObject({ code: "emulator_parameter_not_modelled" });
});

test("billing_cycle_anchor_config names a day of each month, or the last of a shorter one (https://docs.stripe.com/api/subscriptions/create#create_subscription-billing_cycle_anchor_config)", async () => {
  const { subscribe, advance } = await onClock(bench, START);
  const begun = await subscribe({ billing_cycle_anchor_config: { day_of_month: 31, hour: 12 } });
  const config = { day_of_month: 31, hour: 12, minute: null, month: null, second: null };
  expect(begun).toMatchObject({ billing_cycle_anchor: at(4, 30, 12), billing_cycle_anchor_config: config });
  const year = await createPlan(stripe, { unit_amount: 12_000, recurring: { interval: "year" } });
  const yearly = await subscribe({
    items: [{ price: year.id }],
    billing_cycle_anchor_config: { day_of_month: 1, month: 1 },
  });
  expect(await billed(yearly.id)).toEqual([[[Math.round((12_000 * 275) / 366), START, Date.UTC(2028, 0, 1) / 1000]]]);
  await advance(at(5, 31, 13));
  expect(await billed(begun.id)).toEqual([
    [[1475, START, at(4, 30, 12)]],
    [[1500, at(4, 30, 12), at(5, 31, 12)]],
    [[1500, at(5, 31, 12), at(6, 30, 12)]],
  ]);
  const reset = await stripe.subscriptions.update(begun.id, { billing_cycle_anchor: { type: "now" } });
  expect(reset).toMatchObject({ billing_cycle_anchor: at(5, 31, 13), billing_cycle_anchor_config: null });
});

test("backdate_start_date bills each natural period since then, or none (https://docs.stripe.com/billing/subscriptions/backdating)", async () => {
  const { subscribe, advance, customer, price } = await onClock(bench, START);
  const [start, next] = [at(2, 10), at(5, 16)];
  const back = { backdate_start_date: start };
  const items = [{ price: price.id }];
  const preview = await stripe.invoices.createPreview({ customer, subscription_details: { items, start_date: start } });
  const begun = await subscribe({ ...back, ...latest });
  expect(begun).toMatchObject({ start_date: start, created: START, billing_cycle_anchor: START, status: "active" });
  const lines = [
    [Math.round((1500 * 19) / 28), start, at(3, 1)],
    [1500, at(3, 1), START],
    [1500, START, END],
  ];
  expect(linesOf(begun.latest_invoice)).toEqual(lines);
  expect(linesOf(preview)).toEqual(lines);
  const anchored = await subscribe({ ...back, billing_cycle_anchor: HALF });
  expect(anchored.items.data).toMatchObject([{ current_period_start: at(3, 16), current_period_end: HALF }]);
  expect(await billed(anchored.id)).toEqual([
    [
      [Math.round((1500 * 6) / 28), start, at(2, 16)],
      [1500, at(2, 16), at(3, 16)],
      [1500, at(3, 16), HALF],
    ],
  ]);
  const unbilled = { ...back, proration_behavior: "none" as const };
  const free = await subscribe(unbilled);
  expect(free.start_date).toBe(start);
  expect(await billed(free.id)).toEqual([[[1500, START, END]]]);
  const moved = await subscribe({ ...unbilled, billing_cycle_anchor: HALF });
  expect(await billed(moved.id)).toEqual([]);
  await advance(HALF + 3600);
  expect(await billed(moved.id)).toEqual([[[1500, HALF, next]]]);

  const refused = (backdate_start_date: number, more: Partial<Stripe.SubscriptionCreateParams> = {}) =>
    subscribe({ ...more, backdate_start_date }).then(String, ({ message, param }) => `${param}: ${message}`);
  expect(await refused(next)).toBe("backdate_start_date: The backdated subscription start date must be in the past.");
  const day = { items: [{ price: (await createPlan(stripe, { recurring: { interval: "day" } })).id }] };
  expect(await refused(START - 300 * DAY, day)).toMatch("more than 250 line items");
  expect(await refused(start, { trial_period_days: 7 })).toMatch("does not model it");
});

test("cancel_at of a new subscription ends it, and charges its part of the period that it ends in (https://docs.stripe.com/api/subscriptions/create#create_subscription-cancel_at)", async () => {
  const { subscribe, advance, customer, price } = await onClock(bench, START);
  const later = END + 15 * DAY;
  const within = await subscribe({ cancel_at: HALF });
  expect(within).toMatchObject({
    cancel_at: HALF,
    cancel_at_period_end: false,
    canceled_at: START,
    items: { data: [{ current_period_end: HALF }] },
  });
  const preview = await stripe.invoices.createPreview({
    customer,
    subscription_details: { items: [{ price: price.id }], cancel_at: HALF },
  });
  expect(linesOf(preview)).toEqual([[750, START, HALF]]);
  const whole = await subscribe({ cancel_at: HALF, proration_behavior: "none" });
  const atEnd = await subscribe({ cancel_at_period_end: true });
  expect(atEnd).toMatchObject({ cancel_at: END, cancel_at_period_end: true });
  expect((await subscribe({ cancel_at: "min_period_end" })).cancel_at).toBe(END);
  const next = await subscribe({ cancel_at: later });
  await advance(HALF);
  await advance(END + 3600);
  await advance(later);
  const ended = async ({ id }: Stripe.Subscription) => {
    const { ended_at, status } = await stripe.subscriptions.retrieve(id);
    return [status, ended_at, await billed(id)];
  };
  expect(await ended(within)).toEqual(["canceled", HALF, [[[750, START, HALF]]]]);
  expect(await ended(whole)).toEqual(["canceled", HALF, [[[1500, START, END]]]]);
  expect(await ended(atEnd)).toEqual(["canceled", END, [[[1500, START, END]]]]);
  const part = Math.round((1500 * 15) / 31);
  expect(await ended(next)).toEqual(["canceled", later, [[[1500, START, END]], [[part, END, later]]]]);
  await expect(subscribe({ cancel_at: later - 60 * DAY })).rejects.toMatchObject({ param: "cancel_at" });
  await expect(subscribe({ cancel_at: later + DAY, cancel_at_period_end: true })).rejects.toThrow("only specify one");
});

test("trial_from_plan takes the trial that the price has, and no other is named beside (https://docs.stripe.com/api/subscriptions/create#create_subscription-trial_from_plan)", async () => {
  const { subscribe } = await onClock(bench, START);
  const tried = (trial_period_days: number) =>
    createPlan(stripe, { recurring: { interval: "month", trial_period_days } });
  const [week, fortnight] = [await tried(7), await tried(14)];
  const items = [{ price: week.id }];
  const from = (asked: Partial<Stripe.SubscriptionCreateParams>) =>
    subscribe({ items, trial_from_plan: true, ...asked });
  expect(await from({})).toMatchObject({ status: "trialing", trial_end: START + 7 * DAY });
  // https://github.com/stripe/stripe-node/issues/1270
  await expect(from({ trial_period_days: 3 })).rejects.toThrow(
    "You may only specify one of these parameters: trial_from_plan, trial_period_days.",
  );
  await expect(subscribe({ trial_end: START + DAY, trial_period_days: 3 })).rejects.toMatchObject({ statusCode: 400 });
  expect((await from({ trial_from_plan: false })).trial_end).toBeNull();
  const untried = await subscribe({ trial_from_plan: true });
  expect(untried).toMatchObject({ status: "active", trial_end: null });
  await expect(from({ trial_end: START + DAY })).rejects.toMatchObject({ param: "trial_from_plan" });
  const unmodelled = { code: "emulator_parameter_not_modelled", param: "trial_from_plan" };
  await expect(from({ items: [...items, { price: fortnight.id }] })).rejects.toMatchObject(unmodelled);
  const update = { trial_from_plan: true };
  await expect(stripe.subscriptions.update(untried.id, update)).rejects.toMatchObject(unmodelled);
});
