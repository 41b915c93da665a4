import { formatMoney } from "./money.ts";
import { getSupabase, type Tables } from "./supabase.ts";

export type Product = Pick<
  Tables["products"]["Row"],
  "id" | "name" | "description" | "default_price_id" | "marketing_features" | "active" | "metadata"
>;

/** `unit_amount` is in the smallest unit of the currency, and null where the amount depends on use. */
export type Price = Pick<
  Tables["prices"]["Row"],
  | "id"
  | "product_id"
  | "active"
  | "currency"
  | "type"
  | "unit_amount"
  | "recurring_interval"
  | "recurring_interval_count"
  | "trial_period_days"
  | "metadata"
>;

/** A product and the prices it may be bought at, the one to show first in front. */
export interface Offer {
  product: Product;
  prices: Price[];
}

export interface Catalogue {
  plans: Offer[];
  oneTime: Offer[];
  /** Also those that are archived and that the user has had: they are not offered, but have a name. */
  products: Product[];
  prices: Price[];
}

/** What is on sale, and what the user has had. */
export async function loadCatalogue(): Promise<Catalogue> {
  const supabase = getSupabase();
  const [products, prices] = await Promise.all([
    supabase
      .from("products")
      .select("id, name, description, default_price_id, marketing_features, active, metadata")
      .throwOnError(),
    supabase
      .from("prices")
      .select(
        "id, product_id, active, currency, type, unit_amount, recurring_interval, recurring_interval_count, trial_period_days, metadata",
      )
      .throwOnError(),
  ]);
  return arrangeCatalogue(products.data, prices.data);
}

/** Subscriptions and one-time products apart, the cheapest first. A product with both kinds of price is in both. */
export function arrangeCatalogue(products: Product[], prices: Price[]): Catalogue {
  const offers = (type: "recurring" | "one_time") =>
    products
      .filter((product) => product.active)
      .map((product) => ({
        product,
        prices: prices
          .filter((price) => price.active && price.product_id === product.id && price.type === type)
          .sort((a, b) => rank(a, product) - rank(b, product)),
      }))
      .filter((offer) => offer.prices.length > 0)
      .sort((a, b) => cheapest(a) - cheapest(b));
  return { plans: offers("recurring"), oneTime: offers("one_time"), products, prices };
}

const rank = (price: Price, product: Product) => (price.id === product.default_price_id ? -1 : perMonth(price));
const cheapest = (offer: Offer) => Math.min(...offer.prices.map(perMonth));

const intervals: Record<string, { days: number; adverb: string } | undefined> = {
  day: { days: 1, adverb: "Daily" },
  week: { days: 7, adverb: "Weekly" },
  month: { days: 365 / 12, adverb: "Monthly" },
  year: { days: 365, adverb: "Yearly" },
};

/** In days; 0 for a one-time price. */
export const periodOf = (price: Price) =>
  (intervals[price.recurring_interval ?? ""]?.days ?? 0) * (price.recurring_interval_count ?? 1);

/** For comparing only. Prices without an amount come last. */
function perMonth(price: Price): number {
  if (price.unit_amount === null) return Number.MAX_VALUE;
  const period = periodOf(price);
  return period === 0 ? price.unit_amount : (price.unit_amount * 365) / 12 / period;
}

/** How often a recurring price is charged, as the choice above the plans names it: "Monthly", "Every 3 months". */
export function cadenceOf(price: Price): string {
  const count = price.recurring_interval_count ?? 1;
  const adverb = intervals[price.recurring_interval ?? ""]?.adverb;
  return adverb && count === 1 ? adverb : `Every ${count} ${price.recurring_interval}s`;
}

/** All cadences of the plans, the shortest first. */
export function cadencesOf(plans: Offer[]): string[] {
  const prices = plans.flatMap((plan) => plan.prices).sort((a, b) => periodOf(a) - periodOf(b));
  return [...new Set(prices.map(cadenceOf))];
}

/** The price of a plan at a cadence, or its first one when it is not sold at that cadence. */
export function priceAt(offer: Offer, cadence: string | undefined): Price | undefined {
  return offer.prices.find((price) => cadenceOf(price) === cadence) ?? offer.prices[0];
}

/** How much less a price costs than paying monthly, in whole percent; 0 when it does not, or cannot be compared. */
export function savingOf(price: Price, offer: Offer): number {
  const monthly = offer.prices.find((other) => cadenceOf(other) === "Monthly" && other.currency === price.currency);
  if (!monthly?.unit_amount || price.unit_amount === null) return 0;
  return Math.max(0, Math.round(100 * (1 - perMonth(price) / monthly.unit_amount)));
}

/** The amount of a price and what it is for: `["$12", "per month"]`. */
export function priceTag(price: Price): { amount: string; per: string } {
  const count = price.recurring_interval_count ?? 1;
  const interval = count === 1 ? price.recurring_interval : `${count} ${price.recurring_interval}s`;
  const per = price.type === "recurring" ? `per ${interval}` : "once";
  if (price.unit_amount === null) return { amount: "By use", per: "shown at checkout" };
  if (price.unit_amount === 0) return { amount: "Free", per: "" };
  return { amount: formatMoney(price.unit_amount, price.currency, { whole: true }), per };
}
