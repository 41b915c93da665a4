import type { World } from "../world.ts";
import { changeItems, type ItemChange } from "./changing.ts";
import { closeInvoice } from "./closing.ts";
import { scheduleLife } from "./life.ts";
import type { Subscription } from "./subscription.ts";

type PendingUpdate = NonNullable<Subscription["pending_update"]>;

const KEPT_S = 23 * 3600;

const pendingUntil = (expires_at: number): PendingUpdate => ({
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
 * `pending_if_incomplete`: the change is invoiced at once and made when that is paid; until then the subscription
 * stays what it was (https://docs.stripe.com/billing/subscriptions/pending-updates).
 */
export function changeWhenPaid(world: World, id: string, changes: ItemChange[]): Partial<Subscription> {
  const before = world.store.subscriptions.get(id);
  const pending = pendingUntil(world.now() + KEPT_S);
  // While it is there, a payment that fails does not make the subscription past due.
  world.update("subscriptions", id, { pending_update: pending });
  const patch = changeItems(world, id, changes, { proration: "always_invoice" });
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

/** Nobody paid in time: the invoice is voided, and the change is forgotten. */
export function expirePendingUpdate(world: World, id: string): void {
  const subscription = world.store.subscriptions.find(id);
  if (!subscription?.pending_update) return;
  const invoice = world.store.invoices.find(subscription.latest_invoice);
  if (invoice?.status === "open") closeInvoice(world, invoice.id, "void");
  const expired = world.update("subscriptions", id, { pending_update: null }, "customer.subscription.updated");
  world.emit("customer.subscription.pending_update_expired", expired);
}
