import { expect, test } from "vitest";
import { shareOfMonth } from "./cadence.ts";
import { arrangeCatalogue, choiceOfQuantity, currenciesOf, fitting, type Price, priceTag, tagOf } from "./catalogue.ts";
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

const idsOf = (offers: { fitting: Price[] }[]) => offers.map(({ fitting }) => fitting.map(({ id }) => id));
const anyCurrency = () => true;

test("a plan that is not sold at the chosen cadence is shown at the usual one, else as it is sold", () => {
  const [daily, team] = [product({ id: "prod_2" }), product({ id: "prod_3" })];
  const ofDay = price({ id: "price_day", product_id: "prod_2", recurring_interval: "day", unit_amount: 50 });
  const ofTeam = price({ id: "price_team", product_id: "prod_3", unit_amount: 5000 });
  const { plans } = arrangeCatalogue([product(), daily, team], [price(), yearly, ofDay, ofTeam]);
  const shown = fitting(plans, { currency: "usd", cadence: "Yearly" }, anyCurrency);
  expect(idsOf(shown)).toEqual([["price_year"], ["price_day"], ["price_team"]]);
});

test("all prices of a product that are paid equally often are a choice, in one currency", () => {
  const large = price({ id: "price_large", unit_amount: 4000 });
  const euro = price({ id: "price_euro", unit_amount: 900, currency: "eur" });
  const { plans } = arrangeCatalogue([product()], [price(), large, euro, yearly]);
  expect(currenciesOf(plans)).toEqual(["eur", "usd"]);
  const at = (currency: string) => idsOf(fitting(plans, { currency, cadence: "Monthly" }, anyCurrency));
  expect([at("usd"), at("eur")]).toEqual([[["price_month", "price_large"]], [["price_euro"]]]);
});

test("a price with amounts in several currencies is sold in each", () => {
  const amount = (unit_amount: number) => ({ unit_amount, unit_amount_decimal: `${unit_amount}`, tax_behavior: null });
  const options = { usd: amount(1200), eur: amount(1100) };
  const { plans } = arrangeCatalogue([product()], [price({ currency_options: options })]);
  const [shown] = fitting(plans, { currency: "eur", cadence: "Monthly" }, anyCurrency);
  expect(shown?.fitting).toMatchObject([{ id: "price_month", currency: "eur", unit_amount: 1100 }]);
  expect(currenciesOf(plans)).toEqual(["eur", "usd"]);
});

test("who pays in one currency is shown no plan of another; everybody else is, where there is no other", () => {
  const yen = price({ id: "price_yen", product_id: "prod_2", unit_amount: 300, currency: "jpy" });
  const { plans } = arrangeCatalogue([product({ id: "prod_2" }), product()], [yen, price()]);
  const taste = { currency: "usd", cadence: "Monthly" };
  expect(idsOf(fitting(plans, taste, anyCurrency))).toEqual([["price_month"], ["price_yen"]]);
  expect(idsOf(fitting(plans, taste, () => false))).toEqual([["price_month"]]);
});

test("a quantity is chosen where the metadata bound it, and what they make impossible is not offered", () => {
  const team = product({ metadata: { min_quantity: "2", max_quantity: "9" } });
  expect(choiceOfQuantity(price(), team)).toEqual({ least: 2, most: 9 });
  expect(choiceOfQuantity(price({ usage_type: "metered" }), team)).toBeUndefined();
  expect(choiceOfQuantity(price({ metadata: { max_quantity: "2" } }), team)).toBeUndefined();
  expect(choiceOfQuantity(price(), product())).toBeUndefined();
  expect(arrangeCatalogue([team], [price({ metadata: { max_quantity: "1" } })]).plans).toEqual([]);
});

test("a price for several months says what it comes to in each", () => {
  expect([yearly, price({ recurring_interval_count: 3 }), price(), once].map((each) => shareOfMonth(each))).toEqual([
    1000,
    400,
    undefined,
    undefined,
  ]);
});

test("of many, what they come to is what is shared out by the month, and less than can be written is not", () => {
  const tenYearly = price({ unit_amount: 1000, recurring_interval: "year" });
  const bits = price({ unit_amount: 0.5, recurring_interval: "year" });
  expect([shareOfMonth(tenYearly, 100), shareOfMonth(bits, 1000), shareOfMonth(bits)]).toEqual([8333, 42, undefined]);
});

test("packages cost what Stripe charges for so many of them", () => {
  const packages = (round: string) => price({ unit_amount: 1000, transform_quantity: { divide_by: 5, round } });
  expect([1, 5, 6].map((count) => priceTag(packages("up"), count).amount)).toEqual(["$10", "$10", "$20"]);
  expect([4, 9].map((count) => priceTag(packages("down"), count).amount)).toEqual(["$0", "$10"]);
  expect(tagOf(packages("up"), 6)).toEqual({ amount: "$20 for 6", per: "per month" });
});

test("what is had says each at its amount, and nothing where that is not known", () => {
  expect(tagOf(price(), 6)).toEqual({ amount: "6 × $12", per: "per month" });
  expect(tagOf(price(), 1)).toEqual({ amount: "$12", per: "per month" });
  expect(tagOf(price({ unit_amount: 0 }), 6)).toEqual({ amount: "Free", per: "" });
  expect(tagOf(price({ unit_amount: null }), 7)).toBeUndefined();
  expect(tagOf(price({ unit_amount: null, usage_type: "metered" }), 1)?.amount).toBe("By use");
});

test("a price tag never shows an amount that is not known", () => {
  expect(priceTag(price()).per).toBe("per month");
  expect(priceTag(price({ recurring_interval_count: 3 })).per).toBe("per 3 months");
  expect(priceTag(once).per).toBe("once");
  expect(priceTag(price({ unit_amount: null })).amount).toBe("Varies");
  expect(priceTag(price({ usage_type: "metered" })).per).toBe("for each unit that you use");
  expect(priceTag(price({ usage_type: "metered", unit_amount: null })).amount).toBe("By use");
  expect(priceTag(price(), 3).amount).toBe("$36");
  expect(priceTag(price({ unit_amount: 0 })).amount).toBe("Free");
});

test("a price in fractions of a cent shows what one costs, and many come to what Stripe charges for them", () => {
  const half = price({ unit_amount: 0.5, metadata: { min_quantity: "201" } });
  expect(priceTag(half)).toEqual({ amount: "$0.005", per: "per month" });
  expect(priceTag(half, 201)).toEqual({ amount: "$1.01", per: "per month" });
});

test("what comes to less than Stripe charges is not offered, unless so many can be chosen that it does not", () => {
  const offered = (over: object) => arrangeCatalogue([product()], [price(over)]).plans.length === 1;
  expect([offered({ unit_amount: 49 }), offered({ unit_amount: 50 }), offered({ unit_amount: 0.5 })]).toEqual([
    false,
    true,
    false,
  ]);
  expect(offered({ unit_amount: 0.5, metadata: { min_quantity: "100" } })).toBe(true);
  expect(offered({ unit_amount: 0.5, metadata: { max_quantity: "98" } })).toBe(false);
  expect(offered({ unit_amount: 30, currency: "gbp" })).toBe(true);
  for (const over of [{ unit_amount: 0 }, { unit_amount: null }, { unit_amount: 0.5, usage_type: "metered" }])
    expect(offered(over)).toBe(true);
});

test("what costs least comes first by what is shown, of packages and of as many as are sold at least, and what is paid by use last", () => {
  const cheap = product({ id: "prod_cheap" });
  const packed = product({ id: "prod_packed", metadata: { min_quantity: "100" } });
  const many = product({ id: "prod_many", metadata: { min_quantity: "1000" } });
  const prices = [
    price({ id: "price_many", product_id: "prod_many", unit_amount: 1 }),
    price({ id: "price_cheap", product_id: "prod_cheap", unit_amount: 900 }),
    price({
      id: "price_packed",
      product_id: "prod_packed",
      unit_amount: 400,
      transform_quantity: { divide_by: 50, round: "up" },
    }),
  ];
  const used = product({ id: "prod_used" });
  prices.push(price({ id: "price_used", product_id: "prod_used", unit_amount: 1, usage_type: "metered" }));
  const { plans } = arrangeCatalogue([used, many, cheap, packed], prices);
  expect(plans.map((plan) => plan.product.id)).toEqual(["prod_packed", "prod_cheap", "prod_many", "prod_used"]);
});
