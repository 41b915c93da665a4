import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

/** Ends a subscription now: it is `canceled` for good. */
export function endSubscription(world: World, id: string): Stored<Stripe.Subscription> {
  const { canceled_at: asked, cancellation_details: details } = world.store.subscriptions.get(id);
  const now = world.now();
  const ended = world.update("subscriptions", id, {
    status: "canceled",
    canceled_at: asked ?? now,
    ended_at: now,
    cancellation_details: {
      comment: details?.comment ?? null,
      feedback: details?.feedback ?? null,
      feedback_option: null,
      reason: "cancellation_requested",
    },
  });
  world.unschedule("end_subscription", id);
  world.emit("customer.subscription.deleted", ended);
  return ended;
}
