import type Stripe from "stripe";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { type Bench, createPlan, openBench, typesSince } from "./testing/bench.ts";
import { discountsOn } from "./testing/discounted.ts";
import { moveClock } from "./testing/moving-clocks.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const { half, codeFor, payer } = discountsOn(() => stripe);

async function subscriber(discounts: Stripe.SubscriptionCreateParams.Discount[], clock?: string) {
  const customer = await payer(clock === undefined ? {} : { test_clock: clock });
  const price = await createPlan(stripe);
  return stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    discounts,
    expand: ["latest_invoice"],
  });
}

test("a coupon is created, renamed, listed and deleted, with an event for each", async () => {
  const from = bench.emulator.events().length;
  const { id } = await half({ id: "HALF", name: "Half", metadata: { a: "1" } });
  expect(await stripe.coupons.retrieve(id)).toMatchObject({ percent_off: 50, duration: "once", valid: true });
  await stripe.coupons.update(id, { name: "Half off" });
  expect((await stripe.coupons.list({ limit: 1 })).data).toMatchObject([{ id, name: "Half off" }]);
  expect(await stripe.coupons.del(id)).toEqual({ id, object: "coupon", deleted: true });
  await expect(stripe.coupons.retrieve(id)).rejects.toMatchObject({ code: "resource_missing", statusCode: 404 });
  expect(typesSince(bench, from)).toEqual(["coupon.created", "coupon.updated", "coupon.deleted"]);
});

test.each<[Stripe.CouponCreateParams, string]>([
  [{}, "You must pass either"],
  [{ percent_off: 10, amount_off: 100, currency: "eur" }, "only specify one"],
  [{ amount_off: 100 }, "Missing required param: currency"],
  [{ percent_off: 101 }, "up to 100"],
  [{ percent_off: 10, duration: "repeating" }, "duration_in_months"],
  [{ percent_off: 10, duration_in_months: 3 }, "duration_in_months"],
  [{ percent_off: 10, redeem_by: 1 }, "in the future"],
])("a coupon of %j is refused", async (params, message) => {
  await expect(stripe.coupons.create(params)).rejects.toThrow(message);
});

test("a promotion code has a code of its own, is found by it, and there is one of each", async () => {
  const from = bench.emulator.events().length;
  const code = await codeFor({}, { code: "Spring-26" });
  expect((await codeFor()).code).toMatch(/^[A-Z0-9]{8}$/);
  await expect(codeFor({}, { code: "SPRING-26" })).rejects.toMatchObject({ param: "code" });
  await stripe.promotionCodes.update(code.id, { active: false });
  expect((await stripe.promotionCodes.list({ code: "spring-26", active: true })).data).toEqual([]);
  expect(await stripe.promotionCodes.retrieve(code.id, { expand: ["promotion.coupon"] })).toMatchObject({
    active: false,
    promotion: { coupon: { percent_off: 50 } },
  });
  expect(typesSince(bench, from)).toContain("promotion_code.updated");
});

// The SDK's comments on both.
test("a promotion code is for no longer, nor for more, than its coupon", async () => {
  const soon = Math.floor(Date.now() / 1000) + 3600;
  const few = { max_redemptions: 2, redeem_by: soon };
  await expect(codeFor(few, { max_redemptions: 3 })).rejects.toMatchObject({ param: "max_redemptions" });
  await expect(codeFor(few, { expires_at: soon + 1 })).rejects.toMatchObject({ param: "expires_at" });
  expect(await codeFor(few, { max_redemptions: 2, expires_at: soon })).toMatchObject({ active: true });
});

test("a coupon is used once on one thing, by itself or by its codes", async () => {
  const price = await createPlan(stripe);
  const { id: customer } = await stripe.customers.create({ source: "tok_visa" });
  const { id: coupon } = await half({ duration: "forever" });
  const { id: promotion_code } = await stripe.promotionCodes.create({ promotion: { type: "coupon", coupon } });
  const twice = [{ coupon }, { promotion_code }];
  const refused = { statusCode: 400, param: "discounts[1]" };
  const items = [{ price: price.id }];
  await expect(stripe.subscriptions.create({ customer, items, discounts: twice })).rejects.toMatchObject(refused);
  await expect(stripe.invoices.create({ customer, discounts: twice })).rejects.toMatchObject(refused);
  const { id, discounts } = await stripe.subscriptions.create({ customer, items, discounts: [{ coupon }] });
  const more = { discounts: [{ discount: String(discounts[0]) }, { coupon }] };
  await expect(stripe.subscriptions.update(id, more)).rejects.toMatchObject(refused);
  expect((await stripe.coupons.retrieve(coupon)).times_redeemed).toBe(1);
});

test("a discount on the invoice: on the lines, in the totals, and redeemed", async () => {
  const coupon = await half({ duration: "forever" });
  const from = bench.emulator.events().length;
  const { id, discounts, latest_invoice } = await subscriber([{ coupon: coupon.id }]);
  const [discount] = discounts;
  expect(latest_invoice).toMatchObject({
    status: "paid",
    subtotal: 1500,
    total: 750,
    amount_paid: 750,
    discounts: [discount],
    total_discount_amounts: [{ amount: 750, discount }],
    lines: { data: [{ amount: 1500, subtotal: 1500, discount_amounts: [{ amount: 750, discount }] }] },
  });
  expect(typesSince(bench, from)).toContain("customer.discount.created");
  expect(await stripe.coupons.retrieve(coupon.id)).toMatchObject({ times_redeemed: 1 });
  expect(await stripe.subscriptions.retrieve(id, { expand: ["discounts.source.coupon"] })).toMatchObject({
    discounts: [{ object: "discount", subscription: id, end: null, source: { coupon: { id: coupon.id } } }],
  });
});

test("an amount off is taken once, months are counted, forever stays", async () => {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: Date.UTC(2027, 0, 10) / 1000 });
  const coupons = await Promise.all([
    stripe.coupons.create({ amount_off: 400, currency: "eur" }),
    half({ percent_off: 10, duration: "repeating", duration_in_months: 2 }),
    half({ percent_off: 20, duration: "forever" }),
  ]);
  const subscriptions = await Promise.all(coupons.map(({ id }) => subscriber([{ coupon: id }], clock.id)));
  await moveClock(stripe, clock.id, Date.UTC(2027, 3, 1) / 1000);
  const totals = subscriptions.map(async ({ id: subscription }) =>
    (await stripe.invoices.list({ subscription })).data.map(({ total }) => total).reverse(),
  );
  expect(await Promise.all(totals)).toEqual([
    [1100, 1500, 1500],
    [1350, 1350, 1500],
    [1200, 1200, 1200],
  ]);
  const left = subscriptions.map(async ({ id }) => (await stripe.subscriptions.retrieve(id)).discounts.length);
  expect(await Promise.all(left)).toEqual([0, 0, 1]);
});

test("discounts are exchanged and removed; those kept are named by their id", async () => {
  const [first, second] = [await half({ duration: "forever" }), await half({ percent_off: 10, duration: "forever" })];
  const { id, discounts } = await subscriber([{ coupon: first.id }]);
  const kept = String(discounts[0]);
  const both = await stripe.subscriptions.update(id, { discounts: [{ discount: kept }, { coupon: second.id }] });
  expect(both.discounts).toEqual([kept, expect.stringMatching(/^di_/)]);
  const from = bench.emulator.events().length;
  expect(await stripe.subscriptions.update(id, { discounts: [{ discount: String(both.discounts[1]) }] })).toMatchObject(
    {
      discounts: [both.discounts[1]],
    },
  );
  expect(typesSince(bench, from)).toEqual(["customer.subscription.updated", "customer.discount.deleted"]);
  expect(await stripe.subscriptions.deleteDiscount(id)).toMatchObject({ id: both.discounts[1], deleted: true });
  expect((await stripe.subscriptions.retrieve(id)).discounts).toEqual([]);
  await expect(stripe.subscriptions.update(id, { discounts: [{ discount: kept }] })).rejects.toThrow(
    "No such discount",
  );
});

test("a change of plan credits what was paid, and charges the rest with the discount", async () => {
  const coupon = await half({ duration: "forever" });
  const { id, items } = await subscriber([{ coupon: coupon.id }]);
  const bigger = await createPlan(stripe, { unit_amount: 3000 });
  const { latest_invoice } = await stripe.subscriptions.update(id, {
    items: [{ id: items.data[0]?.id ?? "", price: bigger.id }],
    proration_behavior: "always_invoice",
    expand: ["latest_invoice"],
  });
  const amounts = (latest_invoice as Stripe.Invoice).lines.data.map((line) => line.amount);
  expect(amounts).toEqual([-750, 1500]);
  expect(latest_invoice).toMatchObject({ total: 750, total_discount_amounts: [{ amount: 0 }] });
});

test("what a request does is of one moment, however long it takes", async () => {
  const { id, items } = await subscriber([]);
  const bigger = await createPlan(stripe, { unit_amount: 3000 });
  let at = Date.now();
  const spy = vi.spyOn(Date, "now").mockImplementation(() => (at += 60_000));
  onTestFinished(() => spy.mockRestore());
  const { latest_invoice } = await stripe.subscriptions.update(id, {
    items: [{ id: items.data[0]?.id ?? "", price: bigger.id }],
    proration_behavior: "always_invoice",
    expand: ["latest_invoice"],
  });
  const { created, lines } = latest_invoice as Stripe.Invoice;
  expect(lines.data.map(({ period }) => period.start)).toEqual([created, created]);
});

test("what is used up, expired or for others is refused", async () => {
  const once = await half({ max_redemptions: 1 });
  await subscriber([{ coupon: once.id }]);
  expect(await stripe.coupons.retrieve(once.id)).toMatchObject({ valid: false, times_redeemed: 1 });
  await expect(subscriber([{ coupon: once.id }])).rejects.toMatchObject({ code: "coupon_expired" });
  await expect(subscriber([{ coupon: "nope" }])).rejects.toMatchObject({ code: "resource_missing" });
  const soon = await half({ redeem_by: Math.floor(Date.now() / 1000) + 2 });
  await expect.poll(async () => (await stripe.coupons.retrieve(soon.id)).valid, { timeout: 5000 }).toBe(false);
  const theirs = await codeFor({}, { customer: (await payer()).id });
  await expect(subscriber([{ promotion_code: theirs.id }])).rejects.toThrow("another customer");
  const dollars = await stripe.coupons.create({ amount_off: 100, currency: "usd" });
  await expect(subscriber([{ coupon: dollars.id }])).rejects.toThrow("USD");
});
