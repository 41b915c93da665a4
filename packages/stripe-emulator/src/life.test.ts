import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Bench, createPlan, openBench, typesSince } from "./testing/bench.ts";
import { onClock as startClock } from "./testing/clocked.ts";

const DAY = 86_400;
const START = Date.UTC(2027, 0, 31, 12) / 1000;
let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const onClock = (card: string | null = "pm_card_visa", on: Bench = bench) => startClock(on, START, card);

const charging = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"];
const paying = ["invoice.updated", "invoice.paid", "invoice.payment_succeeded", "invoice_payment.paid"];

async function failOnce(on: Bench = bench) {
  const made = await onClock("pm_card_visa", on);
  const { id } = await made.subscribe();
  await on.stripe.customers.update(made.customer, {
    invoice_settings: { default_payment_method: await attach(on, made.customer, "pm_card_chargeCustomerFail") },
  });
  const types = await made.advance(START + 29 * DAY);
  return { ...made, id, types };
}

const attach = async (on: Bench, customer: string, card: string) =>
  (await on.stripe.paymentMethods.attach(card, { customer })).id;

test("a renewal is told a week before, drafted, and charged an hour later; months keep their last day", async () => {
  const { subscribe, advance } = await onClock();
  const { id, items } = await subscribe();
  const end = Date.UTC(2027, 1, 28, 12) / 1000;
  expect(items.data[0]?.current_period_end).toBe(end);
  expect(await advance(end - 1)).toEqual(["invoice.upcoming"]);
  expect(bench.emulator.events().at(-2)?.data.object).not.toHaveProperty("id");
  expect(await advance(end)).toEqual(["customer.subscription.updated", "invoice.created"]);
  const draft = await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] });
  expect(draft).toMatchObject({
    items: { data: [{ current_period_start: end, current_period_end: Date.UTC(2027, 2, 31, 12) / 1000 }] },
    latest_invoice: { status: "draft", billing_reason: "subscription_cycle", period_start: START, period_end: end },
  });
  expect(await advance(end + 3600)).toEqual(["invoice.finalized", ...charging, ...paying]);
  expect(await stripe.invoices.list({ subscription: id })).toMatchObject({ data: [{ status: "paid" }, {}] });
  const updated = bench.emulator.events().filter(({ type }) => type === "customer.subscription.updated");
  expect(updated.at(-1)).toMatchObject({
    data: { previous_attributes: { items: { data: [{ current_period_end: end }] } } },
  });
});

test.each([
  ["the past", Date.UTC(2024, 0, 31) / 1000],
  ["the future", Date.UTC(2034, 0, 31) / 1000],
])("an event on a test clock in %s is of the real moment; its object keeps the clock's time", async (_, frozen) => {
  const began = Math.floor(Date.now() / 1000);
  const { customer, subscribe, advance } = await startClock(bench, frozen);
  const from = bench.emulator.events().length;
  const { id, created } = await subscribe();
  expect(created).toBe(frozen);
  await advance(frozen + 90 * DAY);
  const events = bench.emulator.events().slice(from);
  expect(events.map((event) => event.type)).toContain("invoice.paid");
  const moments = events.map((event) => event.created);
  expect(Math.min(...moments)).toBeGreaterThanOrEqual(began);
  expect(Math.max(...moments)).toBeLessThanOrEqual(Date.now() / 1000);
  const listed = (await stripe.events.list({ created: { gte: began }, limit: 100 })).data;
  expect(listed.map((event) => event.id)).toEqual(expect.arrayContaining(events.map((event) => event.id)));
  const payments = (await stripe.paymentIntents.list({ customer, expand: ["data.latest_charge"] })).data;
  const charged = payments.flatMap((row) => [row.created, (row.latest_charge as Stripe.Charge).created]);
  expect(charged.length).toBeGreaterThanOrEqual(6);
  for (const moment of charged) expect(moments).toContain(moment);
  expect((await stripe.invoices.list({ subscription: id })).data[0]?.created).toBeGreaterThan(frozen + 60 * DAY);
  expect((await stripe.customers.retrieve(customer)) as object).toMatchObject({ created: frozen });
});

test("a year passes in one advance", async () => {
  const { subscribe, advance } = await onClock();
  const { id } = await subscribe();
  const types = await advance(Date.UTC(2028, 1, 1) / 1000);
  expect(types.filter((type) => type === "invoice.paid")).toHaveLength(12);
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("active");
});

test("a trial is told three days before its end, then the first period is invoiced", async () => {
  const { subscribe, advance } = await onClock();
  const { id } = await subscribe({ trial_period_days: 14 });
  expect(await advance(START + 11 * DAY)).toEqual(["invoice.upcoming", "customer.subscription.trial_will_end"]);
  const types = await advance(START + 14 * DAY + 3600);
  expect(types).toEqual([
    "customer.subscription.updated",
    "invoice.created",
    "invoice.finalized",
    ...charging,
    ...paying,
  ]);
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("active");
});

test("a trial without a card is cancelled, paused and resumed, or past due, as its settings say", async () => {
  const { subscribe, advance } = await onClock(null);
  const ending = (missing_payment_method: "cancel" | "create_invoice" | "pause") =>
    subscribe({ trial_period_days: 5, trial_settings: { end_behavior: { missing_payment_method } } });
  const subscriptions = [await ending("cancel"), await ending("create_invoice"), await ending("pause")];
  const types = await advance(START + 6 * DAY);
  const statuses = await Promise.all(
    subscriptions.map(async ({ id }) => (await stripe.subscriptions.retrieve(id)).status),
  );
  expect(statuses).toEqual(["canceled", "past_due", "paused"]);
  // https://docs.stripe.com/billing/subscriptions/pause#identify-pause-and-resume-events
  const pausing = types.indexOf("customer.subscription.paused");
  expect(types[pausing - 1]).toBe("customer.subscription.updated");
  const next = stripe.invoices.createPreview({ subscription: subscriptions.at(-1)?.id ?? "" });
  await expect(next).rejects.toMatchObject({ code: "invoice_upcoming_none" });
});

// https://docs.stripe.com/billing/subscriptions/pause#resume-subscriptions
describe("a paused subscription", () => {
  const now = START + 6 * DAY;
  /** With a card by now, `card`, or still without one (null). */
  async function paused(card: string | null, on: Bench = bench) {
    const clocked = await startClock(on, START, null);
    const trial_settings = { end_behavior: { missing_payment_method: "pause" as const } };
    const { id, items } = await clocked.subscribe({ trial_period_days: 5, trial_settings });
    await clocked.advance(now);
    const { customer } = clocked;
    if (card !== null) {
      const default_payment_method = await attach(on, customer, card);
      await stripe.customers.update(customer, { invoice_settings: { default_payment_method } });
    }
    const began = items.data[0]?.current_period_start;
    const shown = async () => {
      const { status, items: now, pending_update: pending } = await stripe.subscriptions.retrieve(id);
      return [status, now.data[0]?.current_period_start === began ? "before" : "begun", pending?.expires_at ?? null];
    };
    const resume = async (params: Stripe.SubscriptionResumeParams = {}) =>
      String((await stripe.subscriptions.resume(id, params)).latest_invoice);
    return { ...clocked, id, shown, resume };
  }
  const atOnce = { payment_behavior: "resume_on_payment_success" } as const;

  test("is charged by nobody's resuming it: it goes on once its invoice is paid, or written off", async () => {
    const { resume, shown } = await paused("pm_card_visa");
    const invoice = await resume();
    expect(await stripe.invoices.retrieve(invoice)).toMatchObject({ status: "open", attempted: false, total: 1500 });
    expect(await shown()).toEqual(["paused", "before", now + 23 * 3600]);
    await stripe.invoices.pay(invoice);
    expect(await shown()).toEqual(["active", "begun", null]);
    const types = bench.emulator.events().map(({ type }) => type);
    expect(types.slice(-6)).toEqual(
      expect.arrayContaining(["customer.subscription.updated", "customer.subscription.resumed"]),
    );
    const other = await paused(null);
    await stripe.invoices.markUncollectible(await other.resume());
    expect(await other.shown()).toEqual(["active", "begun", null]);
  });

  test("whose resumption nobody tried to pay for 23 hours, or was voided, stays paused; what failed is past due", async () => {
    const { advance, resume, shown } = await paused(null);
    await stripe.invoices.voidInvoice(await resume());
    expect(await shown()).toEqual(["paused", "before", null]);
    const again = await resume();
    const anew = await resume();
    expect((await stripe.invoices.retrieve(again)).status).toBe("void");
    await advance(now + 23 * 3600 + 1);
    expect((await stripe.invoices.retrieve(anew)).status).toBe("void");
    expect(await shown()).toEqual(["paused", "before", null]);

    const failing = await paused("pm_card_chargeCustomerFail");
    const invoice = await failing.resume();
    await expect(stripe.invoices.pay(invoice)).rejects.toMatchObject({ statusCode: 402 });
    expect(await failing.shown()).toEqual(["past_due", "begun", null]);
    await failing.advance(now + 10 * DAY);
    expect(await stripe.invoices.retrieve(invoice)).toMatchObject({ status: "open", next_payment_attempt: null });
  });

  test("is charged at once where that is asked for, and again later, paused until then", async () => {
    const { resume, shown } = await paused("pm_card_visa");
    await resume(atOnce);
    expect(await shown()).toEqual(["active", "begun", null]);
    const failing = await paused("pm_card_chargeCustomerFail");
    const invoice = await failing.resume(atOnce);
    expect(await failing.shown()).toEqual(["paused", "before", now + 365 * DAY]);
    const paying = await attach(bench, failing.customer, "pm_card_visa");
    await stripe.customers.update(failing.customer, { invoice_settings: { default_payment_method: paying } });
    await failing.advance(now + 4 * DAY);
    expect(await stripe.invoices.retrieve(invoice)).toMatchObject({ status: "paid" });
    expect(await failing.shown()).toEqual(["active", "begun", null]);

    const poor = await paused(null);
    const first = await poor.resume();
    const dear = await createPlan(stripe, { unit_amount: 90_000_000 });
    const [item] = (await stripe.subscriptions.retrieve(poor.id)).items.data;
    const change = (price: string, quantity: number) =>
      stripe.subscriptions.update(poor.id, {
        items: [{ id: item?.id ?? "", price, quantity }],
        proration_behavior: "none",
      });
    await change(dear.id, 2);
    expect((await stripe.invoices.retrieve(first)).status).toBe("void");
    await expect(poor.resume()).rejects.toMatchObject({ statusCode: 400, code: "amount_too_large" });
    await change(poor.price.id, 1);
    const since = bench.emulator.events().length;
    await expect(poor.resume(atOnce)).rejects.toMatchObject({ statusCode: 400, code: "resource_missing" });
    await stripe.subscriptions.update(poor.id, { collection_method: "send_invoice", days_until_due: 7 });
    await expect(poor.resume()).rejects.toMatchObject({ statusCode: 400 });
    expect(typesSince(bench, since)).toEqual(["customer.subscription.updated"]);
    expect(await poor.shown()).toEqual(["paused", "before", null]);
  });
});

test("a trial without a payment method does not end before its time, unless its payment is to be confirmed", async () => {
  const { subscribe } = await onClock(null);
  const { id } = await subscribe({ trial_period_days: 14 });
  const since = bench.emulator.events().length;
  const ending = stripe.subscriptions.update(id, { trial_end: "now" });
  await expect(ending).rejects.toMatchObject({ statusCode: 400, code: "resource_missing" });
  expect(typesSince(bench, since)).toEqual([]);
  const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: { trial_end: "now" } });
  expect(preview.total).toBe(1500);
  const waiting = await stripe.subscriptions.update(id, { trial_end: "now", payment_behavior: "default_incomplete" });
  expect(waiting.status).toBe("past_due");
});

test("a trial ends now when it is told to", async () => {
  const { subscribe } = await onClock();
  const { id } = await subscribe({ trial_period_days: 14 });
  const from = bench.emulator.events().length;
  const ended = await stripe.subscriptions.update(id, { trial_end: "now", expand: ["latest_invoice"] });
  expect(typesSince(bench, from)).toContain("customer.subscription.trial_will_end");
  expect(ended).toMatchObject({ status: "active", latest_invoice: { status: "paid", amount_paid: 1500 } });
});

test("a failed renewal is past due, is tried again, and ends the subscription when all tries failed", async () => {
  const { id, advance, types } = await failOnce();
  expect(types.slice(-7)).toEqual([
    "payment_intent.created",
    "charge.failed",
    "payment_intent.payment_failed",
    "invoice.updated",
    "invoice.payment_failed",
    "customer.updated",
    "customer.subscription.updated",
  ]);
  const failed = bench.emulator.events().filter(({ type }) => type === "invoice.payment_failed");
  expect(failed.at(-1)?.data.object).toMatchObject({
    attempt_count: 1,
    status: "open",
    next_payment_attempt: START + 31 * DAY + 3600,
  });
  const { customer, status } = await stripe.subscriptions.retrieve(id, { expand: ["customer"] });
  expect({ customer, status }).toMatchObject({ customer: { delinquent: true }, status: "past_due" });
  const later = await advance(START + 45 * DAY);
  expect(later.filter((type) => type === "invoice.payment_failed")).toHaveLength(3);
  expect(later.at(-1)).toBe("customer.subscription.deleted");
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    status: "canceled",
    cancellation_details: { reason: "payment_failed" },
  });
});

test("a failed renewal recovers when the card was replaced, and when its invoice is paid", async () => {
  const byRetry = await failOnce();
  const method = await attach(bench, byRetry.customer, "pm_card_visa");
  await stripe.customers.update(byRetry.customer, { invoice_settings: { default_payment_method: method } });
  expect(await byRetry.advance(START + 32 * DAY)).toEqual([
    "charge.succeeded",
    "payment_intent.succeeded",
    ...paying,
    "customer.updated",
    "customer.subscription.updated",
  ]);
  expect((await stripe.subscriptions.retrieve(byRetry.id)).status).toBe("active");

  const byHand = await failOnce();
  const { latest_invoice: invoice } = await stripe.subscriptions.retrieve(byHand.id);
  await expect(stripe.invoices.pay(String(invoice))).rejects.toMatchObject({ code: "card_declined", statusCode: 402 });
  const other = await attach(bench, byHand.customer, "pm_card_visa");
  expect((await stripe.invoices.pay(String(invoice), { payment_method: other })).status).toBe("paid");
  expect((await stripe.subscriptions.retrieve(byHand.id)).status).toBe("active");
});

test("an account may leave a subscription unpaid instead; it goes on drafting invoices", async () => {
  const own = await openBench({ afterRetries: "mark_unpaid" });
  onTestFinished(() => own.close());
  const { id, advance } = await failOnce(own);
  await advance(START + 75 * DAY);
  const unpaid = await own.stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] });
  expect(unpaid).toMatchObject({ status: "unpaid", latest_invoice: { status: "draft", auto_advance: false } });
});

test("paused collection voids the invoices, and resumes on its day", async () => {
  const { subscribe, advance } = await onClock();
  const { id } = await subscribe();
  await stripe.subscriptions.update(id, { pause_collection: { behavior: "void", resumes_at: START + 40 * DAY } });
  expect(await advance(START + 29 * DAY)).toContain("invoice.voided");
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    status: "active",
    pause_collection: { behavior: "void" },
  });
  await advance(START + 41 * DAY);
  expect((await stripe.subscriptions.retrieve(id)).pause_collection).toBeNull();
});

test("a subscription that ends with its period is not renewed; an incomplete one expires", async () => {
  const { subscribe, advance } = await onClock();
  const ending = await subscribe({ metadata: { kind: "ending" } });
  await stripe.subscriptions.update(ending.id, { cancel_at_period_end: true });
  const incomplete = await subscribe({ payment_behavior: "default_incomplete" });
  expect(await advance(START + 29 * DAY)).toEqual([
    "invoice.voided",
    "payment_intent.canceled",
    "customer.subscription.updated",
    "customer.subscription.deleted",
  ]);
  expect((await stripe.subscriptions.retrieve(incomplete.id)).status).toBe("incomplete_expired");
  await expect(stripe.subscriptions.update(incomplete.id, { description: "Pro" })).rejects.toMatchObject({
    code: "invalid_canceled_subscription_fields",
  });
  await expect(stripe.subscriptions.cancel(incomplete.id)).rejects.toMatchObject({ statusCode: 404 });
});

test("a deleted clock takes its customers and their subscriptions with it", async () => {
  const { clock, customer, subscribe } = await onClock();
  const { id } = await subscribe();
  await stripe.testHelpers.testClocks.del(clock);
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ deleted: true });
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("canceled");
  await expect(stripe.testHelpers.testClocks.retrieve(clock)).rejects.toMatchObject({ statusCode: 404 });
});

async function upgradeUnpaid() {
  const made = await onClock();
  const { id, items } = await made.subscribe();
  const failing = await attach(bench, made.customer, "pm_card_chargeCustomerFail");
  await stripe.subscriptions.update(id, { default_payment_method: failing });
  const price = await createPlan(stripe, { unit_amount: 9000 });
  const updated = await stripe.subscriptions.update(id, {
    items: [{ id: items.data[0]?.id ?? "", price: price.id }],
    payment_behavior: "pending_if_incomplete",
    proration_behavior: "always_invoice",
  });
  expect(updated).toMatchObject({
    status: "active",
    items: { data: [{ price: { unit_amount: 1500 } }] },
    pending_update: { subscription_items: [{ price: { id: price.id } }] },
  });
  return { ...made, id, invoice: String(updated.latest_invoice), price: price.id };
}

test("a pending update is made when its invoice is paid", async () => {
  const { id, customer, invoice, price } = await upgradeUnpaid();
  await stripe.invoices.pay(invoice, { payment_method: await attach(bench, customer, "pm_card_visa") });
  const changed = await stripe.subscriptions.retrieve(id);
  expect(changed).toMatchObject({ items: { data: [{ price: { id: price } }] }, pending_update: null });
  expect(bench.emulator.events().at(-1)?.type).toBe("customer.subscription.pending_update_applied");
});

test("a pending update that nobody pays for is forgotten after 23 hours", async () => {
  const { id, invoice, advance } = await upgradeUnpaid();
  expect(await advance(START + DAY)).toEqual([
    "invoice.voided",
    "payment_intent.canceled",
    "customer.subscription.updated",
    "customer.subscription.pending_update_expired",
  ]);
  expect((await stripe.subscriptions.retrieve(id)).pending_update).toBeNull();
  expect((await stripe.invoices.retrieve(invoice)).status).toBe("void");
});
