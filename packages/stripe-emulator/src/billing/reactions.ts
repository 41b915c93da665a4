import type { Reactions, World } from "../world.ts";
import { subscriptionOf } from "./collecting.ts";
import { setDelinquent } from "./delinquency.ts";
import { endSubscription, isOver } from "./end-subscription.ts";
import { tellEntitlements } from "./entitling.ts";
import type { Invoice } from "./invoice-draft.ts";
import { applyPendingUpdate, forgetPendingUpdate } from "./pending-updates.ts";
import { followEnd } from "./scheduling.ts";
import type { Subscription } from "./subscription.ts";

/**
 * What becomes of a subscription when something happens to its invoice, and of a customer's entitlements and a schedule
 * when something happens to the subscription. Invoices and payments know nothing of it.
 */
export const reactions: Reactions = {
  "customer.subscription.*": (world, subscription) => {
    tellEntitlements(world, subscription.customer);
    if (isOver(subscription)) followEnd(world, subscription);
  },
  "invoice.paid": recover,
  "invoice.payment_failed": fallBehind,
  "invoice.overdue": becomePastDue,
  "invoice.voided": giveUpChange,
};

const WAITING = ["past_due", "unpaid", "incomplete"];

/** A subscription follows its latest invoice: when that is paid, it is active (https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses). */
function recover(world: World, invoice: Invoice): void {
  const subscription = subscriptionOf(world, invoice);
  if (!subscription || subscription.latest_invoice !== invoice.id) return;
  const { pending_update: pending } = subscription;
  if (pending) applyPendingUpdate(world, subscription, pending);
  if (!WAITING.includes(subscription.status)) return;
  world.unschedule("expire_incomplete", subscription.id);
  world.update("subscriptions", subscription.id, { status: "active" }, "customer.subscription.updated");
}

/** There is another attempt later, and the subscription is past due; or it was the last. */
function fallBehind(world: World, invoice: Invoice): void {
  const subscription = subscriptionOf(world, invoice);
  const holds = subscription && !subscription.pending_update && invoice.billing_reason !== "manual";
  if (!holds || !["active", "trialing", "past_due"].includes(subscription.status)) return;
  setDelinquent(world, invoice.customer, true);
  if (invoice.next_payment_attempt !== null || !invoice.auto_advance) {
    world.update("subscriptions", subscription.id, { status: "past_due" }, "customer.subscription.updated");
  } else giveUp(world, subscription);
}

/** What the account's settings say of subscriptions whose retries are used up. */
function giveUp(world: World, { id }: Subscription): void {
  if (world.afterRetries === "cancel") endSubscription(world, id, { reason: "payment_failed" });
  else if (world.afterRetries === "mark_unpaid")
    world.update("subscriptions", id, { status: "unpaid" }, "customer.subscription.updated");
  else world.update("subscriptions", id, { status: "past_due" }, "customer.subscription.updated");
}

function becomePastDue(world: World, invoice: Invoice): void {
  const subscription = subscriptionOf(world, invoice);
  if (subscription?.status === "active")
    world.update("subscriptions", subscription.id, { status: "past_due" }, "customer.subscription.updated");
}

/** A change that waited for this invoice to be paid waits no longer. */
function giveUpChange(world: World, invoice: Invoice): void {
  const subscription = subscriptionOf(world, invoice);
  if (subscription?.pending_update && subscription.latest_invoice === invoice.id)
    forgetPendingUpdate(world, subscription);
}
