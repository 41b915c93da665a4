import type { Clients } from "../clients.ts";
import { BillingError } from "../errors/index.ts";
import type { User } from "../identity/index.ts";
import { note, objects } from "../mirror/index.ts";
import { isMissing, listWhole } from "../stripe/index.ts";
import { dataOf } from "../supabase/index.ts";
import type { CheckoutSummary } from "./schema.ts";

/** The objects that the purchase made, all of which the mirror takes; and what was bought, which is for the page alone. */
const EXPANSION = ["subscription", "invoice", "payment_intent.latest_charge", "line_items"];

/**
 * Where a purchase stands, read from Stripe, and what was bought. What Stripe showed goes into the mirror, so the buyer's
 * account is right even when the webhook is late.
 * @throws BillingError `not_found` when there is no such session, or it is somebody else's
 */
export async function summarizeCheckout(clients: Clients, user: User, sessionId: string): Promise<CheckoutSummary> {
  const { stripe, supabase } = clients;
  const session = await note(clients, "checkout_session", async () => {
    const answer = await stripe.checkout.sessions.retrieve(sessionId, { expand: EXPANSION });
    if (answer.client_reference_id !== user.id) throw notFound();
    return answer;
  }).catch((error) => {
    throw isMissing(error) ? notFound() : error;
  });

  // The answer shows ten of its items at the most.
  const { subscription } = session;
  if (subscription && typeof subscription === "object" && subscription.items.has_more) {
    await note(clients, "subscription", () => objects.subscription.retrieve(stripe, subscription.id));
  }

  const mirrored = supabase.from("checkout_sessions").select("outcome").eq("id", session.id);
  const { outcome } = dataOf(await mirrored.single());
  const items =
    session.line_items &&
    (await listWhole(session.line_items, (page) => stripe.checkout.sessions.listLineItems(session.id, page)));
  return {
    id: session.id,
    status: outcome,
    mode: session.mode === "subscription" ? "subscription" : "payment",
    amountTotal: session.amount_total,
    currency: session.currency,
    items: (items?.data ?? []).map((item) => ({
      description: item.description ?? "",
      quantity: item.quantity ?? 1,
      amountTotal: item.amount_total,
    })),
  };
}

function notFound(): BillingError {
  return new BillingError("not_found", "There is no such checkout session");
}
