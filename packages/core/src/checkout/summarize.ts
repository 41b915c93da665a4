import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { BillingError } from "../errors/index.ts";
import type { User } from "../identity/index.ts";
import {
  applyFetched,
  type Projection,
  projectCharge,
  projectFetchedSession,
  projectFetchedSubscription,
  projectInvoice,
  SESSION_EXPANSION,
} from "../mirror/index.ts";
import { fetchAsOf, isMissing } from "../stripe/index.ts";
import { dataOf } from "../supabase/index.ts";
import type { CheckoutOutcome, CheckoutSummary } from "./schema.ts";

const EXPANSION = [...SESSION_EXPANSION, "payment_intent.latest_charge", "invoice", "line_items"];

/**
 * Where a purchase stands, read from Stripe, and what was bought. What Stripe showed goes into the mirror, so the buyer's
 * account is right even when the webhook is late.
 * @throws BillingError `not_found` when there is no such session, or it is somebody else's
 */
export async function summarizeCheckout(
  { stripe, supabase }: Clients,
  user: User,
  sessionId: string,
): Promise<CheckoutSummary> {
  const { answer: session, asOf } = await fetchAsOf(() =>
    stripe.checkout.sessions.retrieve(sessionId, { expand: EXPANSION }),
  ).catch((error) => {
    throw isMissing(error) ? notFound() : error;
  });
  if (session.client_reference_id !== user.id) throw notFound();

  const projections = [projectFetchedSession(session), ...boughtObjects(session)];
  await applyFetched(supabase, { answer: projections, asOf });
  const mirrored = supabase.from("checkout_sessions").select("outcome").eq("id", session.id);
  const { outcome } = dataOf(await mirrored.single());

  return {
    id: session.id,
    status: outcome as CheckoutOutcome,
    mode: session.mode === "subscription" ? "subscription" : "payment",
    amountTotal: session.amount_total,
    currency: session.currency,
    items: (session.line_items?.data ?? []).map((item) => ({
      description: item.description ?? "",
      quantity: item.quantity ?? 1,
      amountTotal: item.amount_total,
    })),
  };
}

/** What the purchase made, as far as the answer brought it along. */
function boughtObjects({ subscription, invoice, payment_intent: payment }: Stripe.Checkout.Session): Projection[] {
  const charge = typeof payment === "object" ? payment?.latest_charge : null;
  return [
    ...(subscription && typeof subscription === "object" ? [projectFetchedSubscription(subscription)] : []),
    ...(invoice && typeof invoice === "object" ? [projectInvoice(invoice)] : []),
    ...(charge && typeof charge === "object" ? [projectCharge(charge)] : []),
  ];
}

function notFound(): BillingError {
  return new BillingError("not_found", "There is no such checkout session");
}
