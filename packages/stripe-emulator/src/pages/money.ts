/** `every 3 months`, `per month`. */
export function formatInterval({
  interval,
  interval_count: count,
}: {
  interval: string;
  interval_count: number;
}): string {
  return count === 1 ? `per ${interval}` : `every ${count} ${interval}s`;
}

/** `3 months`, `month`. */
export const formatPeriod = ({ interval, interval_count: count }: { interval: string; interval_count: number }) =>
  count === 1 ? interval : `${count} ${interval}s`;

/** A moment in seconds as `22 November 2026` (UTC); where there is little room, as `22 Nov 2026`. */
export const formatDate = (moment: number, month: "long" | "short" = "long"): string =>
  new Date(moment * 1000).toLocaleDateString("en-GB", { day: "numeric", month, year: "numeric", timeZone: "UTC" });
