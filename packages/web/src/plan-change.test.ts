import { expect, test } from "vitest";
import { choicesOf, numberToName } from "./plan-change.ts";
import { aPrice, aProduct, aSubscription, itemOf } from "./testing/samples.ts";

const held = (quantity: number | null) => ({ ...itemOf("prod_1"), quantity });

test("a number that nobody changed is not named: more may be in use than are paid for yet", () => {
  expect([numberToName(held(3), 3), numberToName(held(null), 1)]).toEqual([undefined, undefined]);
  expect([numberToName(held(3), 4), numberToName(held(3), 1)]).toEqual([4, 1]);
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
