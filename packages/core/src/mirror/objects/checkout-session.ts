import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { ownerOf, type Projection, timestamp } from "../projection.ts";
import { charge } from "./charge.ts";
import { invoice } from "./invoice.ts";
import { subscription } from "./subscription.ts";

/** The session itself never says that its delayed payment failed: it stays `unpaid`. An event does. */
type Session = Stripe.Checkout.Session & { delayed_payment_failed?: true };

export const checkoutSession = mirrored({
  object: "checkout_session",
  table: "checkout_sessions",
  path: "/v1/checkout/sessions",
  // Its payment, or the subscription that it should have paid, tells a delayed payment that failed from one under way.
  expand: ["payment_intent", "subscription"],
  project: (session: Session) => {
    const customerId = idOf(session.customer);
    const failed = session.delayed_payment_failed ?? hasFailed(session);
    return {
      row: {
        mode: session.mode,
        status: session.status ?? "open",
        currency: session.currency,
        price_id: session.metadata?.price_id ?? null,
        created_at: timestamp(session.created),
        expires_at: timestamp(session.expires_at),
        invoice_id: idOf(session.invoice),
        customer_id: customerId,
        amount_total: session.amount_total,
        customer_email: session.customer_details?.email ?? session.customer_email,
        payment_failed: failed,
        payment_status: session.payment_status,
        subscription_id: idOf(session.subscription),
        payment_intent_id: idOf(session.payment_intent),
      },
      rank: rankOf(session, failed),
      owner: ownerOf(customerId, {
        metadata: session.metadata,
        // What is not bought gives nobody anything.
        ...(session.status === "complete" && {
          reference: session.client_reference_id,
          email: session.customer_details?.email,
        }),
      }),
    };
  },
  /** What the purchase made, as far as the answer brings it along. */
  companions: ({ subscription: bought, invoice: billed, payment_intent: payment }) => {
    const charged = typeof payment === "object" ? payment?.latest_charge : null;
    const shown: Projection[] = [];
    if (bought && typeof bought === "object" && !subscription.isCut?.(bought)) shown.push(subscription.project(bought));
    if (billed && typeof billed === "object") shown.push(invoice.project(billed));
    if (charged && typeof charged === "object") shown.push(charge.project(charged));
    return shown;
  },
  listed: { by: "created", query: { expand: ["data.payment_intent", "data.subscription"] } },
  events: {
    "checkout.session.completed": {},
    "checkout.session.async_payment_succeeded": {},
    "checkout.session.async_payment_failed": { as: (session) => ({ ...session, delayed_payment_failed: true }) },
    "checkout.session.expired": {},
  },
});

function hasFailed({ status, payment_status, payment_intent: payment, subscription }: Session): boolean {
  if (status !== "complete" || payment_status !== "unpaid") return false;
  const paymentFailed =
    typeof payment === "object" && ["requires_payment_method", "canceled"].includes(payment?.status ?? "");
  const subscriptionFailed =
    typeof subscription === "object" &&
    ["past_due", "unpaid", "incomplete_expired"].includes(subscription?.status ?? "");
  return paymentFailed || subscriptionFailed;
}

/** open, then complete but unpaid, then settled. */
function rankOf(session: Session, failed: boolean): number {
  if (session.status === "open") return 0;
  return session.status === "complete" && session.payment_status === "unpaid" && !failed ? 1 : 2;
}
