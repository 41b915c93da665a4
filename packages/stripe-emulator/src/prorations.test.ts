import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench, typesSince } from "./testing/bench.ts";
import { END, HALF, onClock, START } from "./testing/clocked.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

/** A subscription to 15.00 € a month that moves to 30.00 € in the middle of its period; its prorations wait. */
async function upgraded(overrides: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const { customer, subscribe, advance } = await onClock(bench, START);
  const { id, items, latest_invoice } = await subscribe(overrides);
  const item = items.data[0]?.id ?? "";
  const price = await createPlan(stripe, { unit_amount: 3000 });
  await advance(HALF);
  const change = (to: Stripe.SubscriptionUpdateParams) => stripe.subscriptions.update(id, to);
  await change({ items: [{ id: item, price: price.id }] });
  const pending = async () => (await stripe.invoiceItems.list({ customer, pending: true })).data;
  const invoices = async () => (await stripe.invoices.list({ customer })).data;
  return { id, customer, item, price, first: String(latest_invoice), advance, change, pending, invoices };
}

const amounts = (invoice?: Stripe.Invoice) => invoice?.lines.data.map(({ amount }) => amount);

test("a change of plan leaves invoice items: a credit that names what it takes back, and a charge", async () => {
  const { id, customer, item, price, first, pending } = await upgraded({ metadata: { team: "blue" } });
  const parent = { type: "subscription_details", subscription_details: { subscription: id, subscription_item: item } };
  const period = { start: HALF, end: END };
  const both = {
    customer,
    parent,
    period,
    proration: true,
    discountable: false,
    quantity: 1,
    metadata: { team: "blue" },
  };
  const [line] = (await stripe.invoices.retrieve(first)).lines.data;
  const items = await pending();
  // A list begins with what was made last.
  expect(items.map(({ pricing }) => String(pricing?.unit_amount_decimal))).toEqual(["1500", "-750"]);
  expect(items).toMatchObject([
    {
      ...both,
      amount: 1500,
      net_amount: 1500,
      description: "Remaining time on Pro after 16 Apr 2027",
      pricing: { price_details: { price: price.id } },
      proration_details: { credited_items: null },
    },
    {
      ...both,
      amount: -750,
      description: "Unused time on Pro after 16 Apr 2027",
      proration_details: {
        credited_items: {
          type: "invoice_line_items",
          invoice_line_item_details: { invoice: first, invoice_line_items: [line?.id] },
        },
      },
    },
  ]);
});

test("the next invoice takes them, as lines that name them", async () => {
  const { id, item, first, advance, pending, invoices } = await upgraded();
  const [charge, credit] = await pending();
  await advance(END);
  const [renewal] = await invoices();
  expect(amounts(renewal)).toEqual([-750, 1500, 3000]);
  const details = { proration: true, subscription: id, subscription_item: item };
  expect(renewal?.lines.data.map(({ parent }) => parent)).toMatchObject([
    {
      type: "subscription_item_details",
      invoice_item_details: null,
      subscription_item_details: {
        ...details,
        invoice_item: credit?.id,
        proration_details: { credited_items: { invoice: first } },
      },
    },
    {
      subscription_item_details: { ...details, invoice_item: charge?.id, proration_details: { credited_items: null } },
    },
    { subscription_item_details: { ...details, invoice_item: null, proration: false } },
  ]);
  expect(await pending()).toEqual([]);
  expect((await stripe.invoiceItems.retrieve(credit?.id ?? "")).invoice).toBe(renewal?.id);
  const older = await stripe.invoices.retrieve(renewal?.id ?? "", {}, { apiVersion: "2024-06-20" });
  expect(older.lines.data).toMatchObject([
    { type: "invoiceitem", proration: true, invoice_item: credit?.id, subscription_item: item },
    { type: "invoiceitem", proration: true, invoice_item: charge?.id },
    { type: "subscription", proration: false },
  ]);
});

test("a second change credits the charge that still waits", async () => {
  const { item, change, pending } = await upgraded();
  const [charge] = await pending();
  await change({ items: [{ id: item, quantity: 2 }] });
  const [more, credit] = await pending();
  expect([credit?.amount, more?.amount]).toEqual([-1500, 3000]);
  expect(more?.description).toBe("Remaining time on 2 × Pro after 16 Apr 2027");
  expect(credit?.proration_details?.credited_items).toEqual({ type: "invoice_item", invoice_item: charge?.id });
});

test("what was credited once is not credited again", async () => {
  const { item, price, change, pending } = await upgraded();
  const free = await createPlan(stripe, { unit_amount: 0 });
  await change({ items: [{ id: item, price: free.id }] });
  await change({ items: [{ id: item, price: price.id }] });
  expect((await pending()).map(({ amount }) => amount)).toEqual([1500, -1500, 1500, -750]);
});

test("a charge that was billed by hand is what the next change credits", async () => {
  const { customer, item, change, pending } = await upgraded();
  await stripe.invoices.create({ customer, pending_invoice_items_behavior: "include" });
  await change({ items: [{ id: item, quantity: 2 }] });
  expect((await pending()).map(({ amount }) => amount)).toEqual([3000, -1500]);
});

test("a charge says which discounts are in it", async () => {
  const { id: coupon } = await stripe.coupons.create({ percent_off: 20, duration: "forever" });
  const { pending } = await upgraded({ discounts: [{ coupon }] });
  const [charge, credit] = await pending();
  expect([credit?.amount, charge?.amount]).toEqual([-600, 1200]);
  expect(charge?.proration_details?.discount_amounts).toMatchObject([{ amount: 300 }]);
});

test("cancelling at once removes them, unless the time not used is credited", async () => {
  const now = await upgraded();
  const from = bench.emulator.events().length;
  await stripe.subscriptions.cancel(now.id);
  expect(typesSince(bench, from)).toEqual([
    "invoiceitem.deleted",
    "invoiceitem.deleted",
    "customer.subscription.deleted",
  ]);
  expect(await now.pending()).toEqual([]);

  const credited = await upgraded();
  await stripe.subscriptions.cancel(credited.id, { prorate: true });
  expect((await credited.pending()).map(({ amount }) => amount)).toEqual([-1500, 1500, -750]);
  const { id: invoice } = await stripe.invoices.create({
    customer: credited.customer,
    pending_invoice_items_behavior: "include",
  });
  expect(await stripe.invoices.retrieve(invoice)).toMatchObject({ total: -750, lines: { data: { length: 3 } } });
});

test("at the period's end they are collected on a last invoice", async () => {
  const { id, change, advance, invoices } = await upgraded();
  await change({ cancel_at_period_end: true });
  const types = await advance(END + 3600);
  // https://docs.stripe.com/api/events/types#event_types-invoice.upcoming
  const ending = ["invoice.upcoming", "customer.subscription.deleted", "invoice.created", "invoice.finalized"];
  expect(types.slice(0, 4)).toEqual(ending);
  const [last] = await invoices();
  expect(last).toMatchObject({ billing_reason: "subscription_cycle", status: "paid", total: 750 });
  expect((await stripe.subscriptions.retrieve(id)).latest_invoice).toBe(last?.id);
});

test("an invoice item waits for the next renewal, or for that of its own subscription", async () => {
  const { customer, subscribe, advance } = await onClock(bench, START);
  const [one, other] = [await subscribe(), await subscribe()];
  const item = { customer, currency: "eur" };
  await stripe.invoiceItems.create({ ...item, amount: 100 });
  await stripe.invoiceItems.create({ ...item, amount: 200, subscription: other.id, metadata: { kind: "setup" } });
  await advance(END);
  const [latest] = (await stripe.invoices.list({ subscription: other.id })).data;
  expect(amounts((await stripe.invoices.list({ subscription: one.id })).data[0])).toEqual([100, 1500]);
  expect(amounts(latest)).toEqual([200, 1500]);
  expect(latest?.lines.data[0]).toMatchObject({ metadata: { kind: "setup" }, subscription: other.id });
});
