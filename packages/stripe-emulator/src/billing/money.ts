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

/** https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, in the smallest unit. */
const SMALLEST_CHARGE: Partial<Record<string, number>> = {
  ...Object.fromEntries("aud brl cad chf eur inr nzd sgd usd".split(" ").map((currency) => [currency, 50])),
  ...{ aed: 200, czk: 1500, dkk: 250, gbp: 30, hkd: 400, huf: 17_500, jpy: 50, mxn: 1000, myr: 200 },
  ...{ nok: 300, pln: 200, ron: 200, sek: 300, thb: 1000 },
};

/** The smallest amount that Stripe charges; 0 for currencies that it names none for. */
export const smallestCharge = (currency: string): number => SMALLEST_CHARGE[currency] ?? 0;
