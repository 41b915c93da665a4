import fc from "fast-check";
import { expect, test } from "vitest";
import { discountOn, type Item, priceItems, proportion, type Reduction, share, type TaxTerms } from "./pricing.ts";

const tax = (percentage: number, behavior: TaxTerms["behavior"] = "exclusive", id = "txr_a"): TaxTerms => ({
  id,
  rate: percentage * 10_000,
  behavior,
  reason: "standard_rated",
});
const item = (amount: number, more: Partial<Item> = {}): Item => ({
  amount,
  product: null,
  discountable: true,
  taxes: [],
  ...more,
});
const percent = (percentOff: number, more: Partial<Reduction> = {}): Reduction => ({
  discount: "di_percent",
  percentOff,
  amountOff: null,
  products: null,
  ...more,
});
const off = (amountOff: number): Reduction => ({ ...percent(0), discount: "di_off", percentOff: null, amountOff });

const net = (items: Item[], reductions: Reduction[]) => priceItems(items, reductions).lines.map((line) => line.total);

test("a discount is rounded once, and shared out over the lines to the last cent", () => {
  expect(net([item(33), item(33), item(33)], [percent(1000)])).toEqual([29, 30, 30]);
  expect(net([item(1000), item(500)], [off(100)])).toEqual([933, 467]);
  expect(net([item(100), item(100), item(100)], [off(100)])).toEqual([66, 67, 67]);
});

test("discounts apply one after the other, reach only their products, and never take more than there is", () => {
  expect(net([item(1000)], [off(200), percent(5000)])).toEqual([400]);
  expect(net([item(1000)], [percent(5000), off(200)])).toEqual([300]);
  expect(net([item(1000)], [percent(10_000), off(200)])).toEqual([0]);
  expect(
    net([item(1000, { product: "a" }), item(1000, { product: "b" })], [percent(5000, { products: ["b"] })]),
  ).toEqual([1000, 500]);
  expect(net([item(-700), item(1000, { discountable: false }), item(1000)], [off(1500)])).toEqual([-700, 1000, 0]);
});

test("tax comes on top of what is left after discounts, or is part of it", () => {
  expect(priceItems([item(1000, { taxes: [tax(19)] })], [percent(1000)])).toMatchObject({
    subtotal: 1000,
    discount: 100,
    tax: 171,
    total: 1071,
    totalExcludingTax: 900,
  });
  expect(priceItems([item(1190, { taxes: [tax(19, "inclusive")] })], [])).toMatchObject({
    subtotal: 1190,
    subtotalExcludingTax: 1000,
    tax: 190,
    total: 1190,
    totalExcludingTax: 1000,
  });
});

test("tax is rounded line by line, halves away from zero, and a credit mirrors its charge", () => {
  // The example of https://support.stripe.com/questions/rounding-rules-for-stripe-fees: 6.45 and 72.6 cents of tax.
  const taxed = (amount: number, percentage: number) => item(amount, { taxes: [tax(percentage)] });
  expect(priceItems([taxed(43, 15), taxed(484, 15)], [])).toMatchObject({ tax: 79, total: 606 });
  expect(priceItems([taxed(50, 5)], []).tax).toBe(3);
  expect(priceItems([taxed(-50, 5)], []).tax).toBe(-3);
  expect(proportion(-1, 1, 3)).toBe(0);
});

test("several rates are each taken from the same amount: what is in the price goes out of it first", () => {
  const taxes = [tax(10, "inclusive", "a"), tax(5, "inclusive", "b"), tax(7.25, "exclusive", "c")];
  const { lines, ...totals } = priceItems([item(1150, { taxes })], []);
  expect(lines[0]?.taxes.map(({ amount }) => amount)).toEqual([100, 50, 73]);
  expect(totals).toMatchObject({ subtotal: 1150, subtotalExcludingTax: 1000, totalExcludingTax: 1000, total: 1223 });
});

const amounts = fc.integer({ min: -99_999_999, max: 99_999_999 });
const items = fc.array(
  fc.record({
    amount: amounts,
    product: fc.constantFrom("a", "b", null),
    discountable: fc.boolean(),
    taxes: fc.array(
      fc.record({
        id: fc.constantFrom("txr_a", "txr_b"),
        rate: fc.integer({ min: 0, max: 270_000 }),
        behavior: fc.constantFrom("exclusive" as const, "inclusive" as const),
        reason: fc.constant("standard_rated" as const),
      }),
      { maxLength: 3 },
    ),
  }),
  { maxLength: 8 },
);
const reductions = fc
  .array(
    fc.record({
      percentOff: fc.option(fc.integer({ min: 1, max: 10_000 })),
      amountOff: fc.integer({ min: 1, max: 99_999_999 }),
      products: fc.option(fc.subarray(["a", "b"])),
    }),
    { maxLength: 3 },
  )
  .map((all) => all.map((each, index) => ({ ...each, discount: `di_${index}` })));

test("whatever is sold: totals are the sums of their lines, in whole units, and no charge turns into a credit", () => {
  fc.assert(
    fc.property(items, reductions, (sold, reduced) => {
      const { lines, ...totals } = priceItems(sold, reduced);
      const sum = (of: (line: (typeof lines)[number]) => number) => lines.reduce((whole, line) => whole + of(line), 0);
      expect(totals).toEqual({
        subtotal: sum((line) => line.subtotal),
        subtotalExcludingTax: sum((line) => line.subtotalExcludingTax),
        discount: sum(discountOn),
        tax: sum((line) => line.tax),
        total: sum((line) => line.total),
        totalExcludingTax: sum((line) => line.taxable),
      });
      expect(totals.total).toBe(totals.totalExcludingTax + totals.tax);
      for (const [index, line] of lines.entries()) {
        expect(Object.values(line).every((value) => typeof value !== "number" || Number.isSafeInteger(value))).toBe(
          true,
        );
        const charge = (sold[index]?.amount ?? 0) >= 0;
        expect(charge ? line.total >= 0 : line.discounts.length === 0).toBe(true);
      }
    }),
  );
});

test("shares add up to the whole and none is more than its weight", () => {
  const weights = fc.array(fc.integer({ min: 0, max: 99_999_999 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(weights, fc.double({ min: 0, max: 1, noNaN: true }), (of, part) => {
      const whole = of.reduce((sum, weight) => sum + weight, 0);
      const shares = share(Math.floor(whole * part), of);
      expect(shares.reduce((sum, each) => sum + each, 0)).toBe(Math.floor(whole * part));
      expect(shares.every((each, index) => each >= 0 && each <= (of[index] ?? 0))).toBe(true);
    }),
  );
});
