import { invalid, noSuch, notModelled } from "../api/errors.ts";
import { mergeMetadata, type ParamsOf } from "../api/params.ts";
import { paymentMethodOf } from "../billing/collecting.ts";
import type { Purchase } from "../billing/invoice-item.ts";
import type { Offer } from "../billing/redeeming.ts";
import { startSubscription, trialEndAfter } from "../billing/subscribing.ts";
import type { Subscription, SubscriptionDraft } from "../billing/subscription.ts";
import type { World } from "../world.ts";
import { purchasesFromParams } from "./add-invoice-items.ts";
import { anchorAsked } from "./anchors.ts";
import { refuseFullCustomer } from "./clock-limits.ts";
import { commonCurrency, refuseOtherCurrency } from "./customer-currency.ts";
import { customerFromParam } from "./customers.ts";
import { offersFromParam } from "./discount-params.ts";
import { daysUntilDueOf } from "./due-dates.ts";
import { keepPrices } from "./inline-prices.ts";
import { refuseUnchargeable } from "./invoice-editing.ts";
import { recurringPrice, refuseMeteredQuantity, refuseTooMany, refuseTwice, refuseUnpriced } from "./item-changes.ts";
import { refuseLongTrial, refusePast } from "./moments.ts";
import { refuseUnpaid } from "./pending-params.ts";
import type { Price } from "./prices.ts";
import { basketOf, refuseUnknownLocation } from "./subscription-discounts.ts";
import type { createParams } from "./subscription-params.ts";
import { refuseRatesBesideAutomaticTax, taxRatesFromParam } from "./tax-rates.ts";

type CreateParams = ParamsOf<typeof createParams>;

/** @param purchases what is bought once, beside: on the first invoice only */
export function createSubscription(
  world: World,
  params: CreateParams,
  purchases: readonly Purchase[] = [],
): Subscription {
  if (params.payment_behavior === "pending_if_incomplete") {
    const message = "Setting `payment_behavior` to `pending_if_incomplete` has no effect when creating a subscription.";
    throw invalid(message, undefined, "payment_behavior");
  }
  if (params.payment_behavior === "error_if_incomplete")
    refuseUnpaid(world, null, (copy) =>
      createSubscription(copy, { ...params, payment_behavior: "allow_incomplete" }, purchases),
    );
  const customer = customerFromParam(world, params.customer);
  refuseTooMany(params.items.length);
  const items = params.items.map((item, index) => ({
    price: recurringPrice(world, item, `items[${index}]`),
    quantity: item.quantity ?? 1,
    metadata: mergeMetadata({}, item.metadata),
    taxRates: taxRatesFromParam(world, item.tax_rates ?? [], `items[${index}][tax_rates]`),
  }));
  const defaultRates = taxRatesFromParam(world, params.default_tax_rates ?? [], "default_tax_rates");
  const automatic = params.automatic_tax?.enabled ?? false;
  refuseRatesBesideAutomaticTax(automatic, defaultRates, "default_tax_rates");
  for (const [index, item] of items.entries())
    refuseRatesBesideAutomaticTax(automatic, item.taxRates, `items[${index}][tax_rates]`);
  const prices = items.map(({ price }) => price);
  refuseTwice(prices);
  const currency = params.currency ?? commonCurrency(world, customer.id, prices);
  for (const [index, price] of prices.entries()) {
    refuseUnpriced(world, price, currency, `items[${index}][price]`);
    refuseMeteredQuantity(price, params.items[index]?.quantity, `items[${index}]`);
  }
  refuseOtherCurrency(world, customer.id, currency);
  const added = purchasesFromParams(world, params.add_invoice_items, { currency, automaticTax: automatic });
  const times = timesAsked(world, params, prices);
  const own = params.default_payment_method ?? null;
  const method = paymentMethodOf(world, { customer: customer.id, default_payment_method: own });
  if (own !== null && method?.customer !== customer.id) throw noSuch("PaymentMethod", own, "default_payment_method");
  const offers = offersFromParam(world, params.discounts, basketOf(world, { customer: customer.id, currency }, items));
  if (times.startDate !== undefined && offers.some((offer) => isForMonths(world, offer)))
    throw notModelled("a coupon for months of a subscription that began before", "backdate_start_date");
  if (automatic) refuseUnknownLocation(world, customer.id);
  const deferred = params.payment_behavior === "default_incomplete";
  const sent = params.collection_method === "send_invoice";
  const daysUntilDue = daysUntilDueOf(params.collection_method ?? "charge_automatically", params.days_until_due);
  const bought = [...purchases, ...added];
  if (!method && !deferred && !sent && (times.trialEnd === null || bought.length > 0))
    refuseUnpayable(world, params, purchases);
  keepPrices(
    world,
    [...items, ...added].map(({ price }) => price),
  );
  const { subscription } = startSubscription(world, {
    customer: customer.id,
    currency,
    items,
    paymentMethod: deferred ? null : (method ?? null),
    awaitsConfirmation: deferred,
    savesMethod: params.payment_settings?.save_default_payment_method ?? "off",
    defaultMethod: own,
    metadata: mergeMetadata({}, params.metadata),
    description: params.description ?? null,
    ...times,
    automaticTax: automatic,
    taxRates: defaultRates,
    purchases: bought,
    daysUntilDue,
    discounts: offers,
    missingPaymentMethod: params.trial_settings?.end_behavior.missing_payment_method ?? "create_invoice",
  });
  return subscription;
}

/** Its months would begin with the subscription (https://docs.stripe.com/billing/subscriptions/backdating#backdating-and-discounts). */
const isForMonths = (world: World, { coupon }: Offer) => world.store.coupons.get(coupon).duration === "repeating";

/** Stripe's 400 where something is due at once, and nothing could be charged. It is done to a copy of the state. */
function refuseUnpayable(world: World, params: CreateParams, purchases: readonly Purchase[]): void {
  const due = world.rehearse(world.now(), (copy) => {
    const { latest_invoice: invoice } = createSubscription(
      copy,
      { ...params, payment_behavior: "default_incomplete" },
      purchases,
    );
    return copy.store.invoices.find(invoice)?.amount_due ?? 0;
  });
  if (due > 0) throw noMethod();
}

/** Something is due at once, and there is nothing that could be charged. */
export const noMethod = () =>
  invalid(
    "This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://docs.stripe.com/billing/subscriptions/payment-methods-setting#payment-method-priority.",
    "resource_missing",
  );

/** 400 for a first invoice that cannot be charged, and for one too many on a test clock. */
export function createChargeable(
  world: World,
  params: CreateParams,
  purchases: readonly Purchase[] = [],
): Subscription {
  refuseFullCustomer(world, params.customer);
  const subscription = createSubscription(world, params, purchases);
  refuseUnchargeable(world, subscription.latest_invoice);
  return subscription;
}

/** When it begins, is in trial, renews and ends. */
function timesAsked(
  world: World,
  params: CreateParams,
  prices: readonly Price[],
): Pick<
  SubscriptionDraft,
  "anchor" | "anchorConfig" | "atPeriodEnd" | "cancelAt" | "prorates" | "startDate" | "trialEnd"
> {
  const trialEnd = trialAsked(world, params, prices);
  const anchor = anchorAsked(world, params, prices, trialEnd);
  const prorates = params.proration_behavior !== "none";
  if (trialEnd !== null && anchor.anchor !== undefined && !prorates)
    throw notModelled("a trial before a billing_cycle_anchor without prorations", "proration_behavior");
  return { trialEnd, ...anchor, prorates, ...endAsked(world, params), ...startAsked(world, params, prices, trialEnd) };
}

const YEAR_S = 365.25 * 86_400;
const LENGTHS_S: Record<string, number> = { day: 86_400, week: 7 * 86_400, month: YEAR_S / 12, year: YEAR_S };
/** https://docs.stripe.com/billing/subscriptions/backdating#billing-mode-considerations */
const MOST_LINES = 250;

/** 400 for a start that has not passed, or so long ago that its periods are too many for an invoice. */
function startAsked(
  world: World,
  { backdate_start_date: start, proration_behavior: proration }: CreateParams,
  prices: readonly Price[],
  trialEnd: number | null,
): Pick<SubscriptionDraft, "startDate"> {
  if (start === undefined) return {};
  const param = "backdate_start_date";
  if (start >= world.now())
    throw invalid("The backdated subscription start date must be in the past.", undefined, param);
  if (trialEnd !== null) throw notModelled("a trial of a subscription that began before", param);
  const passed = prices.flatMap(({ recurring: every }) =>
    every ? (world.now() - start) / ((LENGTHS_S[every.interval] ?? 0) * every.interval_count) : [],
  );
  const lines = proration === "none" ? 0 : passed.reduce((sum, periods) => sum + Math.ceil(periods), 0);
  if (lines + prices.length <= MOST_LINES) return { startDate: start };
  const message = `Backdating isn't supported when an invoice has more than ${MOST_LINES} line items.`;
  throw invalid(message, undefined, param);
}

function trialAsked(world: World, params: CreateParams, prices: readonly Price[]): number | null {
  const { trial_end: until, trial_from_plan: fromPlan, trial_period_days: asked } = params;
  refusePast(world, until, "trial_end");
  refuseLongTrial(until, world.now());
  if (fromPlan && until !== undefined)
    throw invalid(
      "You cannot set `trial_from_plan` to `true` together with `trial_end`.",
      undefined,
      "trial_from_plan",
    );
  for (const [other, name] of [
    [until, "trial_end"],
    [fromPlan, "trial_from_plan"],
  ] as const)
    if (other !== undefined && asked !== undefined)
      throw invalid(`You may only specify one of these parameters: ${name}, trial_period_days.`, undefined, name);
  if (typeof until === "number") return until;
  const days = asked ?? (fromPlan ? trialOf(prices) : 0);
  return days === 0 || until === "now" ? null : trialEndAfter(world, days);
}

/** The days that the prices themselves have (the SDK's comment on `trial_from_plan`). */
function trialOf([first, ...others]: readonly Price[]): number {
  const daysOf = (price: Price | undefined) => price?.recurring?.trial_period_days ?? 0;
  if (others.every((price) => daysOf(price) === daysOf(first))) return daysOf(first);
  throw notModelled("trial_from_plan with prices of different trials", "trial_from_plan");
}

function endAsked(world: World, params: CreateParams): Pick<SubscriptionDraft, "atPeriodEnd" | "cancelAt"> {
  const { cancel_at: at, cancel_at_period_end: atPeriodEnd = false } = params;
  if (at !== undefined && params.cancel_at_period_end !== undefined)
    throw invalid("You may only specify one of these parameters: cancel_at, cancel_at_period_end.");
  refusePast(world, at, "cancel_at");
  return atPeriodEnd ? { cancelAt: "max_period_end", atPeriodEnd } : at === undefined ? {} : { cancelAt: at };
}
