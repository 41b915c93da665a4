import Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench } from "./testing/bench.ts";
import { DAY, onClock, START } from "./testing/clocked.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const older = (apiVersion: string): Stripe => {
  const { port } = new URL(bench.origin);
  // The SDK types its own version only; clients that pin another one cast, too.
  const pinned = apiVersion as NonNullable<ConstructorParameters<typeof Stripe>[1]>["apiVersion"];
  const at = { host: "127.0.0.1", port: Number(port), protocol: "http" as const };
  return new Stripe("sk_test_older", { ...at, apiVersion: pinned });
};

async function subscribed(count = 1): Promise<Stripe.Subscription> {
  const method = { payment_method: "pm_card_visa", invoice_settings: { default_payment_method: "pm_card_visa" } };
  const { id: customer } = await stripe.customers.create(method);
  const prices = await Promise.all(Array.from({ length: count }, () => createPlan(stripe)));
  return stripe.subscriptions.create({ customer, items: prices.map(({ id: price }) => ({ price, quantity: 2 })) });
}

// As the recorded evt_1Sj9DFQEUxc7vavPtvOXPqDW (2025-12-15.clover) has it; what changed of an object is named: https://docs.stripe.com/api/events/object#event_object-data-previous_attributes
test("a subscription of one item says its plan and quantity", async () => {
  const { items, ...one } = (await subscribed()) as Stripe.Subscription & { plan?: unknown; quantity?: unknown };
  expect(one).toMatchObject({ plan: { id: items.data[0]?.price.id }, quantity: 2 });
  const { object } =
    bench.emulator.events().findLast(({ type }) => type === "customer.subscription.created")?.data ?? {};
  expect(object).toMatchObject({ plan: { object: "plan" }, quantity: 2 });
  await stripe.subscriptions.update(one.id, { items: [{ id: items.data[0]?.id ?? "", quantity: 3 }] });
  const changed = bench.emulator.events().findLast(({ type }) => type === "customer.subscription.updated");
  expect(changed?.data.previous_attributes).toMatchObject({ items: { object: "list" }, quantity: 2 });
  expect(await subscribed(2)).toMatchObject({ plan: null, quantity: null });
});

// https://docs.stripe.com/changelog/clover
test("before clover a discount and a promotion code show their coupon", async () => {
  const { id } = await stripe.coupons.create({ percent_off: 10, duration: "forever" });
  const promotion = await stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: id } });
  const basil = older("2025-08-27.basil");
  expect(await basil.promotionCodes.retrieve(promotion.id)).toMatchObject({ coupon: { id, percent_off: 10 } });
  const subscription = await subscribed();
  await stripe.subscriptions.update(subscription.id, { discounts: [{ coupon: id }] });
  const shown = await basil.subscriptions.retrieve(subscription.id, { expand: ["discounts"] });
  expect(shown.discounts).toMatchObject([{ coupon: { id } }]);
});

test("before endive a new period is asked for by the word alone", async () => {
  const { id } = await subscribed();
  const anchor = { billing_cycle_anchor: "now" } as unknown as Stripe.SubscriptionUpdateParams;
  await older("2025-08-27.basil").subscriptions.update(id, anchor);
  await expect(stripe.subscriptions.update(id, anchor)).rejects.toMatchObject({ param: "billing_cycle_anchor" });
});

test("before endive a preview's new period is asked for by a word or a moment alone", async () => {
  const { customer, price, subscribe } = await onClock(bench, START);
  const { id } = await subscribe();
  const preview = (client: Stripe, billing_cycle_anchor: unknown, existing = true) =>
    client.invoices.createPreview({
      ...(existing ? { subscription: id } : { customer }),
      subscription_details: {
        ...(existing ? {} : { items: [{ price: price.id }] }),
        billing_cycle_anchor,
      } as Stripe.InvoiceCreatePreviewParams.SubscriptionDetails,
    });
  const amounts = ({ lines }: Stripe.Invoice) => lines.data.map(({ amount, period }) => [amount, period.end]);
  const basil = older("2025-08-27.basil");
  const soon = START + 5 * DAY;
  for (const [word, hash, existing] of [
    ["now", { type: "now" }, true],
    ["unchanged", { type: "unchanged" }, true],
    [soon, { type: "timestamp", timestamp: soon }, false],
  ] as const) {
    const asked = await preview(stripe, hash, existing);
    expect(amounts(await preview(basil, word, existing)), String(word)).toEqual(amounts(asked));
    const refused = { statusCode: 400, param: "subscription_details[billing_cycle_anchor]" };
    await expect(preview(stripe, word, existing)).rejects.toMatchObject(refused);
  }
});

// https://docs.stripe.com/api/invoices/create_preview
test("an upcoming invoice by the customer is of what comes next: a subscription's, what waits, or nothing; it is not previewed any more", async () => {
  const { customer, subscribe, advance } = await onClock(bench, START);
  const path = `/v1/invoices/upcoming?customer=${customer}`;
  const preview = async () =>
    (await older("2024-06-20").rawRequest("GET", path)) as unknown as Stripe.Invoice & { subscription: string };
  await expect(stripe.invoices.createPreview({ customer })).rejects.toThrow(
    "You must provide at least one of: `subscription`",
  );
  await expect(preview()).rejects.toMatchObject({ code: "invoice_upcoming_none", statusCode: 404 });
  await stripe.invoiceItems.create({ customer, amount: 700, currency: "eur" });
  expect(await preview()).toMatchObject({ total: 700, ending_balance: 0 });
  const { id: first } = await subscribe();
  await advance(START + 5 * DAY);
  await subscribe();
  expect((await preview()).subscription).toBe(first);
  expect(await preview()).toMatchObject({ total: 1500, ending_balance: 0 });
});

test("what is unknown is named as Stripe names it", async () => {
  await expect(stripe.prices.retrieve("x")).rejects.toMatchObject({ param: "price", statusCode: 404 });
  await expect(stripe.coupons.retrieve("x")).rejects.toMatchObject({ param: "coupon", statusCode: 404 });
  await expect(stripe.plans.retrieve("x")).rejects.toMatchObject({ param: "plan", statusCode: 404 });
  const v2 = await fetch(`${bench.origin}/v2/core/events`, { headers: { authorization: "Bearer sk_test_x" } });
  const message = "This emulator does not model GET /v2/core/events.";
  expect(await v2.json()).toMatchObject({ error: { code: "emulator_operation_not_modelled", message } });
});

test("a draft that advances by itself says when", async () => {
  const { customer } = await onClock(bench, START);
  const draft = await stripe.invoices.create({ customer, auto_advance: true });
  expect(draft.automatically_finalizes_at).toBe(START + 3600);
});

test("a method keeps whom it is billed to", async () => {
  const card = { number: "4242424242424242", exp_month: 12, exp_year: 2040 };
  const billing_details = { phone: "+49 30 1", email: "a@example.com", address: { city: "Berlin", country: "DE" } };
  const made = await stripe.paymentMethods.create({
    type: "card",
    card,
    billing_details,
  } as Stripe.PaymentMethodCreateParams);
  expect(made.billing_details).toMatchObject(billing_details);
});
