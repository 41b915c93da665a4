import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { type Projection, timestamp } from "../change.ts";

type BeforeBasil = { invoice?: string | { id: string } | null };

export function projectCharge(charge: Stripe.Charge & BeforeBasil): Projection {
  return {
    object: "charge",
    object_id: charge.id,
    row: {
      customer_id: idOf(charge.customer),
      payment_intent_id: idOf(charge.payment_intent),
      invoice_id: idOf(charge.invoice),
      status: charge.status,
      currency: charge.currency,
      amount: charge.amount,
      amount_refunded: charge.amount_refunded,
      failure_code: charge.failure_code,
      failure_message: charge.failure_message,
      receipt_url: charge.receipt_url,
      created_at: timestamp(charge.created),
    },
    rank: 0,
    deleted: false,
  };
}
