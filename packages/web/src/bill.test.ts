import type { ChangePreview } from "@turnpike/core/plan-change/schema";
import { expect, test } from "vitest";
import { beginsAnew, billOf, includedTax } from "./bill.ts";

const at = "2026-12-01T00:00:00.000Z";
const line = (description: string, amount: number) => ({
  description,
  amount,
  proration: true,
  periodStart: at,
  periodEnd: at,
});
const preview = (over: Partial<ChangePreview> = {}): ChangePreview => ({
  token: "",
  subscriptionId: "sub_1",
  from: { priceId: "price_1", quantity: 1 },
  to: { priceId: "price_2", quantity: 1 },
  effective: "now",
  effectiveAt: at,
  currency: "usd",
  amountDue: 2000,
  total: 2000,
  discount: 0,
  tax: 0,
  credit: 0,
  lines: [line("Unused", -900), line("Remaining", 2900)],
  next: { amount: 2900, at },
  ...over,
});
const sum = (shown: ChangePreview) => billOf(shown).reduce((whole, { amount }) => whole + amount, 0);

test("a bill's rows are together what is charged, to the cent", () => {
  for (const shown of [
    preview(),
    preview({ discount: 1000, total: 1000, amountDue: 1000 }),
    preview({ tax: 380, total: 2380, amountDue: 2380 }),
    preview({ tax: 319 }),
    preview({ amountDue: 500, credit: 0 }),
    preview({ total: -2000, amountDue: 0, credit: 2000, lines: [line("Unused", -2900), line("Remaining", 900)] }),
    preview({ discount: 200, tax: 90, total: 1890, amountDue: 1000 }),
  ])
    expect(sum(shown)).toBe(shown.amountDue);
});

test("what is only told has no row: the tax that prices include, and what is nothing", () => {
  expect(billOf(preview({ tax: 319 })).map(({ label }) => label)).toEqual(["Unused", "Remaining"]);
  expect(includedTax(preview({ tax: 319 }))).toBe(319);
  expect(includedTax(preview({ tax: 380, total: 2380, amountDue: 2380 }))).toBe(0);
});

test("a change of the next period has nothing on the bill of today", () => {
  expect(billOf(preview({ effective: "period_end", lines: [], total: 0, amountDue: 0 }))).toEqual([]);
});

test("a whole new period is told from the difference for the rest of one", () => {
  const year = { ...line("Pro, a year", 29_000), proration: false, periodEnd: "2027-12-01T00:00:00.000Z" };
  const next = { amount: 29_000, at: year.periodEnd };
  expect(beginsAnew(preview({ lines: [line("Unused", -2900), year], next }))).toBe(true);
  expect(beginsAnew(preview({ lines: [line("Unused", -2900), year], next, effective: "period_end" }))).toBe(false);
  expect(beginsAnew(preview())).toBe(false);
  // What waits for the next invoice is of no period.
  expect(beginsAnew(preview({ lines: [{ ...line("Set-up", 500), proration: false }], next }))).toBe(false);
});
