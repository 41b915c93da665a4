import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { BillingError } from "../errors/index.ts";
import { applyFetched, projectPrice, projectProduct } from "../mirror/index.ts";
import { fetchAsOf } from "../stripe/index.ts";
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
export async function syncCatalog({ stripe, supabase }: Clients): Promise<void> {
  await copyPages(supabase, (page) => stripe.products.list(page), projectProduct);
  await copyPages(supabase, (page) => stripe.prices.list(page), projectPrice);
}

const PAGE_SIZE = 100;

async function copyPages<Item extends { id: string }>(
  supabase: ServiceClient,
  list: (page: Stripe.PaginationParams) => Promise<Stripe.Response<Stripe.ApiList<Item>>>,
  project: (item: Item) => ReturnType<typeof projectPrice>,
): Promise<void> {
  let startingAfter: string | undefined;
  do {
    const page = { limit: PAGE_SIZE, ...(startingAfter && { starting_after: startingAfter }) };
    const { answer, asOf } = await fetchAsOf(() => list(page));
    await applyFetched(supabase, { answer: answer.data.map((item) => project(item)), asOf });
    startingAfter = answer.has_more ? answer.data.at(-1)?.id : undefined;
  } while (startingAfter);
}
