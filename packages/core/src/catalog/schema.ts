import type { Json } from "../supabase/index.ts";

// No id of Stripe's is longer (https://docs.stripe.com/upgrades#what-changes-does-stripe-consider-to-be-backwards-compatible), nor
// has it a character that Postgres or an address could stumble over.
export const STRIPE_ID = /^[!-~]{1,255}$/;

/** The most that Stripe charges at once, in the smallest unit: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
export const mostAmountOf = (currency: string): number => (currency === "idr" ? 999_999_999_999 : 99_999_999);

/** As many of one thing as Stripe sells at a time: https://docs.stripe.com/payments/checkout/adjustable-quantity */
export const MOST_OF_ONE = 999_999;

/**
 * The group of a recurring product. Nobody may hold two subscriptions of one group: a product of another group can be held beside
 * it. All products that name none in their metadata are of one. Spaces around a name and its capital letters make no other group of it:
 * see `billing.group_named`.
 */
export function groupOf(metadata: Json): string {
  const named = metadata && typeof metadata === "object" && !Array.isArray(metadata) && metadata.subscription_group;
  return typeof named === "string" ? named.trim().toLowerCase() : "";
}

/** How many of a price are sold at a time. */
export interface Bounds {
  least: number;
  most: number;
}

/**
 * From `min_quantity` and `max_quantity` in the price's metadata, else in its product's. What is no whole number there, or beyond
 * what Stripe takes, bounds nothing.
 */
export function boundsOf(ofPrice: Json, ofProduct: Json): Bounds {
  const read = (key: string) => wholeOf(ofPrice, key) ?? wholeOf(ofProduct, key);
  return { least: read("min_quantity") ?? 1, most: read("max_quantity") ?? MOST_OF_ONE };
}

/**
 * How many packages so many are: of a price in packages Stripe charges for those, what is left over being one more (`up`) or none.
 * https://docs.stripe.com/products-prices/pricing-models#package-pricing
 */
export function packagesOf(packed: { divide_by: number; round: string } | null, quantity: number): number {
  if (!packed) return quantity;
  return packed.round === "up" ? Math.ceil(quantity / packed.divide_by) : Math.floor(quantity / packed.divide_by);
}

function wholeOf(metadata: Json, key: string): number | undefined {
  const text = metadata && typeof metadata === "object" && !Array.isArray(metadata) ? metadata[key] : undefined;
  const number = typeof text === "string" && /^\d{1,6}$/.test(text.trim()) ? Number(text) : 0;
  return number > 0 ? number : undefined;
}
