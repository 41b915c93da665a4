import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { timestamp } from "../projection.ts";

export const paymentMethod = mirrored({
  object: "payment_method",
  table: "payment_methods",
  path: "/v1/payment_methods",
  project: (paymentMethod: Stripe.PaymentMethod) => ({
    row: {
      type: paymentMethod.type,
      brand: paymentMethod.card?.brand ?? null,
      last4: detailsOf(paymentMethod)?.last4 ?? null,
      exp_year: paymentMethod.card?.exp_year ?? null,
      exp_month: paymentMethod.card?.exp_month ?? null,
      created_at: timestamp(paymentMethod.created),
      customer_id: idOf(paymentMethod.customer),
    },
    // One that belongs to nobody any more was detached, for good: Stripe attaches no payment method a second time.
    deleted: paymentMethod.customer === null,
  }),
  listed: { by: "customer" },
  events: {
    "payment_method.attached": {},
    "payment_method.updated": {},
    "payment_method.automatically_updated": {},
    "payment_method.detached": { as: (paymentMethod) => ({ ...paymentMethod, customer: null }) },
  },
});

/** What Stripe says of its kind: `card`, `sepa_debit`, `us_bank_account` … each stands under its own name. */
function detailsOf(paymentMethod: Stripe.PaymentMethod): { last4?: string | null } | undefined {
  return (paymentMethod as unknown as Record<string, { last4?: string | null } | undefined>)[paymentMethod.type];
}
