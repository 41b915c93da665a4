import type Stripe from "stripe";
import { packagesOf } from "../catalog/schema.ts";

/** Days are 4,800 units: then a month (of a calendar's 4,800 in 400 years) is a whole number of them. */
const UNITS: Record<string, number> = { day: 4_800, week: 33_600, month: 146_097, year: 1_753_164 };

/** What is paid, and for how long. */
export interface Rate {
  price: Stripe.Price;
  quantity: number;
}

/**
 * Whether a change begins with the next period: it costs less for the same time, or the same and is paid more often. What was paid
 * for is had to its end, and nothing is paid back. All else begins at once.
 */
export function waitsForPeriodEnd(from: Rate, to: Rate): boolean {
  const [before, after] = [lengthOf(from.price), lengthOf(to.price)];
  if (after > before) return false;
  // Per unit of time, without the rounding of a division.
  const [costBefore, costAfter] = [amountOf(from) * after, amountOf(to) * before];
  return costAfter < costBefore || (costAfter === costBefore && after < before);
}

function amountOf({ price, quantity }: Rate): bigint {
  // Amounts have up to twelve decimals: https://docs.stripe.com/api/prices/object#price_object-unit_amount_decimal
  const [whole = "0", decimals = ""] = `${price.unit_amount_decimal ?? price.unit_amount ?? 0}`.split(".");
  return BigInt(whole + decimals.padEnd(12, "0")) * BigInt(packagesOf(price.transform_quantity, quantity));
}

function lengthOf({ recurring }: Stripe.Price): bigint {
  return BigInt(UNITS[recurring?.interval ?? "month"] ?? 0) * BigInt(recurring?.interval_count ?? 1);
}
