import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { optionalTimestamp, ownerOf } from "../projection.ts";

export const customer = mirrored({
  object: "customer",
  table: "customers",
  path: "/v1/customers",
  project: (customer: Stripe.Customer | Stripe.DeletedCustomer) => {
    if (customer.deleted) {
      // Its id is all that Stripe still tells, and all that we should still know.
      return { row: { name: null, email: null, created_at: null, default_payment_method_id: null }, deleted: true };
    }
    return {
      row: {
        name: customer.name ?? null,
        email: customer.email,
        created_at: optionalTimestamp(customer.created),
        default_payment_method_id: idOf(customer.invoice_settings?.default_payment_method),
      },
      owner: ownerOf(customer.id, customer),
    };
  },
  listed: { by: "created" },
  events: {
    "customer.created": {},
    "customer.updated": {},
    "customer.deleted": { as: ({ id }) => ({ id, object: "customer", deleted: true }) },
  },
});
