/** An amount as people write it: `29.00 USD`. */
export function formatMoney(amount: number, currency: string): string {
  const code = currency.toUpperCase();
  const { maximumFractionDigits: digits = 2 } = new Intl.NumberFormat("en", {
    style: "currency",
    currency: code,
  }).resolvedOptions();
  return `${(amount / 10 ** digits).toFixed(digits)} ${code}`;
}
