import type { Offer, Price } from "./catalogue.ts";
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

/** For comparing only. Prices without an amount, or by use, come last. */
export function perMonth(price: Price): number {
  if (price.unit_amount === null || price.usage_type === "metered") return Number.MAX_VALUE;
  const period = periodOf(price);
  return period === 0 ? price.unit_amount : (price.unit_amount * 365) / 12 / period;
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

/** How much less a price costs than the cheapest that is paid monthly, in whole percent; 0 when it does not, or cannot be compared. */
export function savingOf(price: Price, { prices }: Offer): number {
  const monthly = prices
    .filter((other) => cadenceOf(other) === "Monthly" && other.currency === price.currency)
    .map(perMonth);
  const least = Math.min(...monthly);
  if (!least || least === Number.MAX_VALUE || !Number.isFinite(least)) return 0;
  return Math.max(0, Math.round(100 * (1 - perMonth(price) / least)));
}
