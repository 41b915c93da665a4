import { invalid, missingParameter } from "../api/errors.ts";
import { newId } from "../state/ids.ts";
import type { World } from "../world.ts";
import { activePriceFromParam, draftPrice, type Price, putPrice } from "./prices.ts";

type PriceData = Omit<Parameters<typeof draftPrice>[1], "product"> & { product: string };

interface PriceParams {
  price?: string | undefined;
  /** The older name of the parameter. */
  plan?: string | undefined;
  price_data?: PriceData | undefined;
}

/**
 * The price that is named, or one for `price_data`, which is not written down before `keepPrices` does: what is refused leaves none.
 * 400 for none or several, and for what is not for sale.
 */
export function priceFromParams(world: World, { price, plan, price_data: data }: PriceParams, param: string): Price {
  const given = Object.entries({ price, plan, price_data: data }).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    const names = given.map(([name]) => `${param}[${name}]`);
    throw invalid(`You may only specify one of these parameters: ${names.join(", ")}.`, undefined, names[0]);
  }
  if (data === undefined) {
    const named = price ?? plan;
    if (named === undefined) throw missingParameter(`${param}[price]`);
    return activePriceFromParam(world, named, `${param}[price]`);
  }
  const { tiers: _none, ...draft } = draftPrice(world, data, newId("price"), `${param}[price_data]`);
  if (world.store.products.get(data.product).active) return { ...draft, product: data.product };
  const message = `The product ${data.product} is marked as inactive, and thus no new subscriptions can be created to any plans of this product.`;
  throw invalid(message, undefined, `${param}[price_data][product]`);
}

/** Writes down those that were made for `price_data`. */
export function keepPrices(world: World, prices: readonly Price[]): void {
  for (const price of prices) if (!world.store.prices.find(price.id)) noteInline(world, putPrice(world, price));
}

/** It is found by its id and by a search; lists leave it out (https://docs.stripe.com/api/prices/list). */
export function noteInline(world: World, price: Price): Price {
  world.store.inlinePrices.put({ id: price.id });
  return price;
}
