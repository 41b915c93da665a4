import { invalid } from "../api/errors.ts";
import { otherCurrency } from "../billing/customer-currency.ts";
import type { World } from "../world.ts";

/** Stripe's 400 for what would be billed to a customer in another currency than the rest. It has neither a code nor a param. */
export function refuseOtherCurrency(world: World, customer: string, currency: string): void {
  const bound = otherCurrency(world, customer, currency);
  if (bound === undefined) return;
  throw invalid(
    `You cannot combine currencies on a single customer. This customer has an active subscription, subscription schedule, discount, quote, invoice item or active subscription mode checkout session with currency ${bound}.`,
  );
}
