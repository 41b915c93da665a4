import { newId } from "../state/ids.ts";
import type { World } from "../world.ts";
import { nextPeriodEnd } from "./calendar.ts";
import { closeInvoice } from "./closing.ts";
import { paymentMethodOf } from "./collecting.ts";
import { endSubscription, isOver } from "./end-subscription.ts";
import { draftInvoice, type Invoice, type LineDraft, newInvoice } from "./invoice-draft.ts";
import { type InvoiceItem, invoiceItemLine, pendingItems, subscriptionOf, takeInvoiceItems } from "./invoice-item.ts";
import { finalizeInvoice } from "./invoicing.ts";
import { periodEndOf, scheduleLife } from "./life.ts";
import { isMetered, periodLines, type Subscription } from "./subscription.ts";
import { usageLines } from "./usage.ts";

/** A renewal's invoice stays a draft for about an hour, so that it can still be changed. */
const DRAFT_S = 3600;

/** The items whose period is the first to end. */
const endingItems = (subscription: Subscription) =>
  subscription.items.data.filter((item) => item.current_period_end === periodEndOf(subscription));

/** The next period begins, or the first one after a trial: a draft is written, to be collected an hour later. */
export function renewSubscription(world: World, id: string): void {
  const before = world.store.subscriptions.find(id);
  if (!before || isOver(before) || before.status === "paused" || before.status === "incomplete") return;
  if (before.cancel_at !== null && before.cancel_at <= world.now()) return;
  const trialEnds = before.status === "trialing";
  if (trialEnds && !paymentMethodOf(world, before) && endTrialUnpaid(world, before)) return;
  const invoice = newId("in");
  const ending = endingItems(before);
  const items = before.items.data.map((item) => (ending.includes(item) ? nextPeriod(before, item) : item));
  const subscription = world.update(
    "subscriptions",
    id,
    {
      items: { ...before.items, data: items },
      latest_invoice: invoice,
      ...(trialEnds ? { status: "active" } : {}),
    },
    "customer.subscription.updated",
  );
  const waiting = takeInvoiceItems(world, pendingFor(world, subscription), invoice);
  draftCycle(world, before, subscription, { id: invoice, lines: [...waiting, ...renewalLines(world, before)] });
  scheduleLife(world, subscription);
}

/**
 * A trial that ends with nothing to charge, by its `missing_payment_method`: true when it was cancelled or paused,
 * false when it goes on to an invoice that waits for payment.
 */
function endTrialUnpaid(world: World, { id, trial_settings: settings }: Subscription): boolean {
  const behavior = settings?.end_behavior.missing_payment_method;
  if (behavior === "cancel") endSubscription(world, id);
  else if (behavior === "pause") {
    const paused = world.update("subscriptions", id, { status: "paused" }, "customer.subscription.updated");
    world.emit("customer.subscription.paused", paused);
  } else return false;
  return true;
}

/**
 * The end that was planned (`cancel_at`) has come. Prorations that wait are left in place, and collected on a last
 * invoice (https://docs.stripe.com/api/subscriptions/cancel).
 */
export function endAsPlanned(world: World, id: string): void {
  const before = world.store.subscriptions.get(id);
  const waiting = pendingItems(world, before).filter((item) => subscriptionOf(item) === id);
  const used = usageLines(world, before, before.items.data, world.now()).filter(({ amount }) => amount > 0);
  if (waiting.length === 0 && used.length === 0) {
    endSubscription(world, id, { keepsProrations: true });
    return;
  }
  const invoice = newId("in");
  const ended = endSubscription(world, id, { keepsProrations: true, lastInvoice: invoice });
  const lines = [...takeInvoiceItems(world, waiting, invoice), ...used];
  draftCycle(world, before, ended, { id: invoice, lines });
}

function nextPeriod(subscription: Subscription, item: Subscription["items"]["data"][number]) {
  const start = item.current_period_end;
  const period = item.price.recurring ?? { interval: "month", interval_count: 1 };
  const { billing_cycle_anchor: anchor, billing_cycle_anchor_config: config, cancel_at: ends } = subscription;
  const end = nextPeriodEnd(anchor, start, period, config?.day_of_month);
  // One that is to end within the period is charged its part of it: the SDK's comment on `cancel_at`.
  return { ...item, current_period_start: start, current_period_end: Math.min(end, ends ?? end) };
}

/** The next periods of the items that end first; of those by use, what was used in the period that ends. */
const renewalLines = (world: World, before: Subscription): LineDraft[] =>
  endingItems(before).flatMap((item) =>
    isMetered(item.price)
      ? usageLines(world, before, [item], item.current_period_end)
      : periodLines(world, nextPeriod(before, item), before.currency, false),
  );

/**
 * What a renewal's invoice takes along: what waits for this subscription, or for whichever invoice comes next
 * (https://docs.stripe.com/api/invoiceitems/create#create_invoiceitem-subscription).
 */
const pendingFor = (world: World, subscription: Subscription): InvoiceItem[] =>
  pendingItems(world, subscription).filter((item) => (subscriptionOf(item) ?? subscription.id) === subscription.id);

/** An invoice's own period is the one before: what it bills in advance is the period of its lines. */
function draftCycle(
  world: World,
  before: Subscription,
  subscription: Subscription,
  { id, lines }: { id: string; lines: LineDraft[] },
): void {
  const { pause_collection: pause, status } = subscription;
  const collects = pause === null && status !== "unpaid";
  const invoice = draftInvoice(world, {
    id,
    customer: subscription.customer,
    subscription,
    currency: subscription.currency,
    reason: "subscription_cycle",
    lines,
    attributes: {
      period_start: endingItems(before)[0]?.current_period_start ?? before.start_date,
      period_end: periodEndOf(before),
      auto_advance: collects,
      automatically_finalizes_at: collects ? world.now() + DRAFT_S : null,
    },
  });
  if (collects) world.schedule("finalize_invoice", id, (world.now() + DRAFT_S) * 1000);
  else if (pause && pause.behavior !== "keep_as_draft" && finalizeInvoice(world, invoice.id).status === "open") {
    closeInvoice(world, invoice.id, pause.behavior === "void" ? "void" : "uncollectible");
  }
}

/** The invoice of the next period as it will be drafted, if nothing changes until then. */
export function upcomingInvoice(world: World, subscription: Subscription): Invoice {
  const waiting = pendingFor(world, subscription).map((item) => invoiceItemLine(world, item));
  return nextInvoice(world, subscription, [...waiting, ...renewalLines(world, subscription)]);
}

/** What a period costs, without what waits to be invoiced with it. */
export const recurringInvoice = (world: World, subscription: Subscription): Invoice =>
  nextInvoice(world, subscription, renewalLines(world, subscription));

function nextInvoice(world: World, subscription: Subscription, lines: LineDraft[]): Invoice {
  const end = periodEndOf(subscription);
  return newInvoice(world, {
    id: `upcoming_${newId("in")}`,
    customer: subscription.customer,
    subscription,
    currency: subscription.currency,
    reason: "upcoming",
    lines,
    attributes: {
      created: end,
      next_payment_attempt: end + DRAFT_S,
      period_start: endingItems(subscription)[0]?.current_period_start ?? subscription.start_date,
      period_end: end,
    },
  });
}

/** A paused subscription goes on: a new period begins now and is invoiced at once. */
export function restartPeriod(subscription: Subscription, now: number): Subscription["items"]["data"] {
  return subscription.items.data.map((item) => {
    const period = item.price.recurring ?? { interval: "month", interval_count: 1 };
    return { ...item, current_period_start: now, current_period_end: nextPeriodEnd(now, now, period) };
  });
}
