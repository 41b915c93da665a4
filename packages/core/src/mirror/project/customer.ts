import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { optionalTimestamp, ownerOf, type Projection } from "../change.ts";

export function projectCustomer(customer: Stripe.Customer, deleted = false): Projection {
  return {
    object: "customer",
    object_id: customer.id,
    row: {
      email: customer.email,
      name: customer.name ?? null,
      default_payment_method_id: idOf(customer.invoice_settings?.default_payment_method),
      created_at: optionalTimestamp(customer.created),
    },
    rank: 0,
    deleted,
    owner: deleted ? undefined : ownerOf(customer.id, customer.metadata),
  };
}
