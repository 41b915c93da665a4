import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { optionalTimestamp, ownerOf, type Projection } from "../change.ts";

/** A deleted customer keeps its id alone: that is all that Stripe still tells, and all that we should still know. */
export function projectDeletedCustomer({ id }: { id: string }): Projection {
  const row = { email: null, name: null, default_payment_method_id: null, created_at: null };
  return { object: "customer", object_id: id, row, rank: 0, deleted: true };
}

export function projectCustomer(customer: Stripe.Customer): Projection {
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
    deleted: false,
    owner: ownerOf(customer.id, customer.metadata),
  };
}
