import { boundsOf } from "@turnpike/core/catalog/schema";
import type { Offer, Price, Product } from "./catalogue.ts";
import { amountOf } from "./money.ts";

const intervals: Record<string, { days: number; adverb: string } | undefined> = {
  day: { days: 1, adverb: "Daily" },
  week: { days: 7, adverb: "Weekly" },
  month: { days: 365 / 12, adverb: "Monthly" },
  year: { days: 365, adverb: "Yearly" },
};

/** In days; 0 for a one-time price. */
export const periodOf = (price: Price) =>
  (intervals[price.recurring_interval ?? ""]?.days ?? 0) * (price.recurring_interval_count ?? 1);

/** How many months a price is for, where it is for whole ones. */
function monthsOf({ recurring_interval: interval, recurring_interval_count: count }: Price): number | undefined {
  const months = { month: 1, year: 12 }[interval ?? ""];
  return months && months * (count ?? 1);
}

/** How many of a price whoever names no number gets. */
export const leastOf = (price: Price, product: Product) =>
  price.usage_type === "metered" ? 1 : boundsOf(price.metadata, product.metadata).least;

/** For comparing only, of so many. Prices without an amount, or by use, come last. */
export function perMonth(price: Price, quantity: number): number {
  const amount = price.usage_type === "metered" ? null : amountOf(price, quantity);
  if (amount === null) return Number.MAX_VALUE;
  const period = periodOf(price);
  return period === 0 ? amount : (amount * 365) / 12 / period;
}

/** What so many at a price for several months come to in each; nothing, where that is less than can be written. */
export function shareOfMonth(price: Price, quantity = 1): number | undefined {
  const months = monthsOf(price);
  if (!months || months === 1 || price.usage_type === "metered") return undefined;
  return Math.round((amountOf(price, quantity) ?? 0) / months) || undefined;
}

/** How often a recurring price is charged, as the choice above the plans names it: "Monthly", "Every 3 months". */
export function cadenceOf(price: Price): string {
  const count = price.recurring_interval_count ?? 1;
  const adverb = intervals[price.recurring_interval ?? ""]?.adverb;
  return adverb && count === 1 ? adverb : `Every ${count} ${price.recurring_interval}s`;
}

/** A way to pay that the visitor can choose. */
export interface Cadence {
  name: string;
  /** How much less it costs than paying monthly, in whole percent, and whether that is so for every plan. */
  saving: number;
  isSame: boolean;
}

/** All cadences of the plans, the shortest first. */
export function cadencesOf(plans: Offer[]): Cadence[] {
  const prices = plans.flatMap((plan) => plan.prices).sort((a, b) => periodOf(a) - periodOf(b));
  return [...new Set(prices.map(cadenceOf))].map((name) => {
    const savings = plans.flatMap((plan) =>
      plan.prices.filter((price) => cadenceOf(price) === name).map((price) => savingOf(price, plan)),
    );
    return { name, saving: Math.max(...savings), isSame: new Set(savings).size === 1 };
  });
}

/** The one that most plans are sold at; of several the shortest. */
export function usualCadence(plans: Offer[]): string | undefined {
  const count = (name: string) =>
    plans.filter(({ prices }) => prices.some((price) => cadenceOf(price) === name)).length;
  return cadencesOf(plans)
    .map(({ name }) => ({ name, count: count(name) }))
    .sort((a, b) => b.count - a.count)[0]?.name;
}

/** How much less as many at a price cost than at the cheapest that is paid monthly, in whole percent; 0 when they do not, or cannot be compared. */
export function savingOf(price: Price, { prices, product }: Offer): number {
  const quantity = leastOf(price, product);
  const monthly = prices
    .filter((other) => cadenceOf(other) === "Monthly" && other.currency === price.currency)
    .map((other) => perMonth(other, quantity));
  const least = Math.min(...monthly);
  if (!least || least === Number.MAX_VALUE || !Number.isFinite(least)) return 0;
  return Math.max(0, Math.round(100 * (1 - perMonth(price, quantity) / least)));
}
