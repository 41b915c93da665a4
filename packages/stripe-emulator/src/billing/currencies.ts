import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

type Price = Stored<Stripe.Price>;

/** A price as it is in one of its currencies; undefined where it has none such. Itself it shows its own alone. */
export function findPriceIn({ store }: World, price: Price, currency: string | undefined): Price | undefined {
  if (currency === undefined || currency === price.currency) return price;
  const option = store.currencyOptions.find(price.id)?.options[currency];
  return option && { ...price, ...option, currency };
}

/** A price as it is in a currency that it is known to have: whatever it is sold in has been checked. */
export const priceIn = (world: World, price: Price, currency: string): Price =>
  findPriceIn(world, price, currency) ?? price;

/** All of a price's currencies, its own among them. */
export const currenciesOf = ({ store }: World, { id, currency }: Price): string[] => [
  currency,
  ...Object.keys(store.currencyOptions.find(id)?.options ?? {}),
];
