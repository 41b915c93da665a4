import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { timestamp } from "../projection.ts";

export const paymentIntent = mirrored({
  object: "payment_intent",
  table: "payment_intents",
  path: "/v1/payment_intents",
  project: (paymentIntent: Stripe.PaymentIntent) => {
    const { last_payment_error: failure } = paymentIntent;
    return {
      row: {
        amount: paymentIntent.amount,
        status: paymentIntent.status,
        currency: paymentIntent.currency,
        created_at: timestamp(paymentIntent.created),
        customer_id: idOf(paymentIntent.customer),
        failure_code: failure?.decline_code ?? failure?.code ?? null,
        amount_received: paymentIntent.amount_received ?? 0,
        failure_message: failure?.message ?? null,
      },
      // It goes back and forth until it has succeeded or is canceled.
      rank: paymentIntent.status === "succeeded" || paymentIntent.status === "canceled" ? 1 : 0,
    };
  },
  listed: { by: "created" },
  events: {
    "payment_intent.succeeded": {},
    "payment_intent.processing": {},
    "payment_intent.payment_failed": {},
    "payment_intent.canceled": {},
    "payment_intent.requires_action": {},
    // The money is held, to be captured later: https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
    "payment_intent.amount_capturable_updated": {},
  },
});
