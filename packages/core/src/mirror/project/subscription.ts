import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { optionalTimestamp, type Projection, timestamp } from "../change.ts";

/** Until API version 2025-03-31 the period stood on the subscription, since then it stands on its items. */
type Period = { current_period_start?: number; current_period_end?: number };

export function projectSubscription(subscription: Stripe.Subscription & Period, deleted = false): Projection {
  const items = subscription.items.data.map((item: Stripe.SubscriptionItem & Period) => ({
    id: item.id,
    price_id: item.price.id,
    product_id: idOf(item.price.product),
    quantity: item.quantity ?? null,
    current_period_start: optionalTimestamp(item.current_period_start ?? subscription.current_period_start),
    current_period_end: optionalTimestamp(item.current_period_end ?? subscription.current_period_end),
  }));
  const [first] = items;
  return {
    object: "subscription",
    object_id: subscription.id,
    row: {
      customer_id: idOf(subscription.customer) ?? "",
      status: subscription.status,
      price_id: first?.price_id ?? null,
      product_id: first?.product_id ?? null,
      quantity: first?.quantity ?? null,
      items,
      currency: subscription.currency,
      current_period_start: first?.current_period_start ?? null,
      current_period_end: first?.current_period_end ?? null,
      trial_start: optionalTimestamp(subscription.trial_start),
      trial_end: optionalTimestamp(subscription.trial_end),
      cancel_at_period_end: subscription.cancel_at_period_end,
      cancel_at: optionalTimestamp(subscription.cancel_at),
      canceled_at: optionalTimestamp(subscription.canceled_at),
      ended_at: optionalTimestamp(subscription.ended_at),
      paused: Boolean(subscription.pause_collection),
      latest_invoice_id: idOf(subscription.latest_invoice),
      metadata: subscription.metadata ?? {},
      created_at: timestamp(subscription.created),
    },
    // It starts incomplete and leaves that state for good.
    rank: subscription.status === "incomplete" ? 0 : 1,
    deleted,
  };
}
