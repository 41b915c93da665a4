import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { note } from "../mirror/index.ts";
import { isMissing, remove } from "../stripe/index.ts";

/**
 * Ends a subscription now. Stripe keeps the comment with it, so that whoever comes again can tell whose doing it was.
 * One that has ended meanwhile is no error.
 */
export async function endSubscription(clients: Clients, id: string, comment: string): Promise<void> {
  const query = { "cancellation_details[comment]": comment };
  try {
    await note(clients, "subscription", () =>
      remove<Stripe.Subscription>(clients.stripe, `/v1/subscriptions/${id}`, query),
    );
  } catch (error) {
    // Stripe answers so of one that it has cancelled already: https://docs.stripe.com/api/subscriptions/cancel
    if (!isMissing(error)) throw error;
  }
}
