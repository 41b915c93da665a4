import { expect, test } from "vitest";
import { cadencesOf, savingOf, usualCadence } from "./cadence.ts";
import { arrangeCatalogue } from "./catalogue.ts";
import { aPrice as price, aProduct as product } from "./testing/samples.ts";

const yearly = price({ id: "price_year", unit_amount: 12_000, recurring_interval: "year" });

test("cadences are listed once, the shortest first, with what they save", () => {
  const quarterly = price({ id: "price_quarter", recurring_interval_count: 3, unit_amount: 3600 });
  const { plans } = arrangeCatalogue([product()], [yearly, quarterly, price()]);
  expect(cadencesOf(plans)).toEqual([
    { name: "Monthly", saving: 0, isSame: true },
    { name: "Every 3 months", saving: 0, isSame: true },
    { name: "Yearly", saving: 17, isSame: true },
  ]);
});

test("the cadence to begin with is the one that most plans have, not the shortest", () => {
  const daily = price({ id: "price_day", product_id: "prod_2", recurring_interval: "day" });
  const monthly = price({ id: "price_2", product_id: "prod_2" });
  const { plans } = arrangeCatalogue([product(), product({ id: "prod_2" })], [yearly, price(), monthly, daily]);
  expect(usualCadence(plans)).toBe("Monthly");
});

test("the saving of a yearly price is against the cheapest monthly one of the same currency", () => {
  const offer = { product: product(), prices: [price({ id: "price_large", unit_amount: 5000 }), price(), yearly] };
  expect(savingOf(yearly, offer)).toBe(17);
  expect(savingOf(price(), offer)).toBe(0);
  expect(savingOf({ ...yearly, currency: "eur" }, offer)).toBe(0);
});

test("the saving is that of as many as are bought, where packages are sold", () => {
  const packed = price({ unit_amount: 1000, transform_quantity: { divide_by: 50, round: "up" } });
  const one = { ...yearly, unit_amount: 120 };
  const offer = { product: product({ metadata: { min_quantity: "100" } }), prices: [packed, one] };
  expect(savingOf(one, offer)).toBe(50);
});
