import { expect, test } from "vitest";
import { currencyOfReader, nameOfCurrency } from "./currency.ts";

test("the currency of a reader is that of their language's region, or of most of its readers", () => {
  const readers = ["en-US", "en-GB", "de", "de-CH", "fr-CA", "ja", "en-AQ"];
  expect(readers.map((reader) => currencyOfReader(reader))).toEqual([
    "usd",
    "gbp",
    "eur",
    "chf",
    "cad",
    "jpy",
    undefined,
  ]);
  expect(nameOfCurrency("chf")).toBe("CHF, Swiss Franc");
});
