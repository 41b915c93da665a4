import { expect, test } from "vitest";
import { arrangeCatalogue, cadencesOf, priceAt, priceTag, savingOf } from "./catalogue.ts";
import { aPrice as price, aProduct as product } from "./testing/samples.ts";

const yearly = price({ id: "price_year", unit_amount: 12_000, recurring_interval: "year" });
const once = price({ id: "price_once", type: "one_time", recurring_interval: null, recurring_interval_count: null });

test("a product without a price that can be bought is not offered", () => {
  expect(arrangeCatalogue([product()], [])).toMatchObject({ plans: [], oneTime: [] });
});

test("what is archived is not offered, also to those who may still read it because they had it", () => {
  expect(arrangeCatalogue([product({ active: false })], [price(), once])).toMatchObject({ plans: [], oneTime: [] });
  const { plans } = arrangeCatalogue([product()], [price({ active: false }), yearly]);
  expect(plans[0]?.prices).toEqual([yearly]);
});

test("subscriptions and one-time products are apart", () => {
  const { plans, oneTime } = arrangeCatalogue([product()], [price(), once]);
  expect(plans[0]?.prices).toEqual([price()]);
  expect(oneTime[0]?.prices).toEqual([once]);
});

test("plans are ordered by what they cost a month, whatever their interval", () => {
  const dear = product({ id: "prod_2", name: "Team" });
  const { plans } = arrangeCatalogue(
    [dear, product()],
    [price({ id: "price_2", product_id: "prod_2", unit_amount: 4000 }), yearly],
  );
  expect(plans.map((plan) => plan.product.name)).toEqual(["Pro", "Team"]);
});

test("a product's default price is shown before a cheaper one", () => {
  const { plans } = arrangeCatalogue([product({ default_price_id: "price_month" })], [yearly, price()]);
  expect(plans[0]?.prices.map(({ id }) => id)).toEqual(["price_month", "price_year"]);
});

test("a plan that is not sold at the chosen cadence keeps its own price", () => {
  const { plans } = arrangeCatalogue([product()], [price()]);
  expect(plans[0] && priceAt(plans[0], "Yearly")?.id).toBe("price_month");
});

test("cadences are listed once, the shortest first", () => {
  const quarterly = price({ id: "price_quarter", recurring_interval_count: 3 });
  const { plans } = arrangeCatalogue([product()], [yearly, quarterly, price()]);
  expect(cadencesOf(plans)).toEqual(["Monthly", "Every 3 months", "Yearly"]);
});

test("the saving of a yearly price is against the monthly one of the same currency", () => {
  const offer = { product: product(), prices: [price(), yearly] };
  expect(savingOf(yearly, offer)).toBe(17);
  expect(savingOf(price(), offer)).toBe(0);
  expect(savingOf({ ...yearly, currency: "eur" }, offer)).toBe(0);
});

test("a price tag never shows an amount that is not known", () => {
  expect(priceTag(price()).per).toBe("per month");
  expect(priceTag(price({ recurring_interval_count: 3 })).per).toBe("per 3 months");
  expect(priceTag(once).per).toBe("once");
  expect(priceTag(price({ unit_amount: null })).amount).toBe("By use");
  expect(priceTag(price({ unit_amount: 0 })).amount).toBe("Free");
});
