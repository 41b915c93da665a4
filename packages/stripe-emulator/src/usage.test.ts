import Stripe from "stripe";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { type Bench, createPlan, openBench } from "./testing/bench.ts";
import { DAY, END, HALF, onClock, START } from "./testing/clocked.ts";

/** https://docs.stripe.com/billing/subscriptions/usage-based */
let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

let meters = 0;
async function createMeter(
  formula: "sum" | "count" | "last",
): Promise<{ meter: string; event: string; price: Stripe.Price }> {
  meters += 1;
  const event = `calls_${meters}`;
  const { id: meter } = await stripe.billing.meters.create({
    display_name: "Calls",
    event_name: event,
    default_aggregation: { formula },
  });
  const price = await createPlan(stripe, {
    unit_amount: 2,
    recurring: { interval: "month", usage_type: "metered", meter },
  });
  return { meter, event, price };
}

const use = (event: string, customer: string, value: number, timestamp?: number, identifier?: string) =>
  stripe.billing.meterEvents.create({
    event_name: event,
    payload: { stripe_customer_id: customer, value: String(value) },
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(identifier === undefined ? {} : { identifier }),
  });

test("what was used in a month is billed when it is over, beside what is paid in advance", async () => {
  const { event, price } = await createMeter("sum");
  const { customer, price: seat, subscribe, advance } = await onClock(bench, START);
  const subscription = await subscribe({ items: [{ price: seat.id }, { price: price.id }] });
  const first = await stripe.invoices.retrieve(String(subscription.latest_invoice));
  expect(first.total).toBe(1500);
  await advance(HALF);
  await use(event, customer, 70);
  await use(event, customer, 30, HALF - DAY);
  await use(event, "cus_somebody_else", 1000);
  const upcoming = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(upcoming.total).toBe(1500 + 200);
  await advance(END + 2 * 3600);
  const [second] = (await stripe.invoices.list({ customer })).data;
  expect(second).toMatchObject({ status: "paid", total: 1700 });
  const used = second?.lines.data.find((line) => line.pricing?.price_details?.price === price.id);
  expect(used).toMatchObject({ quantity: 100, amount: 200, period: { start: START, end: END } });
  await advance(END + 31 * DAY + 2 * 3600);
  expect((await stripe.invoices.list({ customer })).data[0]?.total).toBe(1500);
});

// https://docs.stripe.com/billing/subscriptions/usage-based/manage-billing-setup#create-a-backdated-subscription
test("what was used before a subscription was made is on the first invoice of one that began before", async () => {
  const { event, price } = await createMeter("sum");
  const { customer, subscribe, advance } = await onClock(bench, START);
  await use(event, customer, 5, START - 25 * DAY);
  await use(event, customer, 70, START - 15 * DAY);
  await use(event, customer, 30, START - DAY);
  const back = { items: [{ price: price.id }], backdate_start_date: START - 20 * DAY };
  const begun = await subscribe({ ...back, expand: ["latest_invoice"] });
  const { total, status, lines } = begun.latest_invoice as Stripe.Invoice;
  expect([total, status]).toEqual([200, "paid"]);
  const periods = lines.data.map(({ amount, quantity, period }) => [amount, quantity, period.start, period.end]);
  expect(periods).toEqual([
    [200, 100, START - 20 * DAY, START],
    [0, 0, START, END],
  ]);
  const free = await subscribe({ ...back, proration_behavior: "none", expand: ["latest_invoice"] });
  expect((free.latest_invoice as Stripe.Invoice).total).toBe(0);
  await use(event, customer, 1);
  await advance(END + 2 * 3600);
  expect((await stripe.invoices.list({ subscription: begun.id })).data[0]?.total).toBe(2);

  const coupon = await stripe.coupons.create({ percent_off: 10, duration: "repeating", duration_in_months: 2 });
  await expect(subscribe({ ...back, discounts: [{ coupon: coupon.id }] })).rejects.toMatchObject({
    code: "emulator_parameter_not_modelled",
    param: "backdate_start_date",
  });
});

test.each([
  ["count", 3],
  ["last", 5],
  ["sum", 12],
] as const)("a meter that takes the %s says so, for the minutes that are asked for", async (formula, expected) => {
  const { meter, event } = await createMeter(formula);
  const { id: customer } = await stripe.customers.create();
  const now = Math.floor(Date.now() / 1000);
  await use(event, customer, 4, now - 300);
  await use(event, customer, 5, now - 100);
  await use(event, customer, 3, now - 200);
  await use(event, customer, 99, now - 7200);
  const minute = now - (now % 60);
  const asked = { customer, start_time: minute - 3600, end_time: minute + 60 };
  const [summary] = (await stripe.billing.meters.listEventSummaries(meter, asked)).data;
  expect(summary).toMatchObject({ object: "billing.meter_event_summary", aggregated_value: expected, meter });
  await expect(
    stripe.billing.meters.listEventSummaries(meter, { ...asked, start_time: minute - 1 }),
  ).rejects.toMatchObject({ param: "start_time" });
});

// https://docs.stripe.com/billing/subscriptions/usage-based/meters/configure: "by recording negative quantities"
test("what was told too much is taken back, and less than nothing is billed as nothing", async () => {
  const { meter, event, price } = await createMeter("sum");
  const { customer, subscribe, advance } = await onClock(bench, START);
  const { id } = await subscribe({ items: [{ price: price.id }] });
  await advance(HALF);
  const billed = async () => {
    const [line] = (await stripe.invoices.createPreview({ subscription: id })).lines.data;
    return [line?.quantity, line?.amount];
  };
  await use(event, customer, 70);
  await use(event, customer, -30);
  expect(await billed()).toEqual([40, 80]);
  await use(event, customer, -50);
  expect(await billed()).toEqual([0, 0]);
  const asked = { customer, start_time: START, end_time: END };
  const [summary] = (await stripe.billing.meters.listEventSummaries(meter, asked)).data;
  expect(summary?.aggregated_value).toBe(-10);
});

test("use is counted once, near its time, and for a meter that is on", async () => {
  const { meter, event } = await createMeter("sum");
  const { id: customer } = await stripe.customers.create();
  const now = Math.floor(Date.now() / 1000);
  await use(event, customer, 1, now, "call-1");
  await expect(use(event, customer, 1, now, "call-1")).rejects.toMatchObject({ param: "identifier" });
  await expect(use(event, customer, 1, now + 600)).rejects.toMatchObject({ param: "timestamp" });
  await expect(use(event, customer, 1, now - 36 * DAY)).rejects.toMatchObject({ param: "timestamp" });
  await expect(use(event, customer, Number.NaN)).rejects.toMatchObject({ param: "payload[value]" });
  await expect(use("nobody_counts", customer, 1)).rejects.toThrow("No active meter found for event name");
  await stripe.billing.meters.deactivate(meter);
  await expect(use(event, customer, 1)).rejects.toThrow("No active meter found for event name");
  await stripe.billing.meters.update(meter, { display_name: "API calls" });
  expect(await stripe.billing.meters.reactivate(meter)).toMatchObject({ display_name: "API calls", status: "active" });
  await use(event, customer, 1);
  expect(bench.emulator.events().map(({ type }) => type)).toEqual(
    expect.arrayContaining(["billing.meter.created", "billing.meter.deactivated", "billing.meter.reactivated"]),
  );
});

test("a trial's use is free; what was used when a subscription ends is billed, at once or with its period", async () => {
  const { event, price } = await createMeter("sum");
  const trial = await onClock(bench, START);
  await trial.subscribe({ items: [{ price: price.id }], trial_end: HALF });
  await use(event, trial.customer, 50);
  await trial.advance(HALF + 2 * 3600);
  expect((await stripe.invoices.list({ customer: trial.customer })).data[0]?.total).toBe(0);

  const now = await onClock(bench, START);
  const ended = await now.subscribe({ items: [{ price: price.id }] });
  await use(event, now.customer, 50);
  await now.advance(HALF);
  await stripe.subscriptions.cancel(ended.id, { invoice_now: true });
  expect((await stripe.invoices.list({ customer: now.customer })).data[0]?.total).toBe(100);

  const later = await onClock(bench, START);
  const ending = await later.subscribe({ items: [{ price: price.id }] });
  await stripe.subscriptions.update(ending.id, { cancel_at_period_end: true });
  await use(event, later.customer, 25);
  await later.advance(END + 2 * 3600);
  expect((await stripe.invoices.list({ customer: later.customer })).data[0]).toMatchObject({
    total: 50,
    status: "paid",
  });
});

test("a meter may ask for a key that every object inherits: who does not say it is told so", async () => {
  await stripe.billing.meters.create({
    display_name: "Calls",
    event_name: "inherited",
    default_aggregation: { formula: "count" },
    customer_mapping: { event_payload_key: "__proto__", type: "by_id" },
  });
  const said = stripe.billing.meterEvents.create({ event_name: "inherited", payload: { value: "1" } });
  await expect(said).rejects.toMatchObject({ statusCode: 400, param: "payload[__proto__]" });
});

// https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api#high-throughput-ingestion
test("use is told by v2 as well, and streamed with a key that is good for a quarter of an hour", async () => {
  const { meter, event } = await createMeter("sum");
  const { id: customer } = await stripe.customers.create();
  const of = (value: number, event_name = event) => ({
    event_name,
    payload: { stripe_customer_id: customer, value: String(value) },
    timestamp: new Date().toISOString(),
  });
  const told = await stripe.v2.billing.meterEvents.create({ ...of(3), identifier: "v2-1" });
  expect(told).toMatchObject({ object: "v2.billing.meter_event", identifier: "v2-1", timestamp: expect.any(String) });
  await expect(stripe.v2.billing.meterEvents.create(of(3, "nobody_counts"))).rejects.toThrow("No active meter found");
  const session = await stripe.v2.billing.meterEventSession.create();
  const { hostname: host, port } = new URL(bench.origin);
  const streams = (key: string) => new Stripe(key, { host, port, protocol: "http", maxNetworkRetries: 0 });
  const { meterEventStream } = streams(session.authentication_token).v2.billing;
  await meterEventStream.create({ events: [of(4), of(5)] });
  await expect(meterEventStream.create({ events: [of(6), of(7, "nobody_counts")] })).rejects.toThrow("No active meter");
  const other = streams("token_test_nobody").v2.billing.meterEventStream.create({ events: [of(1)] });
  await expect(other).rejects.toMatchObject({ statusCode: 401 });
  await expect(streams(session.authentication_token).customers.list()).rejects.toMatchObject({ statusCode: 401 });
  const minute = Math.floor(Date.now() / 60_000) * 60;
  const asked = { customer, start_time: minute - 600, end_time: minute + 120 };
  const used = async () => (await stripe.billing.meters.listEventSummaries(meter, asked)).data[0]?.aggregated_value;
  expect(await used()).toBe(3 + 4 + 5);

  const adjust = (identifier: string) =>
    stripe.billing.meterEventAdjustments.create({ event_name: event, type: "cancel", cancel: { identifier } });
  expect(await adjust("v2-1")).toMatchObject({
    object: "billing.meter_event_adjustment",
    cancel: { identifier: "v2-1" },
  });
  expect(await used()).toBe(4 + 5);
  await expect(adjust("v2-1")).rejects.toMatchObject({ param: "cancel[identifier]" });
  await expect(adjust("nobody")).rejects.toThrow("No meter event found");

  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 16 * 60_000 });
  onTestFinished(() => void vi.useRealTimers());
  await expect(meterEventStream.create({ events: [of(8)] })).rejects.toMatchObject({
    code: "billing_meter_event_session_expired",
  });
});

// https://docs.stripe.com/billing/subscriptions/usage-based/how-it-works: use is billed when its period is over
test("an end that is planned and invoiced at once bills what was paid ahead, and what was used once: at the end", async () => {
  const { event, price } = await createMeter("sum");
  const { customer, price: seat, subscribe, advance } = await onClock(bench, START);
  const { id } = await subscribe({ items: [{ price: seat.id }, { price: price.id }] });
  await advance(HALF);
  await use(event, customer, 50, HALF - DAY);
  const ends = { cancel_at: HALF + 5 * DAY, proration_behavior: "always_invoice" as const };
  const { latest_invoice: credit } = await stripe.subscriptions.update(id, ends);
  await advance(HALF + 6 * DAY);
  const totals = (await stripe.invoices.list({ customer })).data.map(({ total }) => total);
  expect(totals).toEqual([100, -500, 1500]);
  const told = bench.emulator
    .events()
    .find(({ data: { object } }) => "cancel_at" in object && object.latest_invoice === credit);
  expect(told?.data.previous_attributes).toMatchObject({ cancel_at: null, latest_invoice: expect.any(String) });
});
