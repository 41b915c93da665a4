import { packagesOf } from "@turnpike/core/catalog/schema";
import { locale } from "./locale.ts";
import type { Tables } from "./supabase.ts";

/**
 * How many digits of Stripe's integer amounts are decimals. Intl cannot be asked: it follows ISO 4217, and Stripe differs
 * (MGA has none; ISK and UGX have two that are always zero). https://docs.stripe.com/currencies#zero-decimal
 */
const decimals: Record<string, number> = Object.fromEntries([
  ..."bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" ").map((currency) => [currency, 0]),
  ..."bhd jod kwd omr tnd".split(" ").map((currency) => [currency, 3]),
]);

/** The least that is charged at once, in smallest units: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const leastCharges: Record<string, number> = {
  ...Object.fromEntries("aud brl cad chf eur inr jpy nzd sgd usd".split(" ").map((currency) => [currency, 50])),
  ...{ aed: 200, czk: 1500, dkk: 250, gbp: 30, hkd: 400, huf: 17_500, mxn: 1000, myr: 200 },
  ...{ nok: 300, pln: 200, ron: 200, sek: 300, thb: 1000 },
};

/** 0 for currencies that Stripe names none for. */
export const leastCharge = (currency: string): number => leastCharges[currency] ?? 0;

/** What so many come to, in smallest units, of a fraction half up; null where the amount depends otherwise on how many. */
export function amountOf(
  {
    unit_amount: each,
    transform_quantity: packed,
  }: Pick<Tables["prices"]["Row"], "unit_amount" | "transform_quantity">,
  quantity: number,
): number | null {
  return each === null ? null : Math.round(each * packagesOf(packed, quantity));
}

/**
 * An amount as it is written in the pages' language.
 * @param amount in the smallest unit of `currency` (1500 is $15.00, or ¥1,500); a fraction of it is written out (0.5 is $0.005)
 * @param currency ISO 4217, in any case
 * @param options `whole`: leave out decimals that are all zero, as on a price tag
 */
export function formatMoney(
  amount: number,
  currency: string,
  options: { whole?: boolean; locale?: string } = {},
): string {
  const places = decimals[currency.toLowerCase()] ?? 2;
  const value = Number((amount / 10 ** places).toFixed(places + 12)); // as many as Stripe has, and none of binary's own
  return new Intl.NumberFormat(options.locale ?? locale, {
    style: "currency",
    currency,
    ...(!Number.isInteger(amount) && { maximumFractionDigits: places + 12 }),
    trailingZeroDisplay: options.whole ? "stripIfInteger" : "auto",
  }).format(value);
}
