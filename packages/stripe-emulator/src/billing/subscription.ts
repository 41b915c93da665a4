import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import { listOf, type Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { periodAround, periodEnd } from "./calendar.ts";
import { priceIn } from "./currencies.ts";
import type { LineDraft } from "./invoice-draft.ts";
import type { Purchase } from "./invoice-item.ts";
import { formatDecimal } from "./money.ts";
import { type Share, sharesOf } from "./price-amounts.ts";
import { proportion } from "./pricing.ts";
import type { Offer } from "./redeeming.ts";

export type Subscription = Stored<Stripe.Subscription>;
export type SubscriptionItem = Stored<Stripe.SubscriptionItem>;
type Price = Stored<Stripe.Price>;
type TaxRate = Stored<Stripe.TaxRate>;

export interface SubscriptionDraft {
  customer: string;
  /** One that each of its prices has. */
  currency: string;
  items: { price: Price; quantity: number; metadata?: Stripe.Metadata; taxRates?: TaxRate[] | null }[];
  /** For the items that have none. */
  taxRates?: TaxRate[];
  /** Null only where nothing is due now. */
  paymentMethod: Stored<Stripe.PaymentMethod> | null;
  /** Whether the first payment waits to be confirmed by the buyer. */
  awaitsConfirmation?: boolean;
  /** Whether the method that paid becomes the subscription's own. */
  savesMethod?: "off" | "on_subscription";
  /** What is bought once, beside: on the first invoice only. */
  purchases?: readonly Purchase[];
  /** The id of the method that is the subscription's own; null: it is charged to the customer's default. */
  defaultMethod: string | null;
  metadata: Stripe.Metadata;
  description: string | null;
  trialEnd: number | null;
  /** When the first whole period begins (`billing_cycle_anchor`); absent: with the subscription, or after its trial. */
  anchor?: number | null;
  /** What the anchor was reckoned from. */
  anchorConfig?: Subscription["billing_cycle_anchor_config"];
  /** A moment that has passed, from when on it counts as begun; absent: now. */
  startDate?: number;
  /** When it is to end. */
  cancelAt?: CancelMoment;
  /** Asked for by `cancel_at_period_end`. */
  atPeriodEnd?: boolean;
  /** Whether broken periods at its beginning, and its end in the first one, are charged in part; else they are free, or whole. */
  prorates?: boolean;
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

/** In seconds, or when the first or the last period ends that runs now. */
export type CancelMoment = number | "max_period_end" | "min_period_end";

export function momentOfEnd(moment: CancelMoment, { data }: Pick<Subscription, "items">["items"]): number {
  const ends = data.map((item) => item.current_period_end);
  return moment === "min_period_end" ? Math.min(...ends) : moment === "max_period_end" ? Math.max(...ends) : moment;
}

/** By use: how much is known only afterwards, and there is no quantity. */
export const isMetered = ({ recurring }: Price): boolean => recurring?.usage_type === "metered";

/** What so many cost for a period, as lines of an invoice. Of what is paid by use nothing is, as long as nobody says how much was used. */
export function chargesFor(world: World, price: Price, quantity: number | null | undefined): number[] {
  if (quantity == null && isMetered(price)) return [0];
  return sharesOf(world, price, quantity ?? 1).map(({ amount }) => amount);
}

export const chargeFor = (world: World, price: Price, quantity: number | null | undefined): number =>
  chargesFor(world, price, quantity).reduce((sum, amount) => sum + amount, 0);

/**
 * The invoice lines of an item's whole period, in its subscription's currency: one, or one for each tier; nothing is charged for a trial,
 * and of a period that ends early its part of one that begins as it does
 * (https://docs.stripe.com/billing/subscriptions/backdating#backdating-and-charging-users).
 * @param used how much, of what is paid by use; absent in a period that begins, which costs nothing yet
 */
export function periodLines(
  world: World,
  item: SubscriptionItem,
  currency: string,
  trial: boolean,
  used?: number,
): LineDraft[] {
  const { price: sold } = item;
  const quantity = isMetered(sold) ? used : (item.quantity ?? 1);
  const price = priceIn(world, sold, currency);
  const product = world.store.products.find(sold.product)?.name ?? sold.product;
  const free: Share[] = [{ quantity: quantity ?? 0, amount: 0, tier: null }];
  const shares = trial || quantity === undefined ? free : sharesOf(world, price, quantity);
  const { current_period_start: start, current_period_end: end } = item;
  const whole = periodFrom(start, price).current_period_end;
  const isPart = !trial && used === undefined && end < whole;
  return shares.map((share) => ({
    amount: isPart ? proportion(share.amount, end - start, whole - start) : share.amount,
    description: trial ? `Trial period for ${product}` : `${share.quantity} × ${product}${tierText(share, price)}`,
    price,
    quantity: share.quantity,
    discountable: true,
    origin: { subscription: item.subscription, subscriptionItem: item.id, invoiceItem: null, proration: isPart },
    taxRates: item.tax_rates,
    period: { start, end },
  }));
}

/** As in "5 × Seat (Tier 1 at $7.00 / month)". */
const tierText = ({ tier }: Share, { currency, recurring }: Price): string =>
  tier ? ` (Tier ${tier.number} at ${formatDecimal(tier.unit, currency)} / ${recurring?.interval})` : "";

/** The plan object that older clients still read beside the price. */
export function planOf(price: Price): Stored<Stripe.Plan> {
  return {
    id: price.id,
    object: "plan",
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? "month",
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: price.recurring?.meter ?? null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: price.tiers_mode,
    transform_usage: price.transform_quantity,
    trial_period_days: price.recurring?.trial_period_days ?? null,
    usage_type: price.recurring?.usage_type ?? "licensed",
  };
}

const MONTHLY = { interval: "month" as const, interval_count: 1 };

/** The period that an item of this price runs for when it begins at `start` (seconds). */
export function periodFrom(start: number, price: Price): { current_period_start: number; current_period_end: number } {
  return { current_period_start: start, current_period_end: periodEnd(start, price.recurring ?? MONTHLY) };
}

export function newItem(
  world: World,
  subscription: string,
  item: SubscriptionDraft["items"][number],
  period = periodFrom(world.now(), item.price),
): SubscriptionItem {
  const now = world.now();
  return {
    id: newId("si", 14),
    object: "subscription_item",
    billing_thresholds: null,
    created: now,
    ...period,
    current_trial: null,
    discounts: [],
    metadata: item.metadata ?? {},
    plan: planOf(item.price),
    price: item.price,
    ...(isMetered(item.price) ? {} : { quantity: item.quantity }),
    subscription,
    tax_rates: item.taxRates ?? [],
  };
}

export const automaticTax = (enabled: boolean): Subscription["automatic_tax"] => ({
  disabled_reason: null,
  enabled,
  liability: enabled ? { type: "self" } : null,
});

/** As it is before its first payment: `incomplete`, and not written down. */
export function newSubscription(world: World, draft: SubscriptionDraft): Subscription {
  const id = newId("sub");
  const now = world.now();
  const { trialEnd, startDate = now, anchorConfig = null } = draft;
  const anchor = draft.anchor ?? trialEnd ?? now;
  const items = draft.items.map((item) => {
    const { recurring } = item.price;
    const { start, end } = periodAround(now, anchor, recurring ?? MONTHLY, anchorConfig?.day_of_month);
    const period = { current_period_start: Math.max(start, startDate), current_period_end: trialEnd ?? end };
    return newItem(world, id, item, period);
  });
  return {
    id,
    object: "subscription",
    application: null,
    application_fee_percent: null,
    automatic_tax: automaticTax(draft.automaticTax),
    billing_cycle_anchor: anchor,
    billing_cycle_anchor_config: anchorConfig,
    billing_mode: { type: "flexible", flexible: { proration_discounts: "included" }, updated_at: now },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: draft.daysUntilDue == null ? "charge_automatically" : "send_invoice",
    created: now,
    currency: draft.currency,
    customer: draft.customer,
    customer_account: null,
    days_until_due: draft.daysUntilDue ?? null,
    default_payment_method: draft.defaultMethod,
    default_source: null,
    default_tax_rates: draft.taxRates ?? [],
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
      save_default_payment_method: draft.savesMethod ?? "off",
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: startDate,
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
