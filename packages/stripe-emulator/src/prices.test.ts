import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench, typesSince } from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

test("a plan is a recurring price by its older name: made, changed, listed and deleted as both", async () => {
  const from = bench.emulator.events().length;
  const plan = await stripe.plans.create({
    id: "gold",
    currency: "usd",
    interval: "month",
    amount: 2000,
    product: { name: "Gold" },
  });
  expect(plan).toMatchObject({ id: "gold", amount: 2000, interval_count: 1, product: expect.any(String) });
  expect(await stripe.prices.retrieve("gold")).toMatchObject({ unit_amount: 2000, recurring: { interval: "month" } });
  await stripe.plans.update("gold", { nickname: "Gold plan", trial_period_days: 3 });
  expect(await stripe.plans.retrieve("gold")).toMatchObject({ nickname: "Gold plan", trial_period_days: 3 });
  expect((await stripe.plans.list({ product: String(plan.product) })).data.map(({ id }) => id)).toEqual(["gold"]);
  await stripe.plans.del("gold");
  expect(typesSince(bench, from)).toEqual([
    "product.created",
    "plan.created",
    "price.created",
    "plan.updated",
    "price.updated",
    "plan.deleted",
    "price.deleted",
  ]);
  expect(bench.emulator.events().find(({ type }) => type === "plan.updated")?.data.previous_attributes).toEqual({
    nickname: null,
    trial_period_days: null,
  });
});

test.each([
  ["month", 0],
  ["month", -1],
  ["month", 37],
  ["day", 1096],
  ["week", 157],
  ["year", 4],
] as const)(
  "a price for every %s times %i is refused: no period, or more than three years",
  async (interval, count) => {
    const refused = { statusCode: 400, type: "StripeInvalidRequestError" };
    await expect(createPlan(stripe, { recurring: { interval, interval_count: count } })).rejects.toMatchObject(refused);
    const plan = { currency: "eur", amount: 1, product: { name: "Pro" }, interval, interval_count: count };
    await expect(stripe.plans.create(plan)).rejects.toMatchObject(refused);
  },
);

test("a product's default price is not archived: another is the default first, or none", async () => {
  const made = {
    name: "Pro",
    default_price_data: { currency: "usd", unit_amount: 500, recurring: { interval: "month" } },
  };
  const { id, default_price } = await stripe.products.create(made as Stripe.ProductCreateParams);
  const archive = () => stripe.prices.update(String(default_price), { active: false });
  const refused = { message: "This price cannot be archived because it is the default price of its product." };
  await expect(archive()).rejects.toMatchObject(refused);
  await expect(stripe.plans.update(String(default_price), { active: false })).rejects.toMatchObject(refused);
  const other = await stripe.prices.create({ product: id, currency: "usd", unit_amount: 700 });
  await stripe.products.update(id, { default_price: other.id });
  expect((await archive()).active).toBe(false);
});

test("a one-time price is no plan", async () => {
  const price = await createPlan(stripe, { recurring: undefined });
  await expect(stripe.plans.retrieve(price.id)).rejects.toMatchObject({ code: "resource_missing" });
  await expect(stripe.plans.del(price.id)).rejects.toMatchObject({ statusCode: 404 });
});
