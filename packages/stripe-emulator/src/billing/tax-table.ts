import type Stripe from "stripe";
import type { TaxId } from "../state/rows.ts";
import type { Stored } from "../state/stored.ts";
import type { TaxBehavior, TaxTerms } from "./pricing.ts";

/**
 * The rates that automatic tax knows, in hundredths of a percent: standard rates of countries, and of US states without what
 * cities and counties add. Everywhere else nothing is collected, as where a seller has no registration.
 */
const RATES: Record<string, number> = {
  AT: 2000,
  AU: 1000,
  CA: 500,
  CH: 810,
  DE: 1900,
  ES: 2100,
  FR: 2000,
  GB: 2000,
  IE: 2300,
  IT: 2200,
  JP: 1000,
  NL: 2100,
  PL: 2300,
  SE: 2500,
  "US-CA": 725,
  "US-FL": 600,
  "US-NY": 400,
  "US-TX": 625,
  "US-WA": 650,
};

/** How a sale is taxed, whatever the price has in it. */
export type TaxRule = Omit<TaxTerms, "behavior">;

/**
 * Automatic tax for a place; undefined while the place is unknown. Products' tax codes make no difference.
 * @param exempt a customer's `tax_exempt`
 */
export function taxAt(address: Stripe.Address | null | undefined, exempt: string): TaxRule | undefined {
  const { country, state } = address ?? {};
  if (!country) return undefined;
  if (exempt === "exempt") return { rate: 0, reason: "customer_exempt", id: null };
  if (exempt === "reverse") return { rate: 0, reason: "reverse_charge", id: null };
  const place = country === "US" ? `US-${state?.toUpperCase()}` : country.toUpperCase();
  const rate = Object.hasOwn(RATES, place) ? RATES[place] : undefined;
  if (rate === undefined) return { rate: 0, reason: "not_collecting", id: null };
  return { rate: rate * 100, reason: "standard_rated", id: `txr_${place.toLowerCase().replace("-", "_")}` };
}

/** Where a business that gives its tax id owes the tax itself to a seller abroad; ours is in the US. */
const REVERSED = ["AT", "AU", "CH", "DE", "ES", "FR", "GB", "IE", "IT", "NL", "PL", "SE"];

/** The kinds of tax ids that such a business has. */
const OF_BUSINESSES = /_vat$|^au_abn$/;

/** How `taxAt` is to take a buyer: as their `tax_exempt` says, or by reverse charge where a tax id of theirs makes it so. */
export function exemptionOf(
  taxExempt: string | null | undefined,
  address: Stripe.Address | null | undefined,
  taxIds: readonly TaxId[],
): string {
  const reversed =
    taxIds.some(({ type }) => OF_BUSINESSES.test(type)) && REVERSED.includes(address?.country?.toUpperCase() ?? "");
  return reversed && taxExempt !== "exempt" ? "reverse" : (taxExempt ?? "none");
}

/**
 * Whether a price has its tax in it. Where it does not say, the currency decides, as under Stripe's tax setting
 * `inferred_by_currency`: tax comes on top of US and Canadian dollars and is part of everything else.
 */
export function taxBehaviorOf(asked: string | null | undefined, currency: string): TaxBehavior {
  if (asked === "exclusive" || asked === "inclusive") return asked;
  return currency === "usd" || currency === "cad" ? "exclusive" : "inclusive";
}

/**
 * The taxes by rates that were named (https://docs.stripe.com/tax/tax-rates). Whoever is exempt, or owes the tax themselves, pays none of them.
 * @param exempt a customer's `tax_exempt`
 */
export const taxesBy = (rates: readonly Stored<Stripe.TaxRate>[], exempt: string): TaxTerms[] =>
  rates.map(({ id, inclusive, percentage }) => ({
    id,
    behavior: inclusive ? "inclusive" : "exclusive",
    ...(exempt === "exempt" || exempt === "reverse"
      ? { rate: 0, reason: exempt === "exempt" ? "customer_exempt" : "reverse_charge" }
      : { rate: Math.round(percentage * 10_000), reason: "not_available" }),
  }));
