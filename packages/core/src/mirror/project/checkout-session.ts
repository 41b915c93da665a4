import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { type Owner, ownerOf, type Projection, timestamp } from "../change.ts";

/**
 * @param delayedPaymentFailed a bank debit failed after the session was complete. The session itself never says so: it stays
 * `unpaid`.
 */
export function projectCheckoutSession(session: Stripe.Checkout.Session, delayedPaymentFailed = false): Projection {
  const customerId = idOf(session.customer);
  const owner = ownerOf(customerId, session.metadata) ?? guestOf(customerId, session);
  return {
    object: "checkout_session",
    object_id: session.id,
    row: {
      customer_id: customerId,
      user_id: owner && "user_id" in owner ? owner.user_id : null,
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
    owner,
  };
}

/** A purchase without an account belongs to whoever confirms the e-mail that the guest gave. */
function guestOf(customerId: string | null, session: Stripe.Checkout.Session): Owner | undefined {
  const email = session.customer_details?.email;
  const bought = session.status === "complete" && customerId && email;
  return bought && !session.client_reference_id ? { customer_id: customerId, email } : undefined;
}

/** open, then complete but unpaid, then settled. */
function rankOf(session: Stripe.Checkout.Session, delayedPaymentFailed: boolean): number {
  if (session.status === "open") return 0;
  return session.status === "complete" && session.payment_status === "unpaid" && !delayedPaymentFailed ? 1 : 2;
}
