import type Stripe from "stripe";
import { isForbidden, isMissing, listWhole, read } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";

/** A customer's entitlements are one object, under the customer's id: Stripe sends the set anew whenever it changes. */
interface Entitlements {
  id: string;
  lookup_keys: string[];
  has_more: boolean;
}

const PATH = "/v1/entitlements/active_entitlements";

export const entitlements = mirrored({
  object: "entitlements",
  table: "entitlements",
  retrieve: async (stripe, customer, options) => {
    const readPage = (page: object) =>
      read<Stripe.ApiList<Stripe.Entitlements.ActiveEntitlement>>(stripe, PATH, { customer, ...page }, options);
    try {
      const first = await readPage({ limit: 100 });
      const { data } = await listWhole(first, readPage);
      return { ...toEntitlements(customer, { data, has_more: false }), lastResponse: first.lastResponse };
    } catch (error) {
      if (!isMissing(error)) throw error;
      // Stripe forgets what a deleted customer was entitled to, and never the customer.
      const gone = await read<Stripe.Customer | Stripe.DeletedCustomer>(
        stripe,
        `/v1/customers/${customer}`,
        {},
        options,
      );
      if (!gone.deleted) throw error;
      return { ...toEntitlements(customer, { data: [], has_more: false }), lastResponse: gone.lastResponse };
    }
  },
  project: ({ id, lookup_keys }: Entitlements) => ({ row: { customer_id: id, lookup_keys } }),
  isCut: ({ has_more }) => has_more,
  listed: {
    by: "customer",
    path: PATH,
    show: (customer, list) => [toEntitlements(customer, list)],
    isUsed: async (stripe) => {
      try {
        const { data } = await read<Stripe.ApiList<object>>(stripe, "/v1/entitlements/features", { limit: 1 });
        return data.length > 0;
      } catch (error) {
        if (!isForbidden(error)) throw error;
        return true; // It may be: the list itself says whether the key may read it.
      }
    },
  },
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
