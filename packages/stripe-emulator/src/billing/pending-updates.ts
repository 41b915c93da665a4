import type { World } from "../world.ts";
import { type ChangeOptions, changeItems, type ItemChange } from "./changing.ts";
import { closeInvoice } from "./closing.ts";
import { periodEndOf, scheduleLife } from "./life.ts";
import type { Subscription } from "./subscription.ts";

type PendingUpdate = NonNullable<Subscription["pending_update"]>;

const KEPT_S = 23 * 3600;

export const pendingUntil = (expires_at: number): PendingUpdate => ({
  billing_cycle_anchor: null,
  cancel_at_period_end: null,
  discount: null,
  discounts: null,
  expires_at,
  metadata: null,
  subscription_items: null,
  trial_end: null,
  trial_from_plan: null,
});

/**
 * `pending_if_incomplete`: the change is made when what it invoices at once is paid; until then the subscription stays what it was. It
 * takes the place of one that waits already (https://docs.stripe.com/billing/subscriptions/pending-updates).
 */
export function changeWhenPaid(
  world: World,
  id: string,
  changes: ItemChange[],
  options: ChangeOptions,
): Partial<Subscription> {
  expirePendingUpdate(world, id);
  const before = world.store.subscriptions.get(id);
  const pending = pendingUntil(expiryOf(world, before));
  // While it is there, a payment that fails does not make the subscription past due.
  world.update("subscriptions", id, { pending_update: pending });
  const patch = changeItems(world, id, changes, options);
  world.update("subscriptions", id, { pending_update: null });
  const invoice = world.store.invoices.find(patch.latest_invoice);
  if (invoice?.status !== "open") return patch;
  scheduleLife(world, before);
  world.schedule("expire_pending_update", id, pending.expires_at * 1000);
  const asked = {
    billing_cycle_anchor: patch.billing_cycle_anchor ?? null,
    subscription_items: patch.items?.data ?? null,
  };
  return { latest_invoice: invoice.id, pending_update: { ...pending, ...asked } };
}

const trialEndOf = ({ status, trial_end: end }: Subscription) =>
  status === "trialing" && end !== null ? end : Number.POSITIVE_INFINITY;

/** After 23 hours, or with the period or the trial, whichever comes first. */
const expiryOf = (world: World, subscription: Subscription): number =>
  Math.min(world.now() + KEPT_S, periodEndOf(subscription), trialEndOf(subscription));

/** Its invoice is paid: the change is made. */
export function applyPendingUpdate(world: World, subscription: Subscription, pending: PendingUpdate): void {
  const { id, items, billing_cycle_anchor: anchor } = subscription;
  world.unschedule("expire_pending_update", id);
  const patch = {
    items: { ...items, data: pending.subscription_items ?? items.data },
    billing_cycle_anchor: pending.billing_cycle_anchor ?? anchor,
    pending_update: null,
  };
  const applied = world.update("subscriptions", id, patch, "customer.subscription.updated");
  world.emit("customer.subscription.pending_update_applied", applied);
  scheduleLife(world, applied);
}

/** Nobody paid in time, or something else took its place: the invoice is voided, and with it the change is forgotten. */
export function expirePendingUpdate(world: World, id: string): void {
  const subscription = world.store.subscriptions.find(id);
  if (!subscription?.pending_update) return;
  const invoice = world.store.invoices.find(subscription.latest_invoice);
  if (invoice?.status === "open") closeInvoice(world, invoice.id, "void");
  else forgetPendingUpdate(world, subscription);
}

/** A subscription's invoice is voided: what waited for its payment is not to come any more. */
export function forgetPendingUpdate(world: World, { id }: Subscription): void {
  world.unschedule("expire_pending_update", id);
  const expired = world.update("subscriptions", id, { pending_update: null }, "customer.subscription.updated");
  world.emit("customer.subscription.pending_update_expired", expired);
}
