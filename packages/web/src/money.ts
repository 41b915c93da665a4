import { locale } from "./locale.ts";

/**
 * How many digits of Stripe's integer amounts are decimals. Intl cannot be asked: it follows ISO 4217, and Stripe differs
 * (MGA has none; ISK and UGX have two that are always zero). https://docs.stripe.com/currencies#zero-decimal
 */
const decimals: Record<string, number> = Object.fromEntries([
  ..."bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" ").map((currency) => [currency, 0]),
  ..."bhd jod kwd omr tnd".split(" ").map((currency) => [currency, 3]),
]);

/**
 * An amount as it is written in the pages' language.
 * @param amount in the smallest unit of `currency` (1500 is $15.00, or ¥1,500)
 * @param currency ISO 4217, in any case
 * @param options `whole`: leave out decimals that are all zero, as on a price tag
 */
export function formatMoney(
  amount: number,
  currency: string,
  options: { whole?: boolean; locale?: string } = {},
): string {
  const value = amount / 10 ** (decimals[currency.toLowerCase()] ?? 2);
  return new Intl.NumberFormat(options.locale ?? locale, {
    style: "currency",
    currency,
    trailingZeroDisplay: options.whole ? "stripIfInteger" : "auto",
  }).format(value);
}
