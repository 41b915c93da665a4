import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { payInvoice, paymentMethodOf } from "./collecting.ts";
import type { LineDraft } from "./invoice-draft.ts";
import { issueInvoice } from "./invoicing.ts";
import { proportion } from "./pricing.ts";
import { netAmount, takeProrations, unusedCredit } from "./prorating.ts";
import { scheduleLife } from "./renewing.ts";
import { periodFrom, periodLine, planOf, type Subscription, type SubscriptionItem } from "./subscribing.ts";

type Price = Stored<Stripe.Price>;
export type Proration = "create_prorations" | "always_invoice" | "none";

/** The moment at which the subscription's current period ends, in seconds. */
export const currentPeriodEnd = (subscription: Subscription): number =>
  Math.max(...subscription.items.data.map((item) => item.current_period_end));

/**
 * The changed attributes when a subscription is to end at `moment`, or (null) to go on. Billing mode flexible:
 * `atPeriodEnd` is true only when the API asked for it by `cancel_at_period_end`.
 */
export function cancellation(world: World, subscription: Subscription, moment: number | null, atPeriodEnd: boolean) {
  if (moment === null) world.unschedule("end_subscription", subscription.id);
  else world.schedule("end_subscription", subscription.id, moment * 1000);
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
  item: SubscriptionItem;
  price: Price;
  quantity: number;
}

/**
 * Moves items to other prices. In the same interval the period stays, and the difference waits for the next invoice
 * (or is invoiced now: `always_invoice`). Another interval begins a new period and is invoiced at once.
 * In a trial nothing is prorated, and the trial goes on.
 */
export function changeItems(
  world: World,
  id: string,
  changes: ItemChange[],
  proration: Proration,
): Partial<Subscription> {
  const subscription = world.store.subscriptions.get(id);
  const trial = subscription.status === "trialing";
  const newPeriod = !trial && changes.some(({ item, price }) => !sameInterval(item.price, price));
  if (proration !== "none" && !trial) for (const change of changes) prorate(world, subscription, change, newPeriod);
  const items = subscription.items.data.map((item) => changedItem(world, item, changes, newPeriod));
  const patch = { items: { ...subscription.items, data: items } };
  if (newPeriod) scheduleLife(world, { ...subscription, ...patch });
  const charges = newPeriod ? items.map((item) => periodLine(world, item, false)) : [];
  if (charges.length === 0 && proration !== "always_invoice") return patch;
  const invoice = invoiceNow(world, { ...subscription, ...patch }, charges);
  if (invoice === undefined) return patch;
  return { ...patch, latest_invoice: invoice, ...(newPeriod ? { billing_cycle_anchor: world.now() } : {}) };
}

const sameInterval = (a: Price, b: Price) =>
  a.recurring?.interval === b.recurring?.interval && a.recurring?.interval_count === b.recurring?.interval_count;

function changedItem(
  world: World,
  item: SubscriptionItem,
  changes: ItemChange[],
  newPeriod: boolean,
): SubscriptionItem {
  const change = changes.find((candidate) => candidate.item.id === item.id);
  const price = change?.price ?? item.price;
  return {
    ...item,
    price,
    plan: planOf(price),
    quantity: change?.quantity ?? item.quantity ?? 1,
    ...(newPeriod ? periodFrom(world.now(), price) : {}),
  };
}

/** Credit for the time not used and, in an unchanged period, the charge for the rest of it. */
function prorate(
  world: World,
  subscription: Subscription,
  { item, price, quantity }: ItemChange,
  newPeriod: boolean,
): void {
  const { current_period_start: start, current_period_end: end } = item;
  const now = world.now();
  const put = (of: Price, units: number, amount: number, description: string) => {
    if (amount === 0) return;
    const common = { id: newId("ii"), subscription: subscription.id, item: item.id, period: { start: now, end } };
    world.store.prorations.put({ ...common, price: of.id, quantity: units, amount, description });
  };
  put(item.price, item.quantity ?? 1, unusedCredit(world, subscription.id, item.id, now), "Unused time");
  if (newPeriod) return;
  const whole = netAmount(world, subscription, { ...item, price, quantity });
  put(price, quantity, proportion(whole, Math.max(0, end - now), end - start), "Remaining time");
}

/** The id of the invoice; undefined when there was nothing to invoice. */
function invoiceNow(world: World, subscription: Subscription, charges: LineDraft[]): string | undefined {
  const lines = [...takeProrations(world, subscription.id), ...charges];
  if (lines.length === 0) return undefined;
  const invoice = issueInvoice(world, {
    id: newId("in"),
    customer: subscription.customer,
    subscription,
    currency: subscription.currency,
    reason: "subscription_update",
    lines,
  });
  const method = paymentMethodOf(world, subscription);
  if (invoice.status === "open" && method) payInvoice(world, invoice.id, method);
  return invoice.id;
}
