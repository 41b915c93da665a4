import { expect, test } from "vitest";
import { choicesOf, describeChange, nameOfAll, numberToName } from "./plan-change.ts";
import { aPrice, aProduct, aSubscription, itemOf } from "./testing/samples.ts";

const held = (quantity: number | null) => ({ ...itemOf("prod_1"), quantity });

test("a number that nobody changed is not named: more may be in use than are paid for yet", () => {
  expect([numberToName(held(3), 3), numberToName(held(null), 1)]).toEqual([undefined, undefined]);
  expect([numberToName(held(3), 4), numberToName(held(3), 1)]).toEqual([4, 1]);
});

test("a subscription is called after all that it is of", () => {
  const products = [aProduct({ name: "Pro" }), aProduct({ id: "prod_2", name: "Storage" })];
  const of = (...ids: string[]) => nameOfAll({ items: ids.map((id) => itemOf(id)) }, products);
  expect([of("prod_1"), of("prod_9")]).toEqual(["Pro", "Your plan"]);
  expect(of("prod_1", "prod_2", "prod_9")).toBe("Pro, Storage, and another product");
});

test("a plan is offered in the subscription's currency, for an amount, and not by use: no other can be changed to", () => {
  const product = aProduct();
  const price = (id: string, over = {}) => aPrice({ id, ...over });
  const prices = [
    price("price_month"),
    price("price_year", { recurring_interval: "year" }),
    price("price_euro", { currency: "eur" }),
    price("price_varies", { unit_amount: null }),
    price("price_use", { usage_type: "metered" }),
  ];
  const catalogue = { plans: [{ product, prices }], oneTime: [], products: [product], prices };
  const offered = choicesOf(aSubscription(), catalogue).map(({ price: { id } }) => id);
  expect(offered).toEqual(["price_month", "price_year"]);
});

test("a change between two prices of one plan is told apart by how often they are paid, or else by what they cost", () => {
  const month = aPrice({ id: "price_month", unit_amount: 900 });
  const year = aPrice({ id: "price_year", recurring_interval: "year", unit_amount: 9000 });
  const dear = aPrice({ id: "price_dear", unit_amount: 1200 });
  const other = aPrice({ id: "price_other", product_id: "prod_2" });
  const from = (price: typeof month | undefined, name = "Starter") => ({ name, productId: "prod_1", price });
  const titleOf = (...[held, wished]: Parameters<typeof describeChange>) => describeChange(held, wished).title;
  expect(describeChange(from(month), { name: "Starter", price: year })).toEqual({
    title: "Starter, monthly → yearly",
    to: "Starter, yearly",
  });
  expect(titleOf(from(month), { name: "Starter", price: dear })).toBe("Starter, $9 per month → $12 per month");
  expect(titleOf(from(month, "2 × Starter"), { name: "3 × Starter", price: year })).toBe(
    "2 × Starter, monthly → 3 × Starter, yearly",
  );
  expect(titleOf(from(undefined), { name: "Starter", price: year })).toBe("Starter to Starter, yearly");
  expect(titleOf(from(month), { name: "3 × Starter", price: month })).toBe("Starter to 3 × Starter");
  expect(titleOf(from(undefined), { name: "Pro", price: other })).toBe("Starter to Pro");
});
