import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { periodAround } from "./calendar.ts";
import { cancellation } from "./changing.ts";
import { awaitConfirmation, payInvoice, recordAttempt } from "./collecting.ts";
import { grant } from "./discounting.ts";
import { type Invoice, newInvoice } from "./invoice-draft.ts";
import {
  type InvoiceItem,
  invoiceItemLine,
  pendingItems,
  purchaseLine,
  purchaseLines,
  subscriptionOf,
  takeInvoiceItems,
} from "./invoice-item.ts";
import { draftForAnHour, issueInvoice, newPayment } from "./invoicing.ts";
import { scheduleLife } from "./life.ts";
import { type Attempt, type AttemptOptions, attemptPayment } from "./payment.ts";
import { openSetup } from "./setup.ts";
import {
  isMetered,
  momentOfEnd,
  newSubscription,
  periodLines,
  type Subscription,
  type SubscriptionDraft,
  type SubscriptionItem,
} from "./subscription.ts";
import { isChallenged, isDeclined } from "./test-cards.ts";
import { usageLines } from "./usage.ts";

const INCOMPLETE_MS = 23 * 3_600_000;

const DAY = 86_400;
export const trialEndAfter = (world: World, days: number): number => world.now() + days * DAY;

/**
 * Begins a subscription, invoices its first period and charges it. A bank debit that is under way counts as active,
 * as at Stripe; a decline leaves it `incomplete`.
 */
export function startSubscription(
  world: World,
  draft: SubscriptionDraft,
): { subscription: Subscription; attempt: Attempt } {
  const { paymentMethod: method, trialEnd, purchases = [], authenticated = false, paysAhead = false } = draft;
  const { id, customer, currency } = world.store.subscriptions.put(newSubscription(world, draft));
  const discounts = draft.discounts.map((offer) => grant(world, offer, { customer, subscription: id }));
  const subscription = world.update("subscriptions", id, { discounts, ...plannedEnd(world, id, draft) });
  const { items } = subscription;
  const periods = firstPeriods(world, subscription, draft);
  const invoice = newId("in");
  const first = { id: invoice, customer, subscription, currency, reason: "subscription_create" as const };
  const once = purchases.map((purchase) => purchaseLine(world, purchase, currency, items.data));
  const bills = periods.length + once.length > 0;
  const waiting = paysAhead || !bills ? [] : waitingFor(world, subscription);
  const lines = [...waiting.map((item) => invoiceItemLine(world, item)), ...periods, ...once];
  const expected = newInvoice(world, { ...first, lines });
  const due = bills && expected.amount_due > 0;
  const outcome = world.store.instruments.find(method?.id)?.outcome;
  const sent = subscription.collection_method === "send_invoice";
  const waits = isDeclined(outcome) || (isChallenged(outcome) && !authenticated) || !method;
  const status = trialEnd !== null ? "trialing" : due && waits && !sent ? "incomplete" : "active";
  const ahead = paysAhead && due && method ? payAhead(world, expected, method, { authenticated }) : undefined;
  const setup = due || method || sent || paysAhead ? null : setUpLater(world, subscription);
  const begun = world.update("subscriptions", id, {
    status,
    latest_invoice: bills ? invoice : null,
    pending_setup_intent: setup,
  });
  world.emit("customer.subscription.created", begun);
  if (status === "incomplete") world.schedule("expire_incomplete", id, world.nowMs() + INCOMPLETE_MS);
  scheduleLife(world, begun);
  if (!bills) return { subscription: begun, attempt: "succeeded" };
  const bought = purchaseLines(world, purchases, { customer, currency, invoice, subscription: id, items: items.data });
  const taken = [...takeInvoiceItems(world, waiting, invoice), ...periods, ...bought];
  if (sent) {
    draftForAnHour(world, { ...first, lines: taken });
    return { subscription: world.store.subscriptions.get(id), attempt: "succeeded" };
  }
  const { status: issued } = issueInvoice(world, { ...first, lines: taken }, ahead?.intent);
  // It cannot be charged: it is not final.
  if (issued === "draft") return { subscription: world.store.subscriptions.get(id), attempt: "declined" };
  if (draft.awaitsConfirmation) awaitConfirmation(world, invoice);
  if (ahead) recordAttempt(world, invoice, ahead.attempt);
  const charged = ahead === undefined && due && method;
  const attempt = charged ? payInvoice(world, invoice, method, { authenticated }) : (ahead?.attempt ?? "succeeded");
  return { subscription: world.store.subscriptions.get(id), attempt };
}

/** When it is to end, and what that changes; a first period that it ends in is that much shorter, and charged so. */
function plannedEnd(
  world: World,
  id: string,
  { cancelAt, atPeriodEnd = false, prorates, trialEnd }: SubscriptionDraft,
) {
  if (cancelAt === undefined) return {};
  const subscription = world.store.subscriptions.get(id);
  const end = momentOfEnd(cancelAt, subscription.items);
  const data = subscription.items.data.map((item) => {
    return { ...item, current_period_end: Math.min(item.current_period_end, end) };
  });
  const items = prorates === false || trialEnd !== null ? subscription.items : { ...subscription.items, data };
  return { items, ...cancellation(world, subscription, end, atPeriodEnd) };
}

/**
 * The lines of the time up to the first period's end: for each natural period since its start
 * (https://docs.stripe.com/billing/subscriptions/backdating), also of what was used before it was made
 * (https://docs.stripe.com/billing/subscriptions/usage-based/manage-billing-setup). Where nothing is prorated, what has passed is free, and what is before
 * the anchor (https://docs.stripe.com/billing/subscriptions/billing-cycle).
 */
function firstPeriods(
  world: World,
  subscription: Subscription,
  { anchor, prorates = true, trialEnd }: SubscriptionDraft,
) {
  const { currency, items } = subscription;
  if (!prorates && anchor != null) return [];
  const passed = prorates && trialEnd === null ? items.data.flatMap((item) => passedPeriods(subscription, item)) : [];
  return [
    ...passed.flatMap((item) =>
      isMetered(item.price)
        ? usageLines(world, subscription, [item], item.current_period_end)
        : periodLines(world, item, currency, false),
    ),
    ...items.data.flatMap((item) => periodLines(world, item, currency, trialEnd !== null)),
  ];
}

/** An item in each period since its subscription's start that is over. */
function passedPeriods(subscription: Subscription, item: SubscriptionItem): SubscriptionItem[] {
  const { billing_cycle_anchor: anchor, billing_cycle_anchor_config: config, start_date } = subscription;
  const passed: SubscriptionItem[] = [];
  let start = start_date;
  while (start < item.current_period_start && item.price.recurring) {
    const { end } = periodAround(start, anchor, item.price.recurring, config?.day_of_month);
    passed.push({ ...item, current_period_start: start, current_period_end: end });
    start = end;
  }
  return passed;
}

/**
 * What waits for an invoice of the customer, whichever comes next (https://docs.stripe.com/billing/invoices/subscription#adding-upcoming-invoice-items).
 * What waits for another subscription goes on waiting.
 */
const waitingFor = (world: World, subscription: Subscription): InvoiceItem[] =>
  pendingItems(world, subscription).filter((item) => subscriptionOf(item) === undefined);

/** Nothing is due yet, and there is nothing to charge later: Elements collects it (the SDK's comment on `pending_setup_intent`). */
const setUpLater = (world: World, { customer }: Subscription): string =>
  openSetup(world, {
    customer,
    description: null,
    metadata: {},
    methodTypes: ["card"],
    automaticMethods: null,
    usage: "off_session",
  }).id;

/** Pays an invoice that is not written down yet. */
function payAhead(
  world: World,
  invoice: Invoice,
  method: Stored<Stripe.PaymentMethod>,
  options: AttemptOptions,
): { intent: string; attempt: Attempt } {
  const intent = newPayment(world, invoice);
  return { intent, attempt: attemptPayment(world, intent, method, options) };
}
