import { languages, locale } from "./locale.ts";

const EURO = "AT BE BG HR CY EE FI FR DE GR IE IT LV LT LU MT NL PT SK SI ES";
const OTHERS =
  "US USD, CA CAD, MX MXN, BR BRL, GB GBP, CH CHF, LI CHF, SE SEK, NO NOK, DK DKK, PL PLN, CZ CZK, HU HUF, RO RON, TR TRY, " +
  "AU AUD, NZ NZD, JP JPY, KR KRW, CN CNY, HK HKD, TW TWD, SG SGD, IN INR, ID IDR, TH THB, MY MYR, PH PHP, ZA ZAR, IL ILS, AE AED, SA SAR, " +
  "KW KWD, QA QAR, BH BHD, OM OMR, JO JOD, EG EGP, MA MAD, NG NGN, KE KES, AR ARS, CL CLP, CO COP, PE PEN, VN VND, UA UAH, IS ISK";
const ofRegion = new Map([
  ...EURO.split(" ").map((region) => [region, "eur"] as const),
  ...OTHERS.split(", ")
    .map((pair) => pair.toLowerCase().split(" "))
    .map(([region, currency]) => [`${region}`.toUpperCase(), `${currency}`] as const),
]);

/** The currency of where a reader is: of their language's region, or where it names none, of where most of its readers are. */
export function currencyOfReader(language = languages[0] ?? locale): string | undefined {
  return ofRegion.get(new Intl.Locale(language).maximize().region ?? "");
}

/** "EUR, Euro" */
export function nameOfCurrency(currency: string): string {
  const code = currency.toUpperCase();
  return `${code}, ${new Intl.DisplayNames([locale], { type: "currency" }).of(code)}`;
}
