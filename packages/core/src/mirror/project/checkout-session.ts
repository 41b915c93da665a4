import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { ownerOf, type Projection, timestamp } from "../change.ts";

/**
 * @param delayedPaymentFailed a bank debit failed after the session was complete. The session itself never says so: it stays
 * `unpaid`.
 */
export function projectCheckoutSession(session: Stripe.Checkout.Session, delayedPaymentFailed = false): Projection {
  const customerId = idOf(session.customer);
  return {
    object: "checkout_session",
    object_id: session.id,
    row: {
      customer_id: customerId,
      mode: session.mode,
      status: session.status ?? "open",
      payment_status: session.payment_status,
      payment_failed: delayedPaymentFailed,
      price_id: session.metadata?.price_id ?? null,
      currency: session.currency,
      amount_total: session.amount_total,
      customer_email: session.customer_details?.email ?? session.customer_email,
      payment_intent_id: idOf(session.payment_intent),
      subscription_id: idOf(session.subscription),
      invoice_id: idOf(session.invoice),
      expires_at: timestamp(session.expires_at),
      created_at: timestamp(session.created),
    },
    rank: rankOf(session, delayedPaymentFailed),
    deleted: false,
    owner: ownerOf(customerId, session.metadata),
  };
}

/** open, then complete but unpaid, then settled. */
function rankOf(session: Stripe.Checkout.Session, delayedPaymentFailed: boolean): number {
  if (session.status === "open") return 0;
  return session.status === "complete" && session.payment_status === "unpaid" && !delayedPaymentFailed ? 1 : 2;
}
