import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench } from "./testing/bench.ts";

let bench: Bench;
let stripe: Bench["stripe"];
beforeAll(async () => {
  bench = await openBench({ webhookEndpoints: [] });
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const TEN = { object: "list", has_more: true, data: { length: 10 } };

const plans = (count: number, overrides: Partial<Stripe.PriceCreateParams> = {}) =>
  Promise.all(
    Array.from({ length: count }, (_, index) => createPlan(stripe, { unit_amount: 100 + index, ...overrides })),
  );

const payer = async () =>
  (
    await stripe.customers.create({
      payment_method: "pm_card_visa",
      invoice_settings: { default_payment_method: "pm_card_visa" },
    })
  ).id;

const subscribe = async (prices: Stripe.Price[]) =>
  stripe.subscriptions.create({ customer: await payer(), items: prices.map(({ id }) => ({ price: id })) });

const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id);

/** The rest of a list that was cut, as a client fetches it: after the last entry that it was shown. */
async function wholeOf<T extends { id: string }>(
  cut: { data: T[] } | undefined,
  list: (params: Stripe.PaginationParams) => Stripe.ApiListPromise<T>,
): Promise<T[]> {
  const shown = cut?.data ?? [];
  const rest = await list({ limit: 3, starting_after: shown.at(-1)?.id ?? "" }).autoPagingToArray({ limit: 100 });
  return [...shown, ...rest];
}

test("a subscription shows ten of its items in answers and events; its item list has them all", async () => {
  const prices = await plans(12);
  const subscription = await subscribe(prices);
  const { id } = subscription;
  expect(subscription.items).toMatchObject(TEN);
  expect((await stripe.subscriptions.retrieve(id)).items).toMatchObject(TEN);
  const [listed] = (await stripe.subscriptions.list({ customer: String(subscription.customer) })).data;
  expect(listed?.items).toMatchObject(TEN);
  const whole = await wholeOf(subscription.items, (page) =>
    stripe.subscriptionItems.list({ subscription: id, ...page }),
  );
  expect(whole.map(({ price }) => price.id)).toEqual(idsOf(prices));
  await stripe.subscriptions.update(id, { items: [{ id: whole[0]?.id ?? "", quantity: 2 }] });
  const updated = bench.emulator.events().findLast(({ type }) => type === "customer.subscription.updated");
  expect(updated?.data.object).toMatchObject({ id, items: TEN });
  expect(updated?.data.previous_attributes).toMatchObject({ items: TEN });
});

test("ten entries are a whole list", async () => {
  const { items } = await subscribe(await plans(10));
  expect(items).toMatchObject({ has_more: false, data: { length: 10 } });
});

test("an invoice shows ten of its lines in answers and events; its line list has them all", async () => {
  const { latest_invoice: invoice } = await subscribe(await plans(12));
  const { id = "", lines } = await stripe.invoices.retrieve(String(invoice));
  expect(lines).toMatchObject(TEN);
  const whole = await wholeOf(lines, (page) => stripe.invoices.listLineItems(id, page));
  expect(new Set(whole.map(({ amount }) => amount)).size).toBe(12);
  for (const { type, data } of bench.emulator.events()) {
    if ((data.object as { id?: string }).id === id) expect([type, data.object]).toMatchObject([type, { lines: TEN }]);
  }
});

test("what is expanded is cut too: a session's line items, a charge's refunds, a customer's subscriptions", async () => {
  const session = await createCheckout(stripe, (await plans(1, { recurring: undefined }))[0] as Stripe.Price, {
    line_items: (await plans(12, { recurring: undefined })).map(({ id }) => ({ price: id, quantity: 1 })),
  });
  await bench.submit(session.url, { ...CARD, email: "many@example.com" });
  const sold = await stripe.checkout.sessions.retrieve(session.id, { expand: ["line_items", "payment_intent"] });
  expect(sold.line_items).toMatchObject(TEN);
  const lines = await wholeOf(sold.line_items, (page) => stripe.checkout.sessions.listLineItems(session.id, page));
  expect(new Set(lines.map(({ amount_total }) => amount_total)).size).toBe(12);
  const charge = String((sold.payment_intent as Stripe.PaymentIntent).latest_charge);
  for (let times = 0; times < 11; times += 1) await stripe.refunds.create({ charge, amount: 1 });
  const { refunds } = await stripe.charges.retrieve(charge, { expand: ["refunds"] });
  expect(refunds).toMatchObject(TEN);
  const refunded = await wholeOf(refunds ?? undefined, (page) => stripe.refunds.list({ charge, ...page }));
  expect(new Set(idsOf(refunded)).size).toBe(11);
  const [customer, price] = [await payer(), await createPlan(stripe)];
  for (let times = 0; times < 11; times += 1)
    await stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
  const { subscriptions } = (await stripe.customers.retrieve(customer, {
    expand: ["subscriptions"],
  })) as Stripe.Customer;
  expect(subscriptions).toMatchObject(TEN);
});

test("a list of objects is as long as was asked for", async () => {
  expect((await stripe.prices.list({ limit: 40 })).data).toHaveLength(40);
});

test("a subscription has twenty items at most, a session that sells one too", async () => {
  const prices = await plans(21);
  const tooMany = { type: "StripeInvalidRequestError", param: "items" };
  await expect(subscribe(prices)).rejects.toMatchObject(tooMany);
  const { id } = await subscribe(prices.slice(0, 20));
  await expect(
    stripe.subscriptionItems.create({ subscription: id, price: prices[20]?.id ?? "" }),
  ).rejects.toMatchObject(tooMany);
  const items = await stripe.subscriptionItems.list({ subscription: id, limit: 100 });
  expect(items.data).toHaveLength(20);
  await stripe.subscriptions.update(id, {
    items: [{ id: items.data[0]?.id ?? "", deleted: true }, { price: prices[20]?.id ?? "" }],
  });
  const line_items = prices.map((price) => ({ price: price.id, quantity: 1 }));
  await expect(createCheckout(stripe, prices[0] as Stripe.Price, { line_items })).rejects.toMatchObject({
    param: "line_items",
  });
});
