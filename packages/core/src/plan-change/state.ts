import type Stripe from "stripe";
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

/** When the first of its parts is paid again, in seconds: parts may be paid monthly and yearly. */
export const firstEndOf = ({ items }: Stripe.Subscription): number =>
  Math.min(...items.data.map(({ current_period_end: end }) => end));

/** When the last of its parts ends, in seconds. */
export const periodEndOf = ({ items }: Stripe.Subscription): number =>
  Math.max(...items.data.map(({ current_period_end: end }) => end));
