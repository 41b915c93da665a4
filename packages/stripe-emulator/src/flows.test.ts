import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench, typesSince } from "./testing/bench.ts";
import { onClock } from "./testing/clocked.ts";

/** Which events a seller's endpoint sees for each thing that happens: all of them, in order. Others: checkout.test.ts. */
const DAY = 86_400;
const START = Date.UTC(2027, 3, 1) / 1000;
const END = Date.UTC(2027, 4, 1) / 1000;
let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

/** The types of the events that `act` leads to at once. */
async function during(act: () => Promise<unknown>): Promise<string[]> {
  const from = bench.emulator.events().length;
  await act();
  return typesSince(bench, from);
}

const drafted = ["customer.subscription.updated", "invoice.created"];
const charged = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"];
const paid = ["invoice.updated", "invoice.paid", "invoice.payment_succeeded", "invoice_payment.paid"];
const refused = ["charge.failed", "payment_intent.payment_failed", "invoice.updated", "invoice.payment_failed"];

test("a trial from checkout: begun, announced, charged", async () => {
  const { customer, price, advance } = await onClock(bench, START, null);
  const session = await createCheckout(stripe, price, { customer, subscription_data: { trial_period_days: 14 } });
  expect(await during(() => bench.submit(session.url, { ...CARD, email: "trial@example.com" }))).toEqual([
    "customer.updated",
    "payment_method.attached",
    "customer.subscription.created",
    "invoice.created",
    "invoice.finalized",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "checkout.session.completed",
  ]);
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ email: "trial@example.com" });
  expect(await advance(START + 14 * DAY + 3600)).toEqual([
    "invoice.upcoming",
    "customer.subscription.trial_will_end",
    ...drafted,
    "invoice.finalized",
    ...charged,
    ...paid,
  ]);
});

test("a declined renewal: past due, three retries, the end", async () => {
  const { customer, subscribe, advance } = await onClock(bench, START);
  await subscribe();
  const { id: card } = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card } });
  const pastDue = "customer.subscription.updated";
  expect(await advance(END + 3600)).toEqual([
    "invoice.upcoming",
    ...drafted,
    "invoice.finalized",
    "payment_intent.created",
    ...refused,
    "customer.updated", // is delinquent
    pastDue,
  ]);
  expect(await advance(END + 3600 + 15 * DAY)).toEqual([
    ...refused,
    ...refused,
    ...refused,
    "invoice.updated",
    "customer.subscription.deleted",
  ]);
});

test("what a customer tries on the invoice's page neither uses up a retry nor moves the next one", async () => {
  const { customer, subscribe, advance } = await onClock(bench, START);
  const { id } = await subscribe();
  const { id: card } = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card } });
  await advance(END + 3600);
  const { latest_invoice } = await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] });
  if (latest_invoice === null || typeof latest_invoice === "string") throw new Error("Not expanded.");
  await advance(END + 3600 + DAY);
  const declined = { ...CARD, card_number: "4000000000000002" };
  expect(await during(() => bench.submit(latest_invoice.hosted_invoice_url ?? "", declined))).toEqual(
    refused.filter((type) => type !== "invoice.updated"), // nothing about it has changed
  );
  const { attempt_count, next_payment_attempt } = await stripe.invoices.retrieve(latest_invoice.id);
  expect({ attempt_count, next_payment_attempt }).toEqual({
    attempt_count: 1,
    next_payment_attempt: END + 3600 + 3 * DAY,
  });
});

test("a change of plan: told alone, invoiced at once, or with a new period", async () => {
  const { subscribe } = await onClock(bench, START);
  const { id, items } = await subscribe();
  const item = items.data[0]?.id ?? "";
  const [bigger, biggest, yearly] = [
    await createPlan(stripe, { unit_amount: 3000 }),
    await createPlan(stripe, { unit_amount: 5000 }),
    await createPlan(stripe, { unit_amount: 90_000, recurring: { interval: "year" } }),
  ];
  const move = (price: Stripe.Price, proration_behavior?: "always_invoice") =>
    during(() =>
      stripe.subscriptions.update(id, {
        items: [{ id: item, price: price.id }],
        ...(proration_behavior ? { proration_behavior } : {}),
      }),
    );
  const [prorated, updated] = ["invoiceitem.created", "customer.subscription.updated"];
  const invoiced = ["invoice.created", "invoice.finalized", ...charged, ...paid];
  expect(await move(bigger)).toEqual([prorated, prorated, updated]);
  expect(await move(biggest, "always_invoice")).toEqual([prorated, prorated, ...invoiced, updated]);
  expect(await move(yearly)).toEqual([prorated, ...invoiced, updated]);
});

test("cancelling now, and at the period's end", async () => {
  const { subscribe, advance } = await onClock(bench, START);
  const [now, later] = [await subscribe(), await subscribe()];
  expect(await during(() => stripe.subscriptions.cancel(now.id))).toEqual(["customer.subscription.deleted"]);
  const ending = () => stripe.subscriptions.update(later.id, { cancel_at_period_end: true });
  expect(await during(ending)).toEqual(["customer.subscription.updated"]);
  expect(await advance(END + DAY)).toEqual(["customer.subscription.deleted"]);
});

test("a one-time payment by a known customer", async () => {
  const { id: customer } = await stripe.customers.create({ email: "once@example.com" });
  const session = await createCheckout(stripe, await createPlan(stripe, { recurring: undefined }), { customer });
  expect(await during(() => bench.submit(session.url, CARD))).toEqual([...charged, "checkout.session.completed"]);
});
