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
 * @throws For a period that would never end: what waits for its end would wait, or come again, for ever.
 */
export function nextPeriodEnd(anchor: number, start: number, { interval, interval_count: count }: Period): number {
  if (!(count >= 1)) throw new Error(`A period of ${count} ${interval}s has no end.`);
  if (interval === "day" || interval === "week" || anchor > start) {
    return periodEnd(start, { interval, interval_count: count });
  }
  const ending = (periods: number) => periodEnd(anchor, { interval, interval_count: periods * count });
  let periods = Math.max(1, Math.floor(monthsBetween(anchor, start) / (interval === "year" ? 12 * count : count)));
  while (ending(periods) <= start) periods += 1;
  return ending(periods);
}

/** How many months lie between two moments at least. */
function monthsBetween(from: number, to: number): number {
  const [first, last] = [new Date(from * 1000), new Date(to * 1000)];
  return (last.getUTCFullYear() - first.getUTCFullYear()) * 12 + last.getUTCMonth() - first.getUTCMonth() - 1;
}
