import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import { listOf, type Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { periodEnd } from "./calendar.ts";
import { payInvoice, recordAttempt } from "./collecting.ts";
import { grant } from "./discounting.ts";
import { type Invoice, type LineDraft, newInvoice } from "./invoice-draft.ts";
import { type Purchase, purchaseLine, purchaseLines } from "./invoice-item.ts";
import { issueInvoice, newPayment } from "./invoicing.ts";
import { type Attempt, type AttemptOptions, attemptPayment } from "./payment.ts";
import type { Offer } from "./redeeming.ts";
import { scheduleLife } from "./renewing.ts";
import { isChallenged, isDeclined } from "./test-cards.ts";

export type Subscription = Stored<Stripe.Subscription>;
export type SubscriptionItem = Stored<Stripe.SubscriptionItem>;
type Price = Stored<Stripe.Price>;

export interface SubscriptionDraft {
  customer: string;
  items: { price: Price; quantity: number; metadata?: Stripe.Metadata }[];
  /** Null only where nothing is due now. */
  paymentMethod: Stored<Stripe.PaymentMethod> | null;
  /** What is bought once, beside: on the first invoice only. */
  purchases?: readonly Purchase[];
  /** Whether the method is kept as the subscription's own, beside the customer's default. */
  keepsMethod: boolean;
  metadata: Stripe.Metadata;
  description: string | null;
  trialEnd: number | null;
  automaticTax: boolean;
  discounts: Offer[];
  /**
   * At checkout the payment comes first, and the subscription and its invoice once it is made
   * (https://docs.stripe.com/changelog/basil/2025-03-31/checkout-legacy-subscription-upgrade).
   */
  paysAhead?: boolean;
  /** The buyer has passed the bank's challenge. */
  authenticated?: boolean;
  /** Days until an invoice that is sent is due; null: the method is charged. */
  daysUntilDue?: number | null;
  /** What the trial's end does when there is nothing to charge. */
  missingPaymentMethod: "create_invoice" | "cancel" | "pause";
}

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

/** The invoice line of an item's whole period; nothing is charged for a trial. */
export function periodLine(world: World, item: SubscriptionItem, trial: boolean): LineDraft {
  const quantity = item.quantity ?? 1;
  const product = world.store.products.find(item.price.product)?.name ?? item.price.product;
  return {
    amount: trial ? 0 : (item.price.unit_amount ?? 0) * quantity,
    description: trial ? `Trial period for ${product}` : `${quantity} × ${product}`,
    price: item.price,
    quantity,
    discountable: true,
    origin: { subscription: item.subscription, subscriptionItem: item.id, invoiceItem: null, proration: false },
    period: { start: item.current_period_start, end: item.current_period_end },
  };
}

/** The plan object that older clients still read beside the price. */
export function planOf(price: Price): Stored<Stripe.Plan> {
  return {
    id: price.id,
    object: "plan",
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: "per_unit",
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? "month",
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: price.recurring?.trial_period_days ?? null,
    usage_type: "licensed",
  };
}

/** The period that an item of this price runs for when it begins at `start` (seconds). */
export function periodFrom(start: number, price: Price): { current_period_start: number; current_period_end: number } {
  const recurring = price.recurring ?? { interval: "month", interval_count: 1 };
  return { current_period_start: start, current_period_end: periodEnd(start, recurring) };
}

export function newItem(
  world: World,
  subscription: string,
  item: SubscriptionDraft["items"][number],
  trialEnd: number | null,
): SubscriptionItem {
  const now = world.now();
  return {
    id: newId("si", 14),
    object: "subscription_item",
    billing_thresholds: null,
    created: now,
    ...periodFrom(now, item.price),
    ...(trialEnd === null ? {} : { current_period_end: trialEnd }),
    current_trial: null,
    discounts: [],
    metadata: item.metadata ?? {},
    plan: planOf(item.price),
    price: item.price,
    quantity: item.quantity,
    subscription,
    tax_rates: [],
  };
}

export const automaticTax = (enabled: boolean): Subscription["automatic_tax"] => ({
  disabled_reason: null,
  enabled,
  liability: enabled ? { type: "self" } : null,
});

function newSubscription(world: World, draft: SubscriptionDraft): Subscription {
  const id = newId("sub");
  const now = world.now();
  const items = draft.items.map((item) => newItem(world, id, item, draft.trialEnd));
  return {
    id,
    object: "subscription",
    application: null,
    application_fee_percent: null,
    automatic_tax: automaticTax(draft.automaticTax),
    billing_cycle_anchor: draft.trialEnd ?? now,
    billing_cycle_anchor_config: null,
    billing_mode: { type: "flexible", flexible: { proration_discounts: "included" }, updated_at: now },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: draft.daysUntilDue == null ? "charge_automatically" : "send_invoice",
    created: now,
    currency: draft.items[0]?.price.currency ?? "usd",
    customer: draft.customer,
    customer_account: null,
    days_until_due: draft.daysUntilDue ?? null,
    default_payment_method: draft.keepsMethod ? (draft.paymentMethod?.id ?? null) : null,
    default_source: null,
    default_tax_rates: [],
    description: draft.description,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: "self" },
    },
    items: listOf(`/v1/subscription_items?subscription=${id}`, items),
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: draft.metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: "off",
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: now,
    status: "incomplete",
    test_clock: world.store.customers.find(draft.customer)?.test_clock ?? null,
    transfer_data: null,
    trial_end: draft.trialEnd,
    trial_settings: {
      end_behavior: { billing_cycle_anchor: null, missing_payment_method: draft.missingPaymentMethod },
    },
    trial_start: draft.trialEnd === null ? null : now,
  };
}
