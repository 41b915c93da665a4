/** https://docs.stripe.com/currencies#zero-decimal and #three-decimal: Stripe's list, which differs from Intl's. */
const ZERO_DECIMAL = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" ");
const THREE_DECIMAL = "bhd jod kwd omr tnd".split(" ");

/** `1500, "usd"` → `$15.00`; `1500, "jpy"` → `¥1,500`. */
export function formatMoney(amount: number, currency: string): string {
  const digits = ZERO_DECIMAL.includes(currency) ? 0 : THREE_DECIMAL.includes(currency) ? 3 : 2;
  const format = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: currency.toUpperCase(),
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return format.format(amount / 10 ** digits);
}

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
