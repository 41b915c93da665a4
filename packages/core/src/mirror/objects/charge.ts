import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { timestamp } from "../projection.ts";

type BeforeBasil = { invoice?: string | { id: string } | null };

export const charge = mirrored({
  object: "charge",
  table: "charges",
  path: "/v1/charges",
  project: (charge: Stripe.Charge & BeforeBasil) => ({
    row: {
      customer_id: idOf(charge.customer),
      payment_intent_id: idOf(charge.payment_intent),
      invoice_id: idOf(charge.invoice),
      status: charge.status,
      currency: charge.currency,
      amount: charge.amount,
      // Of a charge that is held, or was captured in part, less than the amount.
      amount_captured: charge.amount_captured ?? charge.amount,
      amount_refunded: charge.amount_refunded,
      failure_code: charge.failure_code,
      failure_message: charge.failure_message,
      receipt_url: charge.receipt_url,
      created_at: timestamp(charge.created),
    },
  }),
  listed: { by: "created" },
  events: {
    "charge.succeeded": {},
    "charge.captured": {},
    "charge.refunded": {},
  },
});
