import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { attemptInvoice, awaitConfirmation } from "./collecting.ts";
import type { LineDraft } from "./invoice-draft.ts";
import {
  deleteInvoiceItem,
  type Purchase,
  pendingItems,
  putPurchases,
  subscriptionOf,
  takeInvoiceItems,
} from "./invoice-item.ts";
import { issueInvoice } from "./invoicing.ts";
import { scheduleLife } from "./life.ts";
import { chargeRest, creditRest } from "./prorating.ts";
import {
  isMetered,
  newItem,
  periodFrom,
  periodLines,
  planOf,
  type Subscription,
  type SubscriptionItem,
} from "./subscription.ts";
import { usageLines } from "./usage.ts";

type Price = Stored<Stripe.Price>;
export type Proration = "create_prorations" | "always_invoice" | "none";

/** The moment at which the last of the subscription's current periods ends, in seconds. Items may have different intervals. */
export const currentPeriodEnd = (subscription: Subscription): number =>
  Math.max(...subscription.items.data.map((item) => item.current_period_end));

/**
 * A subscription that is to end within a period leaves a credit for the rest of it
 * (https://docs.stripe.com/api/subscriptions/update#update_subscription-cancel_at). What is used until then is billed then.
 * @returns the changed attributes
 */
export function prorateEnd(
  world: World,
  subscription: Subscription,
  moment: number | null,
  proration: Proration,
): Partial<Subscription> {
  if (moment === subscription.cancel_at || moment === null) return {};
  if (proration === "none" || subscription.status === "trialing") return {};
  for (const item of subscription.items.data) creditRest(world, subscription, item, moment);
  const invoice = proration === "always_invoice" ? invoiceNow(world, subscription, []) : undefined;
  return invoice === undefined ? {} : { latest_invoice: invoice };
}

/**
 * The changed attributes when a subscription is to end at `moment`, or (null) to go on: the credit that waits for the end it was to have
 * is taken back. Billing mode flexible: `atPeriodEnd` is true only when the API asked for it by `cancel_at_period_end`.
 */
export function cancellation(world: World, subscription: Subscription, moment: number | null, atPeriodEnd: boolean) {
  const { cancel_at: before, id } = subscription;
  for (const item of moment === before ? [] : pendingItems(world, subscription)) {
    if (item.proration && item.amount < 0 && subscriptionOf(item) === id && item.period.start === before)
      deleteInvoiceItem(world, item);
  }
  if (moment === null) world.unschedule("end_subscription", id);
  else world.schedule("end_subscription", id, moment * 1000);
  return {
    cancel_at: moment,
    cancel_at_period_end: atPeriodEnd,
    canceled_at: moment === null ? null : (subscription.canceled_at ?? world.now()),
    cancellation_details: {
      comment: null,
      feedback: null,
      feedback_option: null,
      reason: moment === null ? null : ("cancellation_requested" as const),
    },
  };
}

export interface ItemChange {
  /** The item as it is; null: it is added. */
  item: SubscriptionItem | null;
  /** What it becomes; null: it is taken out. */
  to: { price: Price; quantity: number; metadata?: Stripe.Metadata; taxRates?: Stored<Stripe.TaxRate>[] | null } | null;
}

export interface ChangeOptions {
  proration: Proration;
  /** The moment, in seconds, up to which the old items count as used; default: now. */
  prorationDate?: number | undefined;
  /** A new period begins now for all items (`billing_cycle_anchor`), also where no interval changes. */
  restart?: boolean;
  /** What is invoiced now is not charged: the buyer confirms its payment (`default_incomplete`). */
  awaitsConfirmation?: boolean;
  /** What is bought once, with the change: it waits for the subscription's next invoice, which may be that of the change. */
  purchases?: readonly Purchase[];
}

/**
 * Changes, adds and takes out items. In the same interval the period stays, and the difference waits for the next
 * invoice (or is invoiced now: `always_invoice`). Where an item moves to another interval, a new period of all items
 * begins and is invoiced at once; an added item of an interval that is new to the subscription begins its own.
 * In a trial nothing is prorated, and the trial goes on.
 */
export function changeItems(
  world: World,
  id: string,
  changes: ItemChange[],
  {
    proration,
    prorationDate = world.now(),
    restart = false,
    purchases = [],
    awaitsConfirmation = false,
  }: ChangeOptions,
): Partial<Subscription> {
  const subscription = world.store.subscriptions.get(id);
  const trial = subscription.status === "trialing";
  const moves = changes.some(({ item, to }) => item && to && !sameInterval(item.price, to.price));
  const newPeriod = !trial && (restart || moves);
  const before = subscription.items.data;
  const after = changedItems(world, subscription, changes, newPeriod);
  const begins = (item: SubscriptionItem) => newPeriod || !before.some(({ price }) => sameInterval(price, item.price));
  if (proration !== "none" && !trial) {
    for (const item of before) {
      if (newPeriod || !after.some((next) => sameCharge(item, next)))
        creditRest(world, subscription, item, prorationDate);
    }
    for (const item of after) {
      if (!begins(item) && !before.some((old) => sameCharge(old, item)))
        chargeRest(world, { ...subscription, items: { ...subscription.items, data: after } }, item, prorationDate);
    }
  }
  putPurchases(world, purchases, { ...subscription, subscription: id, items: after });
  const patch = { items: { ...subscription.items, data: after } };
  if (!trial) scheduleLife(world, { ...subscription, ...patch });
  const charged = trial ? [] : after.filter(begins);
  if (charged.length === 0 && proration !== "always_invoice") return patch;
  const lines = charged.flatMap((item) => periodLines(world, item, subscription.currency, false));
  const invoice = invoiceNow(world, { ...subscription, ...patch }, lines, awaitsConfirmation);
  if (invoice === undefined) return patch;
  return {
    ...patch,
    latest_invoice: invoice,
    ...(newPeriod ? { billing_cycle_anchor: world.now(), billing_cycle_anchor_config: null } : {}),
    ...(awaitsConfirmation ? statusWhileAwaited(world, subscription, invoice) : {}),
  };
}

const sameCharge = (a: SubscriptionItem, b: SubscriptionItem) =>
  a.id === b.id && a.price.id === b.price.id && a.quantity === b.quantity;

const sameInterval = (a: Price, b: Price) =>
  a.recurring?.interval === b.recurring?.interval && a.recurring?.interval_count === b.recurring?.interval_count;

function changedItems(
  world: World,
  subscription: Subscription,
  changes: ItemChange[],
  newPeriod: boolean,
): SubscriptionItem[] {
  const period = (price: Price) => (newPeriod ? periodFrom(world.now(), price) : {});
  const kept = subscription.items.data.flatMap((item): SubscriptionItem[] => {
    const change = changes.find((candidate) => candidate.item?.id === item.id);
    if (!change) return [{ ...item, ...period(item.price) }];
    if (change.to === null) return [];
    const { price, quantity, metadata = item.metadata, taxRates = item.tax_rates } = change.to;
    const changed = { ...item, price, plan: planOf(price), quantity, metadata, tax_rates: taxRates, ...period(price) };
    const { quantity: _none, ...metered } = changed;
    return [isMetered(price) ? metered : changed];
  });
  const added = changes.flatMap(({ item, to }): SubscriptionItem[] => {
    if (item || !to) return [];
    const own = newItem(world, subscription.id, to);
    const sibling = subscription.items.data.find(({ price }) => sameInterval(price, to.price) && !newPeriod);
    const inTrial = subscription.status === "trialing" ? subscription.items.data[0] : undefined;
    const { current_period_start, current_period_end } = inTrial ?? sibling ?? own;
    return [{ ...own, current_period_start, current_period_end }];
  });
  return [...kept, ...added];
}

/**
 * What a subscription that ends now leaves: credits for the time not used (`prorate`), and an invoice of all that waits
 * (`invoiceNow`) (https://docs.stripe.com/api/subscriptions/cancel).
 */
export function settleEnd(
  world: World,
  subscription: Subscription,
  asked: { prorate: boolean; invoiceNow: boolean },
): void {
  if (asked.prorate && subscription.status !== "trialing") {
    for (const item of subscription.items.data) creditRest(world, subscription, item, world.now());
  }
  const used = asked.invoiceNow ? usageLines(world, subscription, subscription.items.data, world.now()) : [];
  const invoice = asked.invoiceNow ? invoiceNow(world, subscription, used) : undefined;
  if (invoice !== undefined) world.update("subscriptions", subscription.id, { latest_invoice: invoice });
}

/**
 * Until its payment is confirmed the subscription is past due
 * (https://docs.stripe.com/api/subscriptions/update#update_subscription-payment_behavior).
 */
export function statusWhileAwaited(world: World, { status }: Subscription, invoice: string): Partial<Subscription> {
  const { status: paid, collection_method: method } = world.store.invoices.get(invoice);
  const awaited = paid === "open" && method === "charge_automatically";
  return awaited && (status === "active" || status === "trialing") ? { status: "past_due" } : {};
}

/**
 * The id of the invoice; undefined when there was nothing to invoice.
 * @param awaitsConfirmation it is not charged: its payment waits for the buyer
 */
export function invoiceNow(
  world: World,
  subscription: Subscription,
  charges: LineDraft[],
  awaitsConfirmation = false,
): string | undefined {
  const id = newId("in");
  const pending = pendingItems(world, subscription).filter((item) => subscriptionOf(item) === subscription.id);
  const lines = [...takeInvoiceItems(world, pending, id), ...charges];
  if (lines.length === 0) return undefined;
  const invoice = issueInvoice(world, {
    id,
    customer: subscription.customer,
    subscription,
    currency: subscription.currency,
    reason: "subscription_update",
    lines,
    attributes: { auto_advance: !awaitsConfirmation || subscription.collection_method === "send_invoice" },
  });
  if (invoice.status === "open" && invoice.collection_method === "send_invoice") world.emit("invoice.sent", invoice);
  else if (awaitsConfirmation) awaitConfirmation(world, invoice.id);
  else attemptInvoice(world, invoice.id, { automatic: false });
  return invoice.id;
}
