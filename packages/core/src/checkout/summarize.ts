import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { BillingError } from "../errors/index.ts";
import type { User } from "../identity/index.ts";
import { note, objects } from "../mirror/index.ts";
import { idOf, isMissing, listWhole } from "../stripe/index.ts";
import { dataOf, type ServiceClient } from "../supabase/index.ts";
import type { CheckoutSummary } from "./schema.ts";

/** The objects that the purchase made, all of which the mirror takes; and what was bought, which is for the page alone. */
const EXPANSION = ["subscription", "invoice", "payment_intent.latest_charge", "line_items"];

/**
 * Where a purchase stands, read from Stripe, and what was bought. What Stripe showed goes into the mirror, so the buyer's
 * account is right even when the webhook is late.
 * @param user absent: a guest
 * @throws BillingError `not_found` when there is no such session, or it is somebody else's; `unauthenticated` when it takes a user
 */
export async function summarizeCheckout(
  clients: Clients,
  user: User | undefined,
  sessionId: string,
): Promise<CheckoutSummary> {
  const { stripe, supabase } = clients;
  let isTheirs = false as boolean; // TypeScript does not see what the function below makes of it
  const session = await note(clients, "checkout_session", async () => {
    const answer = await stripe.checkout.sessions.retrieve(sessionId, { expand: EXPANSION });
    isTheirs = await assertReadable(supabase, answer, user);
    return answer;
  }).catch((error) => {
    throw isMissing(error) ? notFound() : error;
  });

  // Whoever comes back from a purchase that names them is its buyer, whatever address they paid with.
  if (user && session.client_reference_id === user.id) {
    dataOf(await supabase.rpc("claim_purchase", { session_id: session.id, user_id: user.id }));
  }

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
    ...(isTheirs && { receiptUrl: outcome === "complete" ? receiptOf(session) : null }),
  };
}

function receiptOf({ invoice, payment_intent: intent }: Stripe.Checkout.Session): string | null {
  const charge = intent && typeof intent === "object" ? intent.latest_charge : null;
  if (charge && typeof charge === "object" && charge.receipt_url) return charge.receipt_url;
  return (invoice && typeof invoice === "object" && invoice.hosted_invoice_url) || null;
}

// A session is open for a day at the most, so this leaves a guest a day to look at the purchase.
const FRESH_SECONDS = 2 * 24 * 60 * 60;

/**
 * A purchase is shown to the user whom it names, and to whoever owns its customer, or manages the billing of the organisation that
 * does: a guest who made the account later owns it too. An organisation's is no more its buyer's who has left it. One that names
 * nobody is shown, for two days, to whoever knows its id, which only the buyer's browser was told: without its receipt, the summary
 * has no name, no address and nothing to act with.
 * @returns whether it is the user's own
 */
async function assertReadable(
  supabase: ServiceClient,
  session: Stripe.Checkout.Session,
  user: User | undefined,
): Promise<boolean> {
  const { user_id, organization_id } = session.metadata ?? {};
  const named = organization_id ? [organization_id] : [user_id, session.client_reference_id].filter(Boolean);
  if (user && (named.includes(user.id) || (await isOwn(supabase, user, session)))) return true;
  if (named.length === 0 && Date.now() / 1000 - session.created < FRESH_SECONDS) return false;
  throw user ? notFound() : new BillingError("unauthenticated", "Sign in first");
}

async function isOwn(supabase: ServiceClient, user: User, session: Stripe.Checkout.Session): Promise<boolean> {
  const customerId = idOf(session.customer);
  // A purchase without a customer bears its owner itself.
  const bearer = customerId
    ? supabase.from("customers").select("user_id, organization_id").eq("id", customerId)
    : supabase.from("checkout_sessions").select("user_id, organization_id").eq("id", session.id);
  const owner = dataOf(await bearer.maybeSingle());
  if (owner?.user_id) return owner.user_id === user.id;
  const organization_id = owner?.organization_id ?? session.metadata?.organization_id; // it may not have arrived yet
  if (!organization_id) return false;
  return dataOf(await supabase.rpc("manages_billing", { user_id: user.id, organization_id }));
}

function notFound(): BillingError {
  return new BillingError("not_found", "There is no such checkout session");
}
