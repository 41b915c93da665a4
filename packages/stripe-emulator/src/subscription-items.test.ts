import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createCheckout, createPlan, openBench, typesSince } from "./testing/bench.ts";
import { DAY, END, HALF, onClock, START } from "./testing/clocked.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const yearly = (unit_amount = 12_000) => createPlan(stripe, { unit_amount, recurring: { interval: "year" } });

async function subscriber(overrides: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const { customer, price, subscribe, advance } = await onClock(bench, START);
  const { id, items } = await subscribe(overrides);
  return { id, customer, price, item: items.data[0]?.id ?? "", advance };
}

/** The amounts on the invoice that follows. */
async function billed(id: string): Promise<number[]> {
  const { latest_invoice } = await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] });
  if (latest_invoice === null || typeof latest_invoice === "string") throw new Error("Not expanded.");
  return latest_invoice.lines.data.map(({ amount }) => amount);
}

test("an added item is prorated to the period that runs, a removed one is credited", async () => {
  const { id, item, advance } = await subscriber();
  const seat = await createPlan(stripe, { unit_amount: 1000 });
  await advance(HALF);
  const added = await stripe.subscriptions.update(id, {
    items: [{ price: seat.id, quantity: 2, metadata: { kind: "seat" } }],
    proration_behavior: "always_invoice",
  });
  expect(added.items.data).toMatchObject([
    { id: item, quantity: 1 },
    { price: { id: seat.id }, quantity: 2, metadata: { kind: "seat" }, current_period_end: END },
  ]);
  expect(await billed(id)).toEqual([1000]);
  const removed = await stripe.subscriptions.update(id, {
    items: [{ id: item, deleted: true }],
    proration_behavior: "always_invoice",
  });
  expect(removed.items.data.map(({ price }) => price.id)).toEqual([seat.id]);
  expect(await billed(id)).toEqual([-750]);
  const last = { id: removed.items.data[0]?.id ?? "", deleted: true };
  await expect(stripe.subscriptions.update(id, { items: [last] })).rejects.toThrow("at least one active plan");
});

// https://docs.stripe.com/api/subscriptions/update#update_subscription-items-price
test("an item that gets another price is one, unless a quantity is said", async () => {
  const { id, item } = await subscriber();
  const other = await createPlan(stripe, { unit_amount: 1000 });
  const change = async (asked: { price?: string; quantity?: number }) =>
    (await stripe.subscriptions.update(id, { items: [{ id: item, ...asked }] })).items.data[0]?.quantity;
  expect(await change({ quantity: 5 })).toBe(5);
  expect(await change({})).toBe(5);
  expect(await change({ price: other.id, quantity: 4 })).toBe(4);
  expect(await change({ price: other.id })).toBe(4);
  expect(await change({ price: (await createPlan(stripe)).id })).toBe(1);
});

test("items are created, changed, listed and deleted by their own API, each a change of the subscription", async () => {
  const { id, item, advance } = await subscriber();
  const seat = await createPlan(stripe, { unit_amount: 1000 });
  await advance(HALF);
  const from = bench.emulator.events().length;
  const made = await stripe.subscriptionItems.create({ subscription: id, price: seat.id });
  expect(made).toMatchObject({ object: "subscription_item", subscription: id, quantity: 1, created: HALF });
  expect(await stripe.subscriptionItems.update(made.id, { quantity: 3 })).toMatchObject({ id: made.id, quantity: 3 });
  expect((await stripe.subscriptionItems.retrieve(made.id)).quantity).toBe(3);
  expect((await stripe.subscriptionItems.list({ subscription: id })).data.map((row) => row.id)).toEqual([
    item,
    made.id,
  ]);
  expect(await stripe.subscriptionItems.del(made.id, { proration_behavior: "none" })).toMatchObject({ deleted: true });
  const [prorated, updated] = ["invoiceitem.created", "customer.subscription.updated"];
  expect(typesSince(bench, from)).toEqual([prorated, updated, prorated, prorated, updated, updated]);
  await expect(stripe.subscriptionItems.retrieve(made.id)).rejects.toMatchObject({ code: "resource_missing" });
  await advance(END + 3600);
  // Half a month of one seat, credited for three; what was taken out without proration is not credited.
  expect(await billed(id)).toEqual([500, -500, 1500, 1500]);
});

// https://docs.stripe.com/billing/subscriptions/multiple-products
test("no two items are at one price, wherever items are named", async () => {
  const { id, item, price, customer } = await subscriber();
  const other = await createPlan(stripe);
  const { id: second } = await stripe.subscriptionItems.create({ subscription: id, price: other.id });
  const twice = [{ price: other.id }, { price: other.id, quantity: 2 }];
  const sold = twice.map((each) => ({ quantity: 1, ...each }));
  const phases = [{ items: twice, duration: { interval: "month" as const } }];
  const asked = [
    [() => stripe.subscriptionItems.create({ subscription: id, price: price.id }), "plan"],
    [() => stripe.subscriptionItems.update(item, { price: other.id }), "plan"],
    [() => stripe.subscriptions.update(id, { items: [{ price: price.id }] }), "plan"],
    [() => stripe.subscriptions.update(id, { items: [{ id: second, deleted: true }, ...twice] }), "plan"],
    [() => stripe.subscriptions.create({ customer, items: twice }), "plan"],
    [() => stripe.invoices.createPreview({ customer, subscription_details: { items: twice } }), "plan"],
    [() => stripe.subscriptionSchedules.create({ customer, start_date: "now", phases }), "phases[0][items]"],
    [() => stripe.quotes.create({ customer, line_items: sold }), "line_items"],
    [() => stripe.paymentLinks.create({ line_items: sold }), "line_items"],
    [() => createCheckout(stripe, other, { line_items: sold }), "line_items"],
  ] as const;
  for (const [ask, param] of asked)
    await expect(ask(), ask.toString()).rejects.toMatchObject({ statusCode: 400, param });
  const swapped = [
    { id: item, price: other.id },
    { id: second, price: price.id },
  ];
  const { items } = await stripe.subscriptions.update(id, { items: swapped, proration_behavior: "none" });
  expect(items.data.map((each) => each.price.id)).toEqual([other.id, price.id]);
});

test("an item that cannot be added is refused: another currency, a one-time price", async () => {
  const { id } = await subscriber();
  const add = (with_: string) => stripe.subscriptionItems.create({ subscription: id, price: with_ });
  await expect(add((await createPlan(stripe, { currency: "usd" })).id)).rejects.toThrow("expected currency: `eur`");
  await expect(add((await createPlan(stripe, { recurring: undefined })).id)).rejects.toThrow("type=recurring");
});

test("an item that stays as it was is no change, and told to nobody", async () => {
  const { subscribe } = await onClock(bench, START);
  const { id, items } = await subscribe();
  const from = bench.emulator.events().length;
  await stripe.subscriptions.update(id, { items: [{ id: String(items.data[0]?.id), quantity: 1 }] });
  expect(typesSince(bench, from)).toEqual([]);
});

test("proration_date says up to when the old price counts", async () => {
  const { id, item, advance } = await subscriber();
  const bigger = await createPlan(stripe, { unit_amount: 3000 });
  await advance(HALF);
  const change = { items: [{ id: item, price: bigger.id }], proration_behavior: "always_invoice" as const };
  await expect(stripe.subscriptions.update(id, { ...change, proration_date: START - 1 })).rejects.toMatchObject({
    param: "proration_date",
  });
  await stripe.subscriptions.update(id, { ...change, proration_date: START + 10 * DAY });
  expect(await billed(id)).toEqual([-1000, 2000]);
});

test("billing_cycle_anchor now begins a new period, less the time not used", async () => {
  const { id, advance } = await subscriber();
  await advance(HALF);
  const restarted = await stripe.subscriptions.update(id, { billing_cycle_anchor: { type: "now" } });
  expect(restarted).toMatchObject({
    billing_cycle_anchor: HALF,
    items: { data: [{ current_period_start: HALF, current_period_end: Date.UTC(2027, 4, 16) / 1000 }] },
  });
  expect(await billed(id)).toEqual([-750, 1500]);
});

test("items of different intervals renew each at its own time; cancel_at takes the first or the last end", async () => {
  const { id, advance } = await subscriber();
  const year = await yearly();
  await stripe.subscriptions.update(id, { items: [{ price: year.id }] });
  expect(await billed(id)).toEqual([12_000]);
  await advance(END + 3600);
  expect(await billed(id)).toEqual([1500]);
  const both = await stripe.subscriptions.retrieve(id);
  const [month = 0, later = 0] = both.items.data.map((item) => item.current_period_end);
  expect([month, later]).toEqual([Date.UTC(2027, 5, 1) / 1000, Date.UTC(2028, 3, 1) / 1000]);
  const cancelAt = async (cancel_at: "max_period_end" | "min_period_end") =>
    (await stripe.subscriptions.update(id, { cancel_at })).cancel_at;
  expect(await cancelAt("min_period_end")).toBe(month);
  expect(await cancelAt("max_period_end")).toBe(later);
});

test("an item added in a trial costs nothing until its end, which is told once", async () => {
  const { id, advance } = await subscriber({ trial_period_days: 5 });
  const notice = "customer.subscription.trial_will_end";
  expect(await advance(START + 3 * DAY)).toEqual([notice]);
  const from = bench.emulator.events().length;
  const seat = await createPlan(stripe, { unit_amount: 1000 });
  const { items } = await stripe.subscriptions.update(id, { items: [{ price: seat.id }] });
  expect(items.data[1]).toMatchObject({ current_period_end: START + 5 * DAY });
  await advance(START + 5 * DAY + 3600);
  expect(typesSince(bench, from)).not.toContain(notice);
  expect(await billed(id)).toEqual([1500, 1000]);
});

test("cancelling now can credit and invoice the time not used, and keeps what the customer said", async () => {
  const { id, advance } = await subscriber();
  await advance(HALF);
  const from = bench.emulator.events().length;
  const cancellation_details = { comment: "Moving", feedback: "too_expensive" as const };
  const canceled = await stripe.subscriptions.cancel(id, { prorate: true, invoice_now: true, cancellation_details });
  expect(canceled).toMatchObject({
    status: "canceled",
    cancellation_details: { ...cancellation_details, reason: "cancellation_requested" },
  });
  expect(await billed(id)).toEqual([-750]);
  expect(typesSince(bench, from)).toEqual([
    "invoiceitem.created",
    "invoice.created",
    "customer.updated", // the credit goes to the customer's balance
    "invoice.finalized",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "customer.subscription.deleted",
  ]);
});

test("a subscription that sends its invoices is active unpaid, past due when one is overdue, and recovers", async () => {
  const { id, customer, advance } = await subscriber({ collection_method: "send_invoice", days_until_due: 7 });
  const begun = await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] });
  expect(begun).toMatchObject({
    status: "active",
    latest_invoice: { status: "draft", collection_method: "send_invoice", attempted: false },
  });
  expect(await advance(START + 8 * DAY)).toEqual([
    "invoice.finalized",
    "payment_intent.created",
    "invoice.sent",
    "invoice.overdue",
    "customer.updated", // is delinquent
    "customer.subscription.updated",
  ]);
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("past_due");
  const [invoice] = (await stripe.invoices.list({ customer })).data;
  const from = bench.emulator.events().length;
  await stripe.invoices.pay(invoice?.id ?? "", { paid_out_of_band: true });
  expect(typesSince(bench, from)).toEqual([
    "invoice.updated",
    "invoice.paid",
    "payment_intent.canceled",
    "customer.updated",
    "customer.subscription.updated",
  ]);
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("active");
  expect((await advance(END + 3600)).slice(-2)).toEqual(["payment_intent.created", "invoice.sent"]);
  const made = { customer, items: [{ price: (await yearly()).id }], collection_method: "send_invoice" as const };
  await expect(stripe.subscriptions.create(made)).rejects.toThrow("you must specify 'days_until_due'");
});

test("what is paid by use is subscribed to, and changed to, without a quantity", async () => {
  const meter = await stripe.billing.meters.create({
    display_name: "Calls",
    event_name: "calls",
    default_aggregation: { formula: "sum" },
  });
  const recurring = { interval: "month", usage_type: "metered", meter: meter.id } as const;
  const { id: price } = await createPlan(stripe, { recurring });
  const { id, item, customer } = await subscriber();
  const refusal = { statusCode: 400, param: "items[0][quantity]" };
  const items = [{ price, quantity: 1 }];
  await expect(stripe.subscriptions.create({ customer, items })).rejects.toMatchObject(refusal);
  await expect(stripe.subscriptions.update(id, { items })).rejects.toMatchObject(refusal);
  const change = (quantity?: number) =>
    stripe.subscriptions.update(id, { items: [{ id: item, price, ...(quantity && { quantity }) }] });
  await expect(change(2)).rejects.toMatchObject(refusal);
  expect((await change()).items.data[0]).not.toHaveProperty("quantity");
});

test("price_data makes a price with the request, wherever items are named, and none where it is refused (https://docs.stripe.com/products-prices/pricing-models#inline-pricing)", async () => {
  const { customer, subscribe, advance, price } = await onClock(bench, START);
  const product = String(price.product);
  const data = (unit_amount: number, interval: "month" | "year" = "month") => ({
    price_data: { currency: "eur", product, unit_amount, recurring: { interval } },
  });
  const twice = { price: price.id, plan: price.id };
  const naming = (item: object) => expect(subscribe({ items: [item] })).rejects;
  await naming(twice).toMatchObject({ statusCode: 400, message: expect.stringContaining("items[0][plan]") });
  await naming({ plan: price.id, ...data(3000) }).toMatchObject({ statusCode: 400 });
  const from = bench.emulator.events().length;
  const subscription = await subscribe({ items: [{ ...data(3000), quantity: 2 }] });
  const [item] = subscription.items.data;
  expect(item).toMatchObject({ quantity: 2, price: { type: "recurring", unit_amount: 3000, product } });
  const inline = item?.price.id ?? "";
  expect(await stripe.prices.retrieve(inline)).toMatchObject({ recurring: { interval: "month" } });
  expect(typesSince(bench, from).slice(0, 2)).toEqual(["plan.created", "price.created"]);
  expect(await billed(subscription.id)).toEqual([6000]);

  await advance(HALF);
  const change = {
    items: [{ id: item?.id, quantity: 1, ...data(9000) }],
    proration_behavior: "always_invoice" as const,
  };
  const prices = async () => (await stripe.prices.search({ query: `product:"${product}"`, limit: 100 })).data.length;
  const before = await prices();
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id, subscription_details: change });
  const amounts = [-3000, 4500];
  expect(preview.lines.data.map(({ amount }) => amount)).toEqual(amounts);
  expect(await prices()).toBe(before);
  await stripe.subscriptions.update(subscription.id, change);
  expect(await billed(subscription.id)).toEqual(amounts);
  const seat = await stripe.subscriptionItems.create({ subscription: subscription.id, ...data(1000) });
  expect(seat.price.unit_amount).toBe(1000);
  expect(await stripe.subscriptionItems.update(seat.id, data(2000))).toMatchObject({ price: { unit_amount: 2000 } });
  const first = await stripe.invoices.createPreview({ customer, subscription_details: { items: [data(700)] } });
  expect(first.total).toBe(700);

  const { phases } = await stripe.subscriptionSchedules.create({
    customer,
    start_date: END,
    phases: [{ items: [data(1100, "year")] }],
  });
  expect(await stripe.prices.retrieve(String(phases[0]?.items[0]?.price))).toMatchObject({ unit_amount: 1100 });

  const [count, archived] = [await prices(), await stripe.products.create({ name: "Old", active: false })];
  const refused = async (
    asked: Stripe.SubscriptionCreateParams.Item,
    ...others: Stripe.SubscriptionCreateParams.Item[]
  ) => await subscribe({ items: [asked, ...others] }).catch(({ message, param }) => `${param}: ${message}`);
  expect(await refused({ ...data(1), price: price.id })).toBe(
    "items[0][price]: You may only specify one of these parameters: items[0][price], items[0][price_data].",
  );
  const asked = data(1).price_data;
  expect(await refused({ price_data: { ...asked, product: "prod_x" } })).toMatch(
    /^items\[0\]\[price_data\]\[product\]/,
  );
  expect(await refused({ price_data: { ...asked, product: archived.id } })).toMatch("is marked as inactive");
  expect(await refused({ price_data: { currency: "eur", product, recurring: { interval: "month" } } })).toMatch(
    "items[0][price_data][unit_amount]",
  );
  expect(await refused(data(1), { price: "price_x" })).toMatch("No such price");
  expect(await prices()).toBe(count);

  // https://docs.stripe.com/api/prices/list: "excluding inline prices"
  const [line] =
    (await createCheckout(stripe, price, { line_items: [{ ...data(500), quantity: 1 }], expand: ["line_items"] }))
      .line_items?.data ?? [];
  expect(await prices()).toBe(count + 1);
  expect(await stripe.prices.retrieve(line?.price?.id ?? "")).toMatchObject({ unit_amount: 500 });
  expect((await stripe.prices.list({ product, limit: 100 })).data.map(({ id }) => id)).toEqual([price.id]);
});

test("add_invoice_items of an update are on the invoice that it leads to, or wait for the next (https://docs.stripe.com/api/subscriptions/update#update_subscription-add_invoice_items)", async () => {
  const { id, item, customer, advance } = await subscriber();
  const setup = await createPlan(stripe, { unit_amount: 700, recurring: undefined });
  const bigger = await createPlan(stripe, { unit_amount: 3000 });
  await advance(HALF);
  const add_invoice_items = [{ price: setup.id }];
  await stripe.subscriptions.update(id, { add_invoice_items });
  const [waiting] = (await stripe.invoiceItems.list({ customer, pending: true })).data;
  expect(waiting).toMatchObject({ amount: 700, proration: false, period: { start: START, end: END } });
  await stripe.subscriptions.update(id, {
    items: [{ id: item, price: bigger.id }],
    add_invoice_items: [{ price: setup.id, quantity: 2 }],
    proration_behavior: "always_invoice",
  });
  expect(await billed(id)).toEqual([700, -750, 1500, 1400]);
  for (const asked of [
    { proration_behavior: "always_invoice" as const },
    { payment_behavior: "pending_if_incomplete" as const },
  ])
    await expect(stripe.subscriptions.update(id, { ...asked, add_invoice_items })).rejects.toMatchObject({
      code: "emulator_parameter_not_modelled",
      param: "add_invoice_items",
    });
});
