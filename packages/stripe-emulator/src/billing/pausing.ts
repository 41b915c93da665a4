import { newId } from "../state/ids.ts";
import type { World } from "../world.ts";
import { attemptInvoice } from "./collecting.ts";
import { issueInvoice } from "./invoicing.ts";
import { scheduleLife } from "./life.ts";
import { expirePendingUpdate, pendingUntil } from "./pending-updates.ts";
import { restartPeriod } from "./renewing.ts";
import { periodLines, type Subscription } from "./subscription.ts";

/** `pause_collection.resumes_at` has come. The status never changed, so nothing else does. */
export function resumeCollection(world: World, id: string): void {
  world.update("subscriptions", id, { pause_collection: null }, "customer.subscription.updated");
}

/** How long a resumption waits for its payment: without an attempt, or with attempts that are made again. */
const KEPT_S = { resume_on_payment_attempt: 23 * 3600, resume_on_payment_success: 365 * 86_400 };

/**
 * Resumes a subscription that its trial's end paused: its new period begins once the invoice of that is paid or written off. By default
 * nobody is charged for it before somebody says so; with `resume_on_payment_success` it is charged at once, and again later
 * (https://docs.stripe.com/billing/subscriptions/pause#resume-subscriptions).
 */
export function resumeSubscription(world: World, id: string, behavior: keyof typeof KEPT_S): Subscription {
  // What was asked before, and nobody paid for.
  expirePendingUpdate(world, id);
  const { customer, currency, items } = world.store.subscriptions.get(id);
  const attempts = behavior === "resume_on_payment_success";
  const data = restartPeriod(world.store.subscriptions.get(id), world.now());
  const invoice = newId("in");
  const until = world.now() + KEPT_S[behavior];
  const pending_update = { ...pendingUntil(until), billing_cycle_anchor: world.now(), subscription_items: data };
  const patch = { latest_invoice: invoice, pending_update };
  const subscription = world.update("subscriptions", id, patch, "customer.subscription.updated");
  world.schedule("expire_pending_update", id, until * 1000);
  issueInvoice(world, {
    id: invoice,
    customer,
    subscription: { ...subscription, items: { ...items, data } },
    currency,
    reason: "subscription_cycle",
    lines: data.flatMap((item) => periodLines(world, item, currency, false)),
    attributes: { auto_advance: attempts },
  });
  if (attempts) attemptInvoice(world, invoice);
  return world.store.subscriptions.get(id);
}

/** Its invoice is paid or written off; or an attempt at it failed, and it goes on nevertheless: past due. */
export function finishResuming(world: World, subscription: Subscription, status: "active" | "past_due"): void {
  const { id, items, pending_update: pending, billing_cycle_anchor: anchor } = subscription;
  world.unschedule("expire_pending_update", id);
  const patch = {
    items: { ...items, data: pending?.subscription_items ?? items.data },
    billing_cycle_anchor: pending?.billing_cycle_anchor ?? anchor,
    billing_cycle_anchor_config: null,
    pending_update: null,
    status,
  };
  const resumed = world.update("subscriptions", id, patch, "customer.subscription.updated");
  world.emit("customer.subscription.resumed", resumed);
  scheduleLife(world, resumed);
}
