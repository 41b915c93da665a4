import type Stripe from "stripe";
import { idOf, listWhole, requiredIdOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { metadataOf, optionalTimestamp, timestamp } from "../projection.ts";

/** Until API version 2025-03-31 the period stood on the subscription, since then it stands on its items. */
type Period = { current_period_start?: number; current_period_end?: number };

export const subscription = mirrored({
  object: "subscription",
  table: "user_subscriptions",
  path: "/v1/subscriptions",
  project: (subscription: Stripe.Subscription & Period, deleted: boolean) => {
    const items = subscription.items.data.map((item: Stripe.SubscriptionItem & Period) => ({
      id: item.id,
      price_id: item.price.id,
      quantity: item.quantity ?? null,
      product_id: requiredIdOf(item.price.product),
      current_period_end: optionalTimestamp(item.current_period_end ?? subscription.current_period_end),
      current_period_start: optionalTimestamp(item.current_period_start ?? subscription.current_period_start),
    }));
    const [first] = items;
    return {
      row: {
        items,
        paused: Boolean(subscription.pause_collection),
        status: subscription.status,
        currency: subscription.currency,
        ended_at: optionalTimestamp(subscription.ended_at),
        metadata: metadataOf(subscription.metadata),
        price_id: first?.price_id ?? null,
        quantity: first?.quantity ?? null,
        cancel_at: optionalTimestamp(subscription.cancel_at),
        trial_end: optionalTimestamp(subscription.trial_end),
        created_at: timestamp(subscription.created),
        product_id: first?.product_id ?? null,
        canceled_at: optionalTimestamp(subscription.canceled_at),
        customer_id: requiredIdOf(subscription.customer),
        trial_start: optionalTimestamp(subscription.trial_start),
        pending_update: pendingOf(subscription),
        latest_invoice_id: idOf(subscription.latest_invoice),
        current_period_end: first?.current_period_end ?? null,
        cancel_at_period_end: subscription.cancel_at_period_end,
        current_period_start: first?.current_period_start ?? null,
      },
      // It starts incomplete and leaves that state for good.
      rank: subscription.status === "incomplete" ? 0 : 1,
      // Stripe keeps a cancelled subscription; nothing of it changes any more.
      deleted: deleted || subscription.status === "canceled",
    };
  },
  complete: async (subscription, readPage) => {
    const query = { subscription: subscription.id };
    subscription.items = await listWhole(subscription.items, (page) =>
      readPage("/v1/subscription_items", { ...query, ...page }),
    );
  },
  isCut: ({ items }) => items.has_more,
  listed: { by: "created", query: { status: "all" } },
  events: {
    "customer.subscription.created": {},
    "customer.subscription.updated": { notify: (event) => (changesTerms(event) ? "terms_changed" : undefined) },
    "customer.subscription.deleted": { deleted: true },
    "customer.subscription.paused": {},
    "customer.subscription.resumed": {},
    "customer.subscription.pending_update_applied": {},
    "customer.subscription.pending_update_expired": {},
    "customer.subscription.trial_will_end": { notify: "trial_will_end" },
  },
});

const TERMS = ["automatic_tax", "default_payment_method", "default_tax_rates", "description", "discounts"];

/** Whether a subscription that changes by a schedule is paid by, taxed or discounted with something else now: the schedule does not know. */
function changesTerms({ data }: Stripe.Event): boolean {
  const { schedule, items } = data.object as Stripe.Subscription;
  const before = (data.previous_attributes ?? {}) as Partial<Stripe.Subscription>;
  if (!schedule) return false;
  if (TERMS.some((name) => name in before)) return true;
  return before.items !== undefined && (items.has_more || termsOf(before.items) !== termsOf(items));
}

/** What an item is paid by. Each renewal moves its period, too, which changes no terms. */
const termsOf = ({ data }: Stripe.Subscription["items"]) =>
  JSON.stringify(
    data.map(({ id, price, quantity, discounts, tax_rates }) => ({
      id,
      price: price.id,
      quantity,
      discounts,
      tax_rates: tax_rates?.map((rate) => rate.id),
    })),
  );

/** https://docs.stripe.com/billing/subscriptions/pending-updates */
function pendingOf({ pending_update: pending }: Stripe.Subscription) {
  if (!pending) return null;
  const items = (pending.subscription_items ?? []).map(({ price, quantity }) => ({
    price_id: price.id,
    quantity: quantity ?? null,
  }));
  return { expires_at: timestamp(pending.expires_at), items };
}
