import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { BillingError } from "../errors/index.ts";
import { noteList } from "../mirror/index.ts";
import { listWhole } from "../stripe/index.ts";
import { dataOf, type ServiceClient } from "../supabase/index.ts";

/** A price that may be sold, and the Checkout mode that fits it. */
export interface SellablePrice {
  id: string;
  productId: string;
  mode: "payment" | "subscription";
}

/**
 * Looks a price up in the catalogue: the mirrored products and prices that are active at Stripe.
 * @throws BillingError `price_not_for_sale`
 */
export async function getSellablePrice(supabase: ServiceClient, priceId: string): Promise<SellablePrice> {
  const prices = supabase.from("prices").select("id, product_id, type").eq("id", priceId);
  const price = dataOf(await prices.eq("active", true).eq("deleted", false).maybeSingle());
  if (price) {
    const products = supabase.from("products").select("id").eq("id", price.product_id);
    const product = dataOf(await products.eq("active", true).eq("deleted", false).maybeSingle());
    if (product) {
      return { id: price.id, productId: product.id, mode: price.type === "recurring" ? "subscription" : "payment" };
    }
  }
  throw new BillingError("price_not_for_sale", "This price is not for sale");
}

/**
 * Copies all products and prices from Stripe into the mirror; what is newer there stays. For a first start beside a Stripe
 * account whose catalogue is older than the events that Stripe still lists.
 */
export async function syncCatalog(clients: Clients): Promise<void> {
  const { stripe } = clients;
  const products = (page: Stripe.PaginationParams) => noteList(clients, "product", () => stripe.products.list(page));
  const prices = (page: Stripe.PaginationParams) => noteList(clients, "price", () => stripe.prices.list(page));
  await listWhole(await products({ limit: 100 }), products);
  await listWhole(await prices({ limit: 100 }), prices);
}
