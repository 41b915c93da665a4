import type Stripe from "stripe";
import { invalid, missingParameter, noSuch, notModelled } from "../api/errors.ts";
import {
  arrayOf,
  atMost,
  boolean,
  clearable,
  type Fields,
  hashOf,
  integer,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import type { Phase, PhaseDraft } from "../billing/schedule-phases.ts";
import type { World } from "../world.ts";
import { addPhaseItems } from "./add-invoice-item-params.ts";
import { phasePurchasesFromParams } from "./add-invoice-items.ts";
import { commonCurrency } from "./customer-currency.ts";
import { discounts } from "./discount-params.ts";
import { recurringPrice, refuseTooMany, refuseTwice, refuseUnpriced } from "./item-changes.ts";
import { methodFromParam } from "./payment-methods.ts";
import { amount, count, currency, interval, recurringPriceData } from "./price-params.ts";
import { refuseUnknownLocation } from "./subscription-discounts.ts";
import { automaticTax, moment, prorationBehavior } from "./subscription-params.ts";
import { refuseRatesBesideAutomaticTax, taxRates, taxRatesFromParam } from "./tax-rates.ts";

const phase = {
  add_invoice_items: addPhaseItems,
  automatic_tax: automaticTax,
  billing_cycle_anchor: oneOf("automatic", "phase_start"),
  default_payment_method: text,
  default_tax_rates: taxRates,
  currency,
  description: clearable(atMost(500)),
  discounts,
  duration: hashOf(schema({ interval, interval_count: count }, ["interval"])),
  end_date: integer,
  items: arrayOf(
    hashOf(
      schema({
        metadata,
        plan: text,
        price: text,
        price_data: recurringPriceData,
        quantity: amount,
        tax_rates: taxRates,
      }),
    ),
  ),
  metadata,
  proration_behavior: prorationBehavior,
} satisfies Fields<keyof Stripe.SubscriptionScheduleCreateParams.Phase>;

const endBehavior = oneOf("cancel", "release");

export const createParams = schema({
  customer: text,
  end_behavior: endBehavior,
  from_subscription: text,
  metadata,
  phases: arrayOf(hashOf(schema(phase, ["items"]))),
  start_date: moment,
} satisfies Fields<keyof Stripe.SubscriptionScheduleCreateParams>);

const updatedPhase = schema(
  { ...phase, start_date: moment } satisfies Fields<keyof Stripe.SubscriptionScheduleUpdateParams.Phase>,
  ["items"],
);

export const updateParams = schema({
  end_behavior: endBehavior,
  metadata,
  phases: arrayOf(hashOf(updatedPhase)),
  proration_behavior: prorationBehavior,
} satisfies Fields<keyof Stripe.SubscriptionScheduleUpdateParams>);

/** A schedule that is not made, or not changed, but only looked at. */
export const scheduleDetails = hashOf(
  schema({
    end_behavior: updateParams.fields.end_behavior,
    phases: updateParams.fields.phases,
    proration_behavior: prorationBehavior,
  } satisfies Fields<keyof Stripe.InvoiceCreatePreviewParams.ScheduleDetails>),
);

export const cancelParams = schema({ invoice_now: boolean, prorate: boolean } satisfies Fields<
  keyof Stripe.SubscriptionScheduleCancelParams
>);

export const releaseParams = schema({ preserve_cancel_date: boolean } satisfies Fields<
  keyof Stripe.SubscriptionScheduleReleaseParams
>);

type Asked = NonNullable<ParamsOf<typeof createParams>["phases"]>[number];

/**
 * The phases asked for. 400 for one that sells nothing, or whose end is neither said nor the schedule's.
 * @param before those that there are: a tax rate of theirs goes on when it is archived
 */
export function phasesFromParams(
  world: World,
  customer: string,
  asked: readonly Asked[],
  before: readonly Phase[] = [],
): PhaseDraft[] {
  if (asked.length === 0) throw missingParameter("phases");
  const kept = before.flatMap(({ default_tax_rates: rates, items }) =>
    [rates, ...items.map(({ tax_rates: own }) => own)].flatMap((each) => each ?? []),
  );
  return asked.map((each, index) => {
    const param = `phases[${index}]`;
    if (each.items.length === 0) throw missingParameter(`${param}[items]`);
    refuseTooMany(each.items.length);
    if (each.end_date !== undefined && each.duration !== undefined)
      throw invalid(`You may only specify one of these parameters: ${param}[duration], ${param}[end_date].`);
    const end = each.end_date ?? (each.duration && { interval_count: 1, ...each.duration });
    if (end === undefined && index < asked.length - 1) throw missingParameter(`${param}[end_date]`);
    const automatic = automaticTaxOf(world, customer, each.automatic_tax?.enabled);
    const ratesOf = (ids: readonly string[] = [], at: string) => {
      const rates = taxRatesFromParam(world, ids, at, kept);
      refuseRatesBesideAutomaticTax(automatic, rates, at);
      return rates ?? [];
    };
    const items = each.items.map((item, at) => ({
      price: recurringPrice(world, item, `${param}[items][${at}]`),
      quantity: item.quantity ?? 1,
      metadata: mergeMetadata({}, item.metadata),
      taxRates: ratesOf(item.tax_rates, `${param}[items][${at}][tax_rates]`),
    }));
    const prices = items.map(({ price }) => price);
    refuseTwice(prices, `${param}[items]`);
    const phaseCurrency = each.currency ?? before[0]?.currency ?? commonCurrency(world, customer, prices);
    for (const [at, price] of prices.entries())
      refuseUnpriced(world, price, phaseCurrency, `${param}[items][${at}][price]`);
    return {
      currency: phaseCurrency,
      items,
      end,
      anchor: each.billing_cycle_anchor ?? null,
      purchases: phasePurchasesFromParams(
        world,
        each.add_invoice_items,
        { currency: phaseCurrency, automaticTax: automatic },
        `${param}[add_invoice_items]`,
      ),
      proration: each.proration_behavior ?? "create_prorations",
      metadata: mergeMetadata({}, each.metadata),
      description: each.description ?? null,
      defaultPaymentMethod: ownMethod(world, customer, each.default_payment_method, `${param}[default_payment_method]`),
      automaticTax: automatic,
      taxRates: ratesOf(each.default_tax_rates, `${param}[default_tax_rates]`),
      discounts: keptDiscounts(world, each.discounts, `${param}[discounts]`),
    };
  });
}

function automaticTaxOf(world: World, customer: string, enabled = false): boolean {
  if (enabled) refuseUnknownLocation(world, customer);
  return enabled;
}

/** Discounts that there are, by their ids; 400 for one that there is not. */
function keptDiscounts(world: World, asked: Asked["discounts"], param: string): string[] {
  return (asked ?? []).map(({ discount: id }, index) => {
    if (id === undefined) throw notModelled("another discount in a phase", `${param}[${index}]`);
    if (world.store.discounts.find(id)) return id;
    throw noSuch("discount", id, `${param}[${index}][discount]`);
  });
}

function ownMethod(world: World, customer: string, named: string | undefined, param: string): string | null {
  if (named === undefined) return null;
  if (methodFromParam(world, named, param).customer === customer) return named;
  throw invalid(`The payment method ${named} is not of the customer ${customer}.`, undefined, param);
}
