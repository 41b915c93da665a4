import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { type Projection, timestamp } from "../change.ts";

/** @param detached for good: Stripe attaches no payment method a second time */
export function projectPaymentMethod(paymentMethod: Stripe.PaymentMethod, detached = false): Projection {
  const { card, sepa_debit: debit } = paymentMethod;
  return {
    object: "payment_method",
    object_id: paymentMethod.id,
    row: {
      customer_id: idOf(paymentMethod.customer),
      type: paymentMethod.type,
      brand: card?.brand ?? null,
      last4: card?.last4 ?? debit?.last4 ?? null,
      exp_month: card?.exp_month ?? null,
      exp_year: card?.exp_year ?? null,
      created_at: timestamp(paymentMethod.created),
    },
    rank: 0,
    deleted: detached,
  };
}
