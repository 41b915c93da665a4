import { expect, test } from "vitest";
import { formatMoney } from "./money.ts";

const us = { locale: "en-US" };

test("an amount is read in the smallest unit of its currency", () => {
  expect(formatMoney(1999, "usd", us)).toBe("$19.99");
  expect(formatMoney(1500, "jpy", us)).toBe("¥1,500");
  expect(formatMoney(12345, "kwd", us)).toBe("KWD\u00a012.345");
});

test("where Stripe and ISO 4217 disagree on the decimals, Stripe's rule holds", () => {
  expect(formatMoney(5000, "mga", us)).toMatch(/5,000/);
  expect(formatMoney(500_000, "isk", us)).toBe("ISK\u00a05,000");
});

test("a price tag leaves out empty decimals and keeps the others", () => {
  expect(formatMoney(1200, "usd", { ...us, whole: true })).toBe("$12");
  expect(formatMoney(1250, "usd", { ...us, whole: true })).toBe("$12.50");
});

test("a fraction of the smallest unit is written out, as much as Stripe knows of it", () => {
  expect(formatMoney(0.5, "usd", us)).toBe("$0.005");
  expect(formatMoney(120.55, "usd", { ...us, whole: true })).toBe("$1.2055");
  expect(formatMoney(0.1 + 0.2, "jpy", us)).toBe("¥0.3");
});

test("the reader's locale decides how it is written", () => {
  expect(formatMoney(123_456, "eur", { locale: "de-DE" })).toBe("1.234,56\u00a0€");
});
