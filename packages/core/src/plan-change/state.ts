import type Stripe from "stripe";
import { periodEndOf } from "../subscription/index.ts";
import { toIso } from "./moment.ts";
import { partsOf, type Standing } from "./schedule.ts";
import type { SubscriptionState } from "./schema.ts";

/** How a subscription stands, and what is to come of it. */
export function stateOf(subscription: Stripe.Subscription, { next }: Pick<Standing, "next">): SubscriptionState {
  const { id, status, items, cancel_at: end } = subscription;
  return {
    subscriptionId: id,
    status,
    items: items.data.map(({ price, quantity }) => ({ priceId: price.id, quantity: quantity ?? null })),
    periodEnd: toIso(periodEndOf(subscription)),
    endsAt: end === null ? null : toIso(end),
    changesTo: next ? { items: partsOf(next), at: toIso(next.start_date) } : null,
  };
}
