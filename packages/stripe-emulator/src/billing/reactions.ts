import type { Reactions, World } from "../world.ts";
import { subscriptionOf } from "./collecting.ts";
import { setDelinquent } from "./delinquency.ts";
import { endSubscription, isOver } from "./end-subscription.ts";
import { tellEntitlements } from "./entitling.ts";
import type { Invoice } from "./invoice-draft.ts";
import { defaultPaymentOf } from "./invoice-payments.ts";
import { finishResuming } from "./pausing.ts";
import { applyPendingUpdate, forgetPendingUpdate } from "./pending-updates.ts";
import { followEnd } from "./scheduling.ts";
import type { SetupIntent } from "./setup.ts";
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
  "invoice.marked_uncollectible": writeOff,
  "invoice.voided": (world, invoice) => {
    giveUpChange(world, invoice);
    lookFurtherBack(world, invoice);
  },
  "setup_intent.succeeded": keepForLater,
};

const WAITING = ["past_due", "unpaid", "incomplete"];

/** Whether it is paused, and this is the invoice of its resumption. */
const isResumedBy = (
  { status, latest_invoice: latest, pending_update: pending }: Subscription,
  { id }: Pick<Invoice, "id">,
): boolean => status === "paused" && pending !== null && latest === id;

/** A subscription follows its latest invoice: when that is paid, it is active (https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses). */
function recover(world: World, invoice: Invoice): void {
  const subscription = subscriptionOf(world, invoice);
  if (!subscription || subscription.latest_invoice !== invoice.id) return;
  const { pending_update: pending } = subscription;
  if (isResumedBy(subscription, invoice)) finishResuming(world, subscription, "active");
  else if (pending) applyPendingUpdate(world, subscription, pending);
  saveMethod(world, subscription, invoice);
  if (!WAITING.includes(subscription.status)) return;
  world.unschedule("expire_incomplete", subscription.id);
  becomeActive(world, subscription.id);
}

/** `save_default_payment_method`: what paid becomes the subscription's own (https://docs.stripe.com/api/subscriptions/create#create_subscription-payment_settings-save_default_payment_method). */
function saveMethod(world: World, { id, payment_settings: settings }: Subscription, invoice: Invoice): void {
  if (settings?.save_default_payment_method !== "on_subscription") return;
  const payment = defaultPaymentOf(world, invoice.id)?.payment.payment_intent;
  const method = world.store.paymentIntents.find(payment)?.payment_method ?? null;
  if (method !== null)
    world.update("subscriptions", id, { default_payment_method: method }, "customer.subscription.updated");
}

/** What a subscription without a method waited for is its own now. */
function keepForLater(world: World, { id, payment_method: method }: SetupIntent): void {
  const waiting = world.store.subscriptions.all().find((row) => row.pending_setup_intent === id);
  if (!waiting) return;
  const patch = { pending_setup_intent: null, default_payment_method: method };
  world.update("subscriptions", waiting.id, patch, "customer.subscription.updated");
}

const becomeActive = (world: World, id: string) =>
  world.update("subscriptions", id, { status: "active" }, "customer.subscription.updated");

/** https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses: "marking it uncollectible transitions the subscription to active" */
function writeOff(world: World, invoice: Invoice): void {
  const subscription = subscriptionOf(world, invoice);
  if (subscription?.latest_invoice !== invoice.id) return;
  if (subscription.status === "past_due") becomeActive(world, subscription.id);
  if (isResumedBy(subscription, invoice)) finishResuming(world, subscription, "active");
}

/** The status is that of the most recent invoice that was not voided. */
function lookFurtherBack(world: World, invoice: Invoice): void {
  const subscription = subscriptionOf(world, invoice);
  if (subscription?.status !== "past_due") return;
  const last = world.store.invoices
    .where("customer", invoice.customer ?? "")
    .findLast((row) => row.parent?.subscription_details?.subscription === subscription.id && row.status !== "void");
  if (last?.status !== "open") becomeActive(world, subscription.id);
}

/** There is another attempt later, and the subscription is past due; or it was the last. */
function fallBehind(world: World, invoice: Invoice): void {
  const subscription = subscriptionOf(world, invoice);
  if (subscription && isResumedBy(subscription, invoice) && !invoice.auto_advance)
    finishResuming(world, subscription, "past_due");
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
