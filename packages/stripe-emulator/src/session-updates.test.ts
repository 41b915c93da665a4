import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench } from "./testing/bench.ts";

/** https://docs.stripe.com/payments/advanced/dynamic-updates */
let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const itemsOf = async (id: string) =>
  (await stripe.checkout.sessions.listLineItems(id)).data.map(({ quantity, price }) => [price?.id, quantity]);

test("an open session's items are named anew: what keeps its id stays, what is not named goes", async () => {
  const [pro, seats, once] = await Promise.all([
    createPlan(stripe),
    createPlan(stripe, { unit_amount: 400 }),
    createPlan(stripe, { unit_amount: 900, recurring: undefined }),
  ]);
  const { sessions } = stripe.checkout;
  const session = await createCheckout(stripe, pro, { metadata: { cart: "1" }, expand: ["line_items"] });
  const first = session.line_items?.data[0]?.id ?? "";
  const changed = await sessions.update(session.id, {
    line_items: [
      { id: first, quantity: 2 },
      { price: seats.id, quantity: 5 },
    ],
    metadata: { step: "seats" },
  });
  expect(changed).toMatchObject({ amount_total: 3000 + 2000, metadata: { cart: "1", step: "seats" } });
  expect(await itemsOf(session.id)).toEqual([
    [pro.id, 2],
    [seats.id, 5],
  ]);
  const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 10, inclusive: false });
  const taxed = await sessions.update(session.id, {
    line_items: [
      { id: first, tax_rates: [rate.id] },
      { price: once.id, quantity: 1 },
    ],
  });
  expect(taxed).toMatchObject({ amount_subtotal: 3000 + 900, amount_total: 3900 + 300 });
  const described = {
    currency: "eur",
    unit_amount: 700,
    recurring: { interval: "month" as const },
    product_data: { name: "Mini" },
  };
  expect(await sessions.update(session.id, { line_items: [{ id: first, price_data: described }] })).toMatchObject({
    amount_subtotal: 1400,
    amount_total: 1540,
  });

  const refused = (line_items: Stripe.Checkout.SessionUpdateParams.LineItem[]) =>
    expect(sessions.update(session.id, { line_items })).rejects;
  await refused([{ id: "li_nobody" }]).toMatchObject({ code: "resource_missing", param: "line_items[0][id]" });
  await refused([{ price: once.id, quantity: 1 }]).toThrow("at least one recurring price");
  await refused([{ id: first, quantity: 0 }]).toMatchObject({ param: "line_items[0][quantity]" });
  await refused([{ id: first, quantity: 999_999 }]).toMatchObject({ code: "amount_too_large" });
  expect(await sessions.retrieve(session.id)).toMatchObject({ amount_total: 1540 });

  await bench.submit(session.url, { ...CARD, email: "cart@example.com" });
  const bought = await sessions.retrieve(session.id, { expand: ["subscription"] });
  expect(bought).toMatchObject({ status: "complete", amount_total: 1540 });
  expect((bought.subscription as Stripe.Subscription).items.data).toMatchObject([
    { quantity: 2, price: { unit_amount: 700 }, tax_rates: [{ id: rate.id }] },
  ]);
  await refused([{ id: first, quantity: 1 }]).toThrow("status of `complete`");
  expect(await sessions.update(session.id, { metadata: { step: "" } })).toMatchObject({ metadata: { cart: "1" } });
});
