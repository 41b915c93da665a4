/** https://docs.stripe.com/currencies#zero-decimal and #three-decimal: Stripe's list, which differs from Intl's. */
const ZERO_DECIMAL = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" ");
const THREE_DECIMAL = "bhd jod kwd omr tnd".split(" ");

/** https://docs.stripe.com/currencies#presentment-currencies */
export const CURRENCIES: readonly string[] =
  `usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny cop crc cve czk djf dkk
dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl hrk htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd
lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd
shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw`.split(
    /\s+/,
  );

export const isCurrency = (code: string): boolean => CURRENCIES.includes(code);

/** How many digits of an amount come after the point. */
export const digitsOf = (currency: string): number =>
  ZERO_DECIMAL.includes(currency) ? 0 : THREE_DECIMAL.includes(currency) ? 3 : 2;

/** Cards know no fraction of them, though their amounts have two digits after the point: https://docs.stripe.com/currencies#special-cases */
const CHARGED_WHOLE = ["isk", "ugx"];
const PAID_OUT_WHOLE = [...CHARGED_WHOLE, "huf", "twd"];

/** Why an amount is none that cards are charged, or paid back; undefined: it can be. */
export function refusedFraction(amount: number, currency: string): { code: string; message: string } | undefined {
  const code = currency.toUpperCase();
  if (CHARGED_WHOLE.includes(currency) && amount % 100 !== 0) {
    // https://support.stripe.com/questions/deprecation-of-fractional-isk-charges-and-refunds
    const message = `Invalid amount. Currency ${code} has become effectively zero-decimal and charged amounts must be evenly divisible by 100. See https://stripe.com/docs/currencies#special-cases for more information.`;
    return { code: "invalid_charge_amount_no_decimal_compatible", message };
  }
  if (!THREE_DECIMAL.includes(currency) || amount % 10 === 0) return undefined;
  const message = `Invalid amount. The last digit of an amount in ${code} must be 0. See https://stripe.com/docs/currencies#three-decimal for more information.`;
  return { code: "invalid_charge_amount", message };
}

/** Whether banks can be paid the amount out. */
export const canBePaidOut = (amount: number, currency: string): boolean =>
  amount % 100 === 0 || !PAID_OUT_WHOLE.includes(currency);

/** `1500, "usd"` → `$15.00`; `1500, "jpy"` → `¥1,500`. */
export function formatMoney(amount: number, currency: string): string {
  const digits = digitsOf(currency);
  const format = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: currency.toUpperCase(),
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return format.format(amount / 10 ** digits);
}

/** A decimal of the smallest unit: `0.05, "usd"` → `$0.0005`. */
export function formatDecimal(decimal: string, currency: string): string {
  const digits = digitsOf(currency);
  const [whole = "0", fraction = ""] = decimal.split(".");
  const padded = whole.padStart(digits + 1, "0");
  const point = padded.length - digits;
  const format = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: currency.toUpperCase(),
    minimumFractionDigits: digits,
    maximumFractionDigits: digits + 12,
  });
  return format.format(`${padded.slice(0, point)}.${padded.slice(point)}${fraction}` as Intl.StringNumericLiteral);
}

/** https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, in the smallest unit. */
const SMALLEST_CHARGE: Partial<Record<string, number>> = {
  ...Object.fromEntries("aud brl cad chf eur inr nzd sgd usd".split(" ").map((currency) => [currency, 50])),
  ...{ aed: 200, czk: 1500, dkk: 250, gbp: 30, hkd: 400, huf: 17_500, jpy: 50, mxn: 1000, myr: 200 },
  ...{ nok: 300, pln: 200, ron: 200, sek: 300, thb: 1000 },
};

/** The smallest amount that Stripe charges; 0 for currencies that it names none for. */
export const smallestCharge = (currency: string): number => SMALLEST_CHARGE[currency] ?? 0;

/** Eight digits; of rupiahs, twelve: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
export const largestCharge = (currency: string): number => (currency === "idr" ? 999_999_999_999 : 99_999_999);

/** Stripe's words for more than can be charged at once. */
export const tooLarge = (currency: string): string =>
  `Amount must be no more than ${formatMoney(largestCharge(currency), currency)} ${currency}`;
