import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { type Projection, timestamp } from "../change.ts";

export function projectPaymentIntent(paymentIntent: Stripe.PaymentIntent): Projection {
  const { last_payment_error: failure } = paymentIntent;
  return {
    object: "payment_intent",
    object_id: paymentIntent.id,
    row: {
      customer_id: idOf(paymentIntent.customer),
      status: paymentIntent.status,
      currency: paymentIntent.currency,
      amount: paymentIntent.amount,
      amount_received: paymentIntent.amount_received ?? 0,
      failure_code: failure?.decline_code ?? failure?.code ?? null,
      failure_message: failure?.message ?? null,
      created_at: timestamp(paymentIntent.created),
    },
    // It goes back and forth until it has succeeded or is canceled.
    rank: paymentIntent.status === "succeeded" || paymentIntent.status === "canceled" ? 1 : 0,
    deleted: false,
  };
}
