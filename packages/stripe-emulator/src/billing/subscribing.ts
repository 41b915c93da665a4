import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { payInvoice, recordAttempt } from "./collecting.ts";
import { grant } from "./discounting.ts";
import { type Invoice, newInvoice } from "./invoice-draft.ts";
import { purchaseLine, purchaseLines } from "./invoice-item.ts";
import { issueInvoice, newPayment } from "./invoicing.ts";
import { scheduleLife } from "./life.ts";
import { type Attempt, type AttemptOptions, attemptPayment } from "./payment.ts";
import { newSubscription, periodLine, type Subscription, type SubscriptionDraft } from "./subscription.ts";
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
  const { paymentMethod: method, trialEnd, purchases = [], authenticated = false } = draft;
  const { id, customer, currency, items } = world.store.subscriptions.put(newSubscription(world, draft));
  const discounts = draft.discounts.map((offer) => grant(world, offer, { customer, subscription: id }));
  const subscription = world.update("subscriptions", id, { discounts });
  const periods = items.data.map((item) => periodLine(world, item, trialEnd !== null));
  const invoice = newId("in");
  const first = { id: invoice, customer, subscription, currency, reason: "subscription_create" as const };
  const once = purchases.map((purchase) => purchaseLine(world, purchase));
  const expected = newInvoice(world, { ...first, lines: [...periods, ...once] });
  const due = expected.amount_due > 0;
  const outcome = world.store.instruments.find(method?.id)?.outcome;
  const sent = subscription.collection_method === "send_invoice";
  const waits = isDeclined(outcome) || (isChallenged(outcome) && !authenticated) || !method;
  const status = trialEnd !== null ? "trialing" : due && waits && !sent ? "incomplete" : "active";
  const ahead = draft.paysAhead && due && method ? payAhead(world, expected, method, { authenticated }) : undefined;
  const begun = world.update("subscriptions", id, { status, latest_invoice: invoice });
  world.emit("customer.subscription.created", begun);
  if (status === "incomplete") world.schedule("expire_incomplete", id, world.nowMs() + INCOMPLETE_MS);
  scheduleLife(world, begun);
  const bought = purchaseLines(world, purchases, { customer, invoice, subscription: id });
  const issued = issueInvoice(world, { ...first, lines: [...periods, ...bought] }, ahead?.intent);
  if (sent && issued.status === "open") world.emit("invoice.sent", issued);
  if (ahead) recordAttempt(world, invoice, ahead.attempt);
  const charged = ahead === undefined && due && !sent && method;
  const attempt = charged ? payInvoice(world, invoice, method, { authenticated }) : (ahead?.attempt ?? "succeeded");
  return { subscription: world.store.subscriptions.get(id), attempt };
}

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
