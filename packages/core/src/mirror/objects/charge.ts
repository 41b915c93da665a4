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
      amount: charge.amount,
      status: charge.status,
      currency: charge.currency,
      created_at: timestamp(charge.created),
      invoice_id: idOf(charge.invoice),
      customer_id: idOf(charge.customer),
      receipt_url: charge.receipt_url,
      failure_code: charge.failure_code,
      // Of a charge that is held, or was captured in part, less than the amount.
      amount_captured: charge.amount_captured ?? charge.amount,
      amount_refunded: charge.amount_refunded,
      failure_message: charge.failure_message,
      payment_intent_id: idOf(charge.payment_intent),
    },
  }),
  listed: { by: "created" },
  events: {
    "charge.succeeded": {},
    "charge.captured": {},
    "charge.refunded": {},
  },
});
