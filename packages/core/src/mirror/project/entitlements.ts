import type Stripe from "stripe";
import type { Projection } from "../change.ts";

/** A customer's entitlements are one object: Stripe sends the set anew whenever it changes. */
export function projectEntitlements(
  customerId: string,
  entitlements: Pick<Stripe.Entitlements.ActiveEntitlement, "lookup_key">[],
): Projection {
  return {
    object: "entitlements",
    object_id: customerId,
    row: { customer_id: customerId, lookup_keys: entitlements.map((entitlement) => entitlement.lookup_key).sort() },
    rank: 0,
    deleted: false,
  };
}
