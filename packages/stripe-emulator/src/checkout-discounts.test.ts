import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench } from "./testing/bench.ts";
import { discountsOn } from "./testing/discounted.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const { half, codeFor, payer } = discountsOn(() => stripe);

test("a session comes with its discount, or lets the buyer enter a code: not both", async () => {
  const price = await createPlan(stripe, { recurring: undefined });
  const coupon = await half();
  const session = await createCheckout(stripe, price, { discounts: [{ coupon: coupon.id }] });
  expect(session).toMatchObject({
    amount_subtotal: 1500,
    amount_total: 750,
    discounts: [{ coupon: coupon.id, promotion_code: null }],
    total_details: { amount_discount: 750 },
  });
  await bench.submit(session.url, { ...CARD, email: "ada@example.com" });
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent", "line_items"] });
  expect(done).toMatchObject({
    payment_intent: { amount_received: 750 },
    line_items: { data: [{ amount_discount: 750, amount_total: 750 }] },
  });
  const both = { discounts: [{ coupon: coupon.id }], allow_promotion_codes: true };
  await expect(createCheckout(stripe, price, both)).rejects.toThrow("only specify one");
});

test("the buyer applies a code, sees the new total, takes it back, and pays what was shown", async () => {
  const price = await createPlan(stripe);
  const session = await createCheckout(stripe, price, { allow_promotion_codes: true, customer_email: "c@example.com" });
  const code = await codeFor({ duration: "forever" }, { code: "WELCOME" });
  const page = async () => (await fetch(session.url ?? "")).text();
  const apply = (promotion_code: string) =>
    bench.submit(session.url, { action: "apply_promotion_code", promotion_code });
  expect(await page()).toContain('name="promotion_code"');

  const wrong = await apply("nonsense");
  expect(wrong.status).toBe(400);
  expect(await wrong.text()).toContain("This promotion code is invalid.");
  expect((await apply("welcome")).status).toBe(303);
  expect(await page()).toMatch(/WELCOME[\s\S]*-€7\.50[\s\S]*Total due today<\/span><span>€7\.50/);
  await bench.submit(session.url, { action: "remove_promotion_code" });
  expect(await page()).toContain("Total due today</span><span>€15.00");

  await apply("WELCOME");
  const outdated = await bench.submit(session.url, { ...CARD, expected_amount: "1500" });
  expect(await outdated.text()).toContain("The total has changed");
  expect((await bench.submit(session.url, { ...CARD, expected_amount: "750" })).status).toBe(303);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription", "invoice"] });
  expect(done).toMatchObject({
    amount_total: 750,
    discounts: [{ promotion_code: code.id }],
    invoice: { amount_paid: 750 },
    subscription: { discounts: [expect.stringMatching(/^di_/)] },
  });
  expect(await stripe.promotionCodes.retrieve(code.id)).toMatchObject({ times_redeemed: 1 });
});

test("the page says why a code does not apply", async () => {
  const price = await createPlan(stripe);
  const other = await stripe.products.create({ name: "Other" });
  const customer = await payer();
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  const session = await createCheckout(stripe, price, { allow_promotion_codes: true, customer: customer.id });
  const refused = async (coupon: Stripe.CouponCreateParams, overrides: Partial<Stripe.PromotionCodeCreateParams>) => {
    const { code } = await codeFor(coupon, overrides);
    const answer = await bench.submit(session.url, { action: "apply_promotion_code", promotion_code: code });
    return /id="code-problem">([^<]*)/.exec(await answer.text())?.[1];
  };
  expect(await refused({ applies_to: { products: [other.id] } }, {})).toContain("what is being bought");
  expect(await refused({}, { restrictions: { first_time_transaction: true } })).toContain("first order");
  const minimum = { minimum_amount: 2000, minimum_amount_currency: "eur" };
  expect(await refused({}, { restrictions: minimum })).toContain("larger orders");
});

test("a code that is used up before the buyer pays is taken off again, and nothing is charged", async () => {
  const price = await createPlan(stripe, { recurring: undefined });
  const { code } = await codeFor({ max_redemptions: 1 });
  const open = async () => {
    const session = await createCheckout(stripe, price, {
      allow_promotion_codes: true,
      customer_email: "d@example.com",
    });
    await bench.submit(session.url, { action: "apply_promotion_code", promotion_code: code });
    return session;
  };
  const [first, second] = [await open(), await open()];
  expect((await bench.submit(first.url, CARD)).status).toBe(303);
  const late = await bench.submit(second.url, CARD);
  expect(late.status).toBe(400);
  expect(await late.text()).toContain("no longer active");
  expect(await stripe.checkout.sessions.retrieve(second.id)).toMatchObject({ status: "open", amount_total: 1500 });
});

test("where a code takes everything off, no card is asked for and no payment required", async () => {
  const price = await createPlan(stripe);
  const free = await half({ percent_off: 100, duration: "forever" });
  const session = await createCheckout(stripe, price, {
    discounts: [{ coupon: free.id }],
    payment_method_collection: "if_required",
    customer_email: "free@example.com",
  });
  expect(session).toMatchObject({ amount_total: 0, payment_status: "no_payment_required" });
  expect(await (await fetch(session.url ?? "")).text()).not.toContain("card_number");
  expect((await bench.submit(session.url, { name: "Ada" })).status).toBe(303);
  expect(
    await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription.latest_invoice"] }),
  ).toMatchObject({
    payment_status: "no_payment_required",
    subscription: { status: "active", latest_invoice: { status: "paid", total: 0, amount_due: 0 } },
  });
});
