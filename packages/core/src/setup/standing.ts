import type Stripe from "stripe";
import { listWhole, requiredIdOf } from "../stripe/index.ts";
import type { CatalogueConfig } from "./schema.ts";

/** In the metadata of products and prices that are made or taken over here: the key in `billing.config.ts`. */
export const KEY = "billing_key";

/** What Stripe sells, and which of it is which of the file's. */
export interface Standing {
  products: Map<string, Stripe.Product>;
  /** By lookup key. */
  prices: Map<string, Stripe.Price>;
  /** Prices of ours, by their product's id, that were followed by others. */
  former: Map<string, Stripe.Price[]>;
}

/** Reads what is sold. A product that nothing says to be ours is taken for ours when it has a price of the file's. */
export async function readStanding(stripe: Stripe, { products }: CatalogueConfig): Promise<Standing> {
  const all = async <Item extends { id: string }>(
    read: (page: Stripe.PaginationParams) => Promise<Stripe.ApiList<Item>>,
  ) => (await listWhole(await read({ limit: 100 }), read)).data;
  const [sold, priced] = [
    await all((page) => stripe.products.list(page)),
    await all((page) => stripe.prices.list(page)),
  ];
  const prices = new Map(priced.flatMap((price) => (price.lookup_key ? [[price.lookup_key, price] as const] : [])));
  const byId = new Map(sold.map((product) => [product.id, product]));
  const standing: Standing = { products: new Map(), prices, former: new Map() };
  for (const product of sold) {
    const key = product.metadata[KEY];
    const known = key && standing.products.get(key);
    // Two that bear one key were made by hand, as a copy: the one on sale stays.
    if (key && (!known || (!known.active && product.active))) standing.products.set(key, product);
  }
  for (const { key, prices: wanted } of products) {
    if (standing.products.has(key)) continue;
    const owner = wanted
      .flatMap(({ lookupKey }) => prices.get(lookupKey) ?? [])
      .map(({ product }) => requiredIdOf(product));
    const found = owner.flatMap((id) => byId.get(id) ?? [])[0];
    if (found && !found.metadata[KEY]) standing.products.set(key, found);
  }
  for (const price of priced) {
    if (!price.active || price.lookup_key || !price.metadata[KEY]) continue;
    const product = requiredIdOf(price.product);
    standing.former.set(product, [...(standing.former.get(product) ?? []), price]);
  }
  return standing;
}
