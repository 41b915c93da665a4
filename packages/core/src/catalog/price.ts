import { BillingError } from "../errors/index.ts";
import { dataOf, type ServiceClient } from "../supabase/index.ts";
import { groupOf } from "./schema.ts";

/** A price that may be sold, and how. */
export interface SellablePrice {
  id: string;
  /** The Checkout mode that fits it. */
  mode: "payment" | "subscription";
  /** Of its product. */
  group: string;
  /** ISO 4217, lower case. */
  currency: string;
  /** How long it is free at first. */
  trialDays: number;
  /** Paid by what was used: it is sold without a quantity. */
  metered: boolean;
}

/**
 * Looks a price up in the catalogue: the mirrored products and prices that are active at Stripe.
 * @throws BillingError `price_not_for_sale`
 */
export async function getSellablePrice(supabase: ServiceClient, priceId: string): Promise<SellablePrice> {
  const prices = supabase
    .from("prices")
    .select("id, product_id, currency, type, trial_period_days, usage_type")
    .eq("id", priceId);
  const price = dataOf(await prices.eq("active", true).eq("deleted", false).maybeSingle());
  if (price) {
    const products = supabase.from("products").select("metadata").eq("id", price.product_id);
    const product = dataOf(await products.eq("active", true).eq("deleted", false).maybeSingle());
    if (product) {
      return {
        id: price.id,
        mode: price.type === "recurring" ? "subscription" : "payment",
        group: groupOf(product.metadata),
        currency: price.currency,
        trialDays: price.trial_period_days ?? 0,
        metered: price.usage_type === "metered",
      };
    }
  }
  throw notForSale();
}

/** The refusal of a price that the catalogue does not sell, or Stripe no longer. */
export function notForSale(): BillingError {
  return new BillingError("price_not_for_sale", "This price is not for sale");
}
