import { invalid } from "../api/errors.ts";
import { findPriceIn } from "../billing/currencies.ts";
import { otherCurrency } from "../billing/customer-currency.ts";
import type { World } from "../world.ts";
import type { Price } from "./prices.ts";

/** What these prices are paid in where nobody says: what the customer is bound to if all have it, else what the first is in. */
export function commonCurrency(world: World, customer: string | undefined, prices: readonly Price[]): string {
  const [first] = prices;
  const own = first?.currency ?? "usd";
  const bound = customer === undefined ? undefined : otherCurrency(world, customer, own);
  return bound !== undefined && prices.every((price) => findPriceIn(world, price, bound)) ? bound : own;
}

/** Stripe's 400 for what would be billed to a customer in another currency than the rest. It has neither a code nor a param. */
export function refuseOtherCurrency(world: World, customer: string, currency: string): void {
  const bound = otherCurrency(world, customer, currency);
  if (bound === undefined) return;
  throw invalid(
    `You cannot combine currencies on a single customer. This customer has an active subscription, subscription schedule, discount, quote, invoice item or active subscription mode checkout session with currency ${bound}.`,
  );
}
