import { createHash } from "node:crypto";
import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { note } from "../mirror/index.ts";
import { dataOf } from "../supabase/index.ts";

/**
 * The open session of this customer for this purchase: the one that is there, else a new one. However many clicks arrive at
 * once, they get the same: the idempotency key is made of the purchase and of the last session before it.
 * Another subscription that the customer had begun to buy is closed, so that nobody ends up paying for both.
 */
export async function getOpenSession(
  clients: Clients,
  customerId: string,
  params: Stripe.Checkout.SessionCreateParams,
): Promise<Stripe.Checkout.Session> {
  const known = clients.supabase.from("checkout_sessions").select("id, status, mode, price_id");
  const sessions = dataOf(
    await known.eq("customer_id", customerId).order("created_at", { ascending: false }).order("id").limit(20),
  );

  for (const { id, status, mode, price_id } of sessions) {
    const samePrice = price_id === params.metadata?.price_id;
    if (status !== "open" || mode !== params.mode || (mode === "payment" && !samePrice)) continue;
    const session = await note(clients, "checkout_session", () => clients.stripe.checkout.sessions.retrieve(id));
    if (session.status !== "open") continue;
    if (samePrice && session.success_url === params.success_url && session.cancel_url === params.cancel_url)
      return session;
    await note(clients, "checkout_session", () => clients.stripe.checkout.sessions.expire(id));
  }

  let key = sha256(JSON.stringify([params, sessions[0]?.id]));
  for (;;) {
    const idempotencyKey = `checkout-${key}`;
    const session = await note(clients, "checkout_session", () =>
      clients.stripe.checkout.sessions.create(params, { idempotencyKey }),
    );
    if (session.status === "open") return session;
    // This key opened one before, which is over by now, and Stripe would answer with it for a day.
    key = sha256(JSON.stringify([key, session.id]));
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
