import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { noteList } from "../mirror/index.ts";
import { listWhole } from "../stripe/index.ts";

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
