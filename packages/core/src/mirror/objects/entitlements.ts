import type Stripe from "stripe";
import { listWhole, read } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";

/** A customer's entitlements are one object, under the customer's id: Stripe sends the set anew whenever it changes. */
interface Entitlements {
  id: string;
  lookup_keys: string[];
  has_more: boolean;
}

export const entitlements = mirrored({
  object: "entitlements",
  table: "entitlements",
  retrieve: async (stripe, customer, options) => {
    const readPage = (page: object) =>
      read<Stripe.ApiList<Stripe.Entitlements.ActiveEntitlement>>(
        stripe,
        "/v1/entitlements/active_entitlements",
        { customer, ...page },
        options,
      );
    const first = await readPage({ limit: 100 });
    const { data } = await listWhole(first, readPage);
    return { ...toEntitlements(customer, { data, has_more: false }), lastResponse: first.lastResponse };
  },
  project: ({ id, lookup_keys }: Entitlements) => ({ row: { customer_id: id, lookup_keys } }),
  isCut: ({ has_more }) => has_more,
  events: {
    "entitlements.active_entitlement_summary.updated": {
      as: ({ customer, entitlements }) => toEntitlements(customer, entitlements),
    },
  },
});

function toEntitlements(
  customer: string,
  { data, has_more }: { data: Pick<Stripe.Entitlements.ActiveEntitlement, "lookup_key">[]; has_more: boolean },
): Entitlements {
  return { id: customer, lookup_keys: data.map(({ lookup_key }) => lookup_key).sort(), has_more };
}
