import { BillingError } from "../errors/index.ts";
import { dataOf, type ServiceClient } from "../supabase/index.ts";
import { type Bounds, boundsOf, groupOf } from "./schema.ts";

/** A price that may be sold, and how. */
export interface SellablePrice {
  id: string;
  /** The Checkout mode that fits it. */
  mode: "payment" | "subscription";
  /** Of its product. */
  group: string;
  /** ISO 4217, lower case. */
  currency: string;
  /** What one costs in each of its currencies. */
  amounts: Record<string, { unit_amount: number | null }>;
  /** Of one, in the currency's smallest unit; null where it is in tiers, or a fraction. */
  unitAmount: number | null;
  /** So many are one of what it costs. */
  packed: { divide_by: number; round: string } | null;
  /** How often it is paid: "1 month"; null for what is paid once. */
  every: string | null;
  /** How long it is free at first. */
  trialDays: number;
  /** Paid by what was used: it is sold without a quantity. */
  metered: boolean;
  /** How many of it are sold at a time. */
  bounds: Bounds;
}

/**
 * Looks a price up in the catalogue: the mirrored products and prices that are active at Stripe.
 * @throws BillingError `price_not_for_sale`
 */
export async function getSellablePrice(supabase: ServiceClient, priceId: string): Promise<SellablePrice> {
  const prices = supabase
    .from("prices")
    .select(
      "id, product_id, currency, currency_options, type, unit_amount, transform_quantity, recurring_interval, recurring_interval_count, trial_period_days, usage_type, metadata",
    )
    .eq("id", priceId);
  const price = dataOf(await prices.eq("active", true).eq("deleted", false).maybeSingle());
  if (price) {
    const products = supabase.from("products").select("metadata").eq("id", price.product_id);
    const product = dataOf(await products.eq("active", true).eq("deleted", false).maybeSingle());
    if (product) {
      const { recurring_interval: interval, recurring_interval_count: count } = price;
      return {
        id: price.id,
        mode: price.type === "recurring" ? "subscription" : "payment",
        group: groupOf(product.metadata),
        currency: price.currency,
        amounts: price.currency_options,
        unitAmount: price.unit_amount,
        packed: price.transform_quantity,
        every: interval && `${count} ${interval}`,
        trialDays: price.trial_period_days ?? 0,
        metered: price.usage_type === "metered",
        bounds: boundsOf(price.metadata, product.metadata),
      };
    }
  }
  throw notForSale();
}

/** The refusal of a price that the catalogue does not sell, or Stripe no longer. */
export function notForSale(): BillingError {
  return new BillingError("price_not_for_sale", "This price is not for sale");
}
