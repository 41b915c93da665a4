import type Stripe from "stripe";

type Period = Pick<Stripe.Price.Recurring, "interval" | "interval_count">;

/** The end of a billing period that begins at `start` (seconds). A month from 31 January ends on the last of February. */
export function periodEnd(start: number, { interval, interval_count: count }: Period): number {
  if (interval === "day") return start + count * 86_400;
  if (interval === "week") return start + count * 7 * 86_400;
  const date = new Date(start * 1000);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + (interval === "year" ? 12 : 1) * count);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return Math.floor(date.getTime() / 1000);
}

/**
 * The end of the period that begins at `start`, counted from the anchor: a subscription anchored on the 31st ends
 * its periods on the 28th, then again on the 31st.
 */
export function nextPeriodEnd(anchor: number, start: number, { interval, interval_count: count }: Period): number {
  if (interval === "day" || interval === "week" || anchor > start) {
    return periodEnd(start, { interval, interval_count: count });
  }
  let periods = 1;
  while (periodEnd(anchor, { interval, interval_count: periods * count }) <= start) periods += 1;
  return periodEnd(anchor, { interval, interval_count: periods * count });
}
