import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
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
import { newSubscription, periodLines, type Subscription, type SubscriptionDraft } from "./subscription.ts";
import { isChallenged, isDeclined } from "./test-cards.ts";

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
  const { id, customer, currency, items } = world.store.subscriptions.put(newSubscription(world, draft));
  const discounts = draft.discounts.map((offer) => grant(world, offer, { customer, subscription: id }));
  const subscription = world.update("subscriptions", id, { discounts });
  const periods = items.data.flatMap((item) => periodLines(world, item, currency, trialEnd !== null));
  const invoice = newId("in");
  const first = { id: invoice, customer, subscription, currency, reason: "subscription_create" as const };
  const once = purchases.map((purchase) => purchaseLine(world, purchase, currency, items.data));
  const waiting = paysAhead ? [] : waitingFor(world, subscription);
  const lines = [...waiting.map((item) => invoiceItemLine(world, item)), ...periods, ...once];
  const expected = newInvoice(world, { ...first, lines });
  const due = expected.amount_due > 0;
  const outcome = world.store.instruments.find(method?.id)?.outcome;
  const sent = subscription.collection_method === "send_invoice";
  const waits = isDeclined(outcome) || (isChallenged(outcome) && !authenticated) || !method;
  const status = trialEnd !== null ? "trialing" : due && waits && !sent ? "incomplete" : "active";
  const ahead = paysAhead && due && method ? payAhead(world, expected, method, { authenticated }) : undefined;
  const setup = due || method || sent || paysAhead ? null : setUpLater(world, subscription);
  const begun = world.update("subscriptions", id, { status, latest_invoice: invoice, pending_setup_intent: setup });
  world.emit("customer.subscription.created", begun);
  if (status === "incomplete") world.schedule("expire_incomplete", id, world.nowMs() + INCOMPLETE_MS);
  scheduleLife(world, begun);
  const bought = purchaseLines(world, purchases, { customer, currency, invoice, subscription: id, items: items.data });
  const taken = [...takeInvoiceItems(world, waiting, invoice), ...periods, ...bought];
  if (sent) {
    draftForAnHour(world, { ...first, lines: taken });
    return { subscription: world.store.subscriptions.get(id), attempt: "succeeded" };
  }
  issueInvoice(world, { ...first, lines: taken }, ahead?.intent);
  if (draft.awaitsConfirmation) awaitConfirmation(world, invoice);
  if (ahead) recordAttempt(world, invoice, ahead.attempt);
  const charged = ahead === undefined && due && method;
  const attempt = charged ? payInvoice(world, invoice, method, { authenticated }) : (ahead?.attempt ?? "succeeded");
  return { subscription: world.store.subscriptions.get(id), attempt };
}

/**
 * What waits for an invoice of the customer, whichever comes next (https://docs.stripe.com/billing/invoices/subscription#adding-upcoming-invoice-items).
 * What waits for another subscription goes on waiting.
 */
const waitingFor = (world: World, subscription: Subscription): InvoiceItem[] =>
  pendingItems(world, subscription).filter((item) => subscriptionOf(item) === undefined);

/** Nothing is due yet, and there is nothing to charge later: Elements collects it (the SDK's comment on `pending_setup_intent`). */
const setUpLater = (world: World, { customer }: Subscription): string =>
  openSetup(world, { customer, description: null, metadata: {}, methodTypes: ["card"], usage: "off_session" }).id;

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
