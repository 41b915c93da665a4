import type Stripe from "stripe";

type Period = Pick<Stripe.Price.Recurring, "interval" | "interval_count">;

/**
 * The end of a billing period that begins at `start` (seconds). A month from 31 January ends on the last of February.
 * @param onDay of the month it ends; absent: that of `start`
 */
export function periodEnd(start: number, { interval, interval_count: count }: Period, onDay?: number): number {
  if (interval === "day") return start + count * 86_400;
  if (interval === "week") return start + count * 7 * 86_400;
  const date = new Date(start * 1000);
  const day = onDay ?? date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + (interval === "year" ? 12 : 1) * count);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return Math.floor(date.getTime() / 1000);
}

/**
 * The end of the period that begins at `start`, counted from the anchor: a subscription anchored on the 31st ends
 * its periods on the 28th, then again on the 31st.
 * @param onDay of the month they end; absent: that of the anchor
 * @throws For a period that would never end: what waits for its end would wait, or come again, for ever.
 */
export function nextPeriodEnd(anchor: number, start: number, period: Period, onDay?: number): number {
  const { interval, interval_count: count } = period;
  if (!(count >= 1)) throw new Error(`A period of ${count} ${interval}s has no end.`);
  if (anchor > start) return periodAround(start, anchor, period, onDay).end;
  if (interval === "day" || interval === "week") return periodEnd(start, period);
  const ending = (periods: number) => periodEnd(anchor, { interval, interval_count: periods * count }, onDay);
  let periods = Math.max(1, Math.floor(monthsBetween(anchor, start) / (interval === "year" ? 12 * count : count)));
  while (ending(periods) <= start) periods += 1;
  return ending(periods);
}

const LONGEST_DAYS: Record<string, number> = { day: 1, week: 7, month: 31, year: 366 };

/** Of the periods that reach the anchor, before and after it, the one that `moment` is in. */
export function periodAround(
  moment: number,
  anchor: number,
  { interval, interval_count: count }: Period,
  onDay?: number,
): { start: number; end: number } {
  const at = (periods: number) => periodEnd(anchor, { interval, interval_count: periods * count }, onDay);
  let next = Math.floor((moment - anchor) / ((LONGEST_DAYS[interval] ?? 1) * 86_400 * count));
  while (at(next) > moment) next -= 1;
  while (at(next) <= moment) next += 1;
  return { start: at(next - 1), end: at(next) };
}

/** How many months lie between two moments at least. */
function monthsBetween(from: number, to: number): number {
  const [first, last] = [new Date(from * 1000), new Date(to * 1000)];
  return (last.getUTCFullYear() - first.getUTCFullYear()) * 12 + last.getUTCMonth() - first.getUTCMonth() - 1;
}
