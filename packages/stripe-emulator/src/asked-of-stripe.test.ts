import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench } from "./testing/bench.ts";
import { controlsOf } from "./testing/controls.ts";

/** What a seller asks before it sells, and does when two subscriptions came to be all the same. */
let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const ids = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id);

async function subscribed(price: Stripe.Price, overrides: Partial<Stripe.Checkout.SessionCreateParams> = {}) {
  const session = await createCheckout(stripe, price, overrides);
  await bench.submit(session.url, CARD);
  return stripe.checkout.sessions.retrieve(session.id);
}

test("sessions are listed by customer, status, subscription, payment and e-mail", async () => {
  const price = await createPlan(stripe);
  const { id: customer } = await stripe.customers.create({ email: "lists@example.com" });
  const done = await subscribed(price, { customer });
  const guest = await subscribed(await createPlan(stripe, { recurring: undefined }), {
    customer_email: "guest@example.com",
  });
  const open = await createCheckout(stripe, price, { customer });
  const expired = await createCheckout(stripe, price, { customer });
  await stripe.checkout.sessions.expire(expired.id);
  const { list } = stripe.checkout.sessions;
  const listed = async (params: Stripe.Checkout.SessionListParams) =>
    ids(await list.call(stripe.checkout.sessions, params));
  expect(await listed({ customer })).toEqual([expired.id, open.id, done.id]);
  expect(await listed({ customer, status: "open" })).toEqual([open.id]);
  expect(await listed({ customer, status: "complete" })).toEqual([done.id]);
  expect(await listed({ subscription: String(done.subscription) })).toEqual([done.id]);
  expect(await listed({ payment_intent: String(guest.payment_intent) })).toEqual([guest.id]);
  expect(await listed({ customer_details: { email: "guest@example.com" } })).toEqual([guest.id]);
  await expect(listed({ customer: "cus_none" })).rejects.toMatchObject({ code: "resource_missing", param: "customer" });
});

test("subscriptions are listed by status, price and customer, of deleted customers too", async () => {
  const [price, other] = [await createPlan(stripe), await createPlan(stripe)];
  const { id: customer } = await stripe.customers.create({ email: "subs@example.com" });
  const first = String((await subscribed(price, { customer })).subscription);
  const second = String((await subscribed(other, { customer })).subscription);
  await stripe.subscriptions.cancel(first);
  const listed = async (params: Stripe.SubscriptionListParams) =>
    ids(await stripe.subscriptions.list({ customer, ...params }));
  expect(await listed({})).toEqual([second]);
  expect(await listed({ status: "all" })).toEqual([second, first]);
  expect(await listed({ status: "ended" })).toEqual([first]);
  expect(await listed({ status: "all", price: price.id })).toEqual([first]);
  expect(await listed({ collection_method: "send_invoice" })).toEqual([]);
  await stripe.customers.del(customer);
  expect(await listed({ status: "canceled" })).toEqual([second, first]);
  await expect(listed({ customer: "cus_none" })).rejects.toMatchObject({ code: "resource_missing" });
});

test("a subscription that should not be is cancelled with the unused time credited on a last invoice", async () => {
  const { id: customer } = await stripe.customers.create({ email: "twice@example.com" });
  const session = await subscribed(await createPlan(stripe), { customer });
  const id = String(session.subscription);
  const ended = await stripe.subscriptions.cancel(id, {
    prorate: true,
    invoice_now: true,
    cancellation_details: { comment: "bought twice" },
    expand: ["latest_invoice"],
  });
  expect(ended).toMatchObject({
    status: "canceled",
    cancellation_details: { comment: "bought twice", reason: "cancellation_requested" },
    latest_invoice: { total: -1500, amount_due: 0, status: "paid" },
  });
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: -1500 });
  await expect(stripe.subscriptions.cancel(id)).rejects.toMatchObject({
    statusCode: 404,
    code: "resource_missing",
    param: "id",
  });
});

test("the payments of an invoice are found and given back, once", async () => {
  const session = await subscribed(await createPlan(stripe), { customer_email: "back@example.com" });
  const [payment] = (await stripe.invoicePayments.list({ invoice: String(session.invoice), status: "paid" })).data;
  const intent = String(payment?.payment.payment_intent);
  const refund = await stripe.refunds.create({ payment_intent: intent, reason: "duplicate" });
  expect(refund).toMatchObject({ amount: 1500, status: "succeeded", reason: "duplicate" });
  await expect(stripe.refunds.create({ payment_intent: intent })).rejects.toMatchObject({
    statusCode: 400,
    code: "charge_already_refunded",
  });
});

test("a changed e-mail is found by the list at once, and by the search whatever its case once it knows of it", async () => {
  const { id } = await stripe.customers.create({ email: "old@example.com" });
  await controlsOf(bench).holdSearch(true);
  await stripe.customers.update(id, { email: "new@example.com" });
  expect(ids(await stripe.customers.list({ email: "new@example.com" }))).toEqual([id]);
  expect(ids(await stripe.customers.list({ email: "NEW@example.com" }))).toEqual([]);
  const found = async (email: string) => ids(await stripe.customers.search({ query: `email:'${email}'` }));
  expect([await found("old@example.com"), await found("new@example.com")]).toEqual([[id], []]);
  await controlsOf(bench).holdSearch(false);
  expect([await found("old@example.com"), await found("NEW@example.com")]).toEqual([[], [id]]);
});
