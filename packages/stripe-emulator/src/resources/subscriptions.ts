import { found, invalid, noSuch, notModelled } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import { mergeMetadata, type ParamsOf, schema } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { cancellation, changeItems, currentPeriodEnd, prorateEnd, settleEnd } from "../billing/changing.ts";
import { paymentMethodOf } from "../billing/collecting.ts";
import { endSubscription, isOver } from "../billing/end-subscription.ts";
import { putPurchases } from "../billing/invoice-item.ts";
import { resumeSubscription } from "../billing/pausing.ts";
import { changeWhenPaid, expirePendingUpdate } from "../billing/pending-updates.ts";
import { followItems } from "../billing/scheduling.ts";
import { automaticTax, momentOfEnd, type Subscription } from "../billing/subscription.ts";
import { moveTrialEnd } from "../billing/trials.ts";
import type { World } from "../world.ts";
import { purchasesFromParams } from "./add-invoice-items.ts";
import { daysUntilDueOf } from "./due-dates.ts";
import { keepPrices } from "./inline-prices.ts";
import { refuseUnchargeable } from "./invoice-editing.ts";
import { itemChanges } from "./item-changes.ts";
import { refuseUnknownCustomer } from "./listed-customer.ts";
import { refuseLongTrial, refusePast } from "./moments.ts";
import { refuseDefaultMethod } from "./payment-methods.ts";
import { refusePending, refuseUnpaid } from "./pending-params.ts";
import { createChargeable, noMethod } from "./subscription-creation.ts";
import { changeDiscounts, deleteDiscounts, refuseUnknownLocation } from "./subscription-discounts.ts";
import { cancelParams, createParams, listFilters, resumeParams, updateParams } from "./subscription-params.ts";
import { refuseRatesBesideAutomaticTax, taxRatesFromParam } from "./tax-rates.ts";

function getSubscription(world: World, id: string): Subscription {
  return found(world.store.subscriptions.find(id), "subscription", id);
}

/** Stripe's 400 for reasons of leaving where nobody leaves. */
function refuseDetails(before: Subscription, end: Partial<Subscription>, params: SubscriptionUpdate): void {
  if (!params.cancellation_details || { ...before, ...end }.cancel_at !== null) return;
  const message =
    "`cancellation_details` can only be set on a subscription that is canceled or scheduled to be canceled.";
  throw invalid(message, undefined, "cancellation_details");
}

export type SubscriptionUpdate = ParamsOf<typeof updateParams>;

export function updateSubscription(world: World, id: string, params: SubscriptionUpdate): Subscription {
  const before = getSubscription(world, id);
  if (isOver(before)) {
    const asked = Object.keys(params).filter((name) => name !== "metadata" && name !== "cancellation_details");
    if (asked.length === 0) return describeEnded(world, before, params);
    const message = "A canceled subscription can only update its cancellation_details and metadata.";
    throw invalid(message, "invalid_canceled_subscription_fields", "id");
  }
  refuseIncomplete(before, params);
  if (params.cancel_at !== undefined && params.cancel_at_period_end !== undefined) {
    throw invalid("You may only specify one of these parameters: cancel_at, cancel_at_period_end.");
  }
  if (params.trial_from_plan) throw notModelled("trial_from_plan of a subscription that there is", "trial_from_plan");
  refuseScheduled(before, params);
  refusePast(world, params.trial_end, "trial_end");
  refuseLongTrial(params.trial_end, world.now());
  refusePast(world, params.cancel_at, "cancel_at");
  refuseDate(before, params.proration_date);
  refuseDefaultMethod(world, before, params.default_payment_method);
  refusePending(world, before, params);
  if (params.payment_behavior === "error_if_incomplete")
    refuseUnpaid(world, before.latest_invoice, (copy) =>
      updateSubscription(copy, id, { ...params, payment_behavior: "allow_incomplete" }),
    );
  const { description, default_payment_method: method, automatic_tax: tax } = params;
  if (tax?.enabled) refuseUnknownLocation(world, before.customer);
  const defaultRates =
    taxRatesFromParam(world, params.default_tax_rates, "default_tax_rates", before.default_tax_rates) ??
    before.default_tax_rates;
  if (params.discounts) changeDiscounts(world, before, params.discounts);
  const items = itemsAsked(world, before, params);
  const automatic = tax?.enabled ?? before.automatic_tax.enabled;
  refuseRatesBesideAutomaticTax(automatic, defaultRates, "default_tax_rates");
  for (const { tax_rates: rates } of (items.items ?? before.items).data)
    refuseRatesBesideAutomaticTax(automatic, rates, "items");
  const end = cancellationAsked(world, { ...before, ...items }, params);
  refuseDetails(before, end, params);
  const { pause_collection: pause, trial_settings: trialSettings, trial_end: trialEnd } = params;
  const { proration_behavior: proration, payment_settings: settings, payment_behavior: behavior } = params;
  const updated = world.update(
    "subscriptions",
    id,
    {
      ...items,
      ...end,
      ...(params.cancellation_details ? detailsAsked({ ...before, ...end }, params) : {}),
      ...collectionAsked(before, params),
      ...(description === undefined ? {} : { description }),
      ...(method === undefined ? {} : { default_payment_method: method }),
      default_tax_rates: defaultRates ?? [],
      ...(tax === undefined ? {} : { automatic_tax: automaticTax(tax.enabled) }),
      ...(settings === undefined ? {} : { payment_settings: settingsAsked(before, settings) }),
      ...(pause === undefined ? {} : { pause_collection: pausedCollection(world, id, pause) }),
      ...(trialSettings === undefined
        ? {}
        : { trial_settings: { end_behavior: { billing_cycle_anchor: null, ...trialSettings.end_behavior } } }),
      metadata: mergeMetadata(before.metadata, params.metadata),
    },
    "customer.subscription.updated",
  );
  if (params.items) followItems(world, updated);
  return trialEnd === undefined
    ? updated
    : moveTrialEnd(world, updated, trialEnd === "now" ? world.now() : trialEnd, {
        proration,
        prorationDate: params.proration_date,
        awaitsConfirmation: behavior === "default_incomplete",
      });
}

/** 400 for what would be invoiced at once and cannot be charged; for the end of a trial also without a payment method. */
export function updateChargeable(world: World, id: string, params: SubscriptionUpdate): Subscription {
  const { latest_invoice: before } = getSubscription(world, id);
  const updated = updateSubscription(world, id, params);
  const { latest_invoice: latest, collection_method: method } = updated;
  if (latest === before) return updated;
  refuseUnchargeable(world, latest);
  const charges = method === "charge_automatically" && params.payment_behavior !== "default_incomplete";
  if (params.trial_end === "now" && charges) refuseWithoutMethod(world, updated);
  return updated;
}

/** 400 where the latest invoice is due, and nothing could be charged. */
function refuseWithoutMethod(world: World, subscription: Subscription): void {
  const { status } = world.store.invoices.find(subscription.latest_invoice) ?? {};
  if (status === "open" && !paymentMethodOf(world, subscription)) throw noMethod();
}

function resume(world: World, id: string, params: ParamsOf<typeof resumeParams>): Subscription {
  const { collection_method: method, status } = getSubscription(world, id);
  if (status !== "paused") throw invalid("This subscription cannot be resumed because it is not paused.");
  if (method !== "charge_automatically")
    throw invalid("Only subscriptions with `collection_method` set to `charge_automatically` can be resumed.");
  const { payment_behavior: behavior = "resume_on_payment_attempt" } = params;
  const resumed = resumeSubscription(world, id, behavior);
  refuseUnchargeable(world, resumed.latest_invoice);
  if (behavior === "resume_on_payment_success") refuseWithoutMethod(world, resumed);
  return resumed;
}

/** What has to do with no invoice, or pays the first one (https://docs.stripe.com/api/subscriptions/object#subscription_object-status). */
const WHILE_INCOMPLETE = ["default_payment_method", "description", "metadata"];

/** Stripe's 400 for what cannot change until the first invoice is paid. */
function refuseIncomplete({ status }: Subscription, params: SubscriptionUpdate): void {
  const asked = Object.entries(params).flatMap(([name, value]) => (value === undefined ? [] : name));
  const refused = asked.find((name) => !WHILE_INCOMPLETE.includes(name));
  if (status !== "incomplete" || refused === undefined) return;
  const message = `You cannot update \`${refused}\` of a subscription that is \`incomplete\`: its first invoice must be paid before.`;
  throw invalid(message, undefined, refused);
}

/** What can still be said of one that has ended. */
function describeEnded(world: World, before: Subscription, params: SubscriptionUpdate): Subscription {
  const details = params.cancellation_details ? detailsAsked(before, params) : {};
  const patch = { ...details, metadata: mergeMetadata(before.metadata, params.metadata) };
  return world.update("subscriptions", before.id, patch, "customer.subscription.updated");
}

const settingsAsked = (
  { payment_settings: before }: Subscription,
  { save_default_payment_method: saves }: NonNullable<SubscriptionUpdate["payment_settings"]>,
): Subscription["payment_settings"] => ({
  payment_method_options: null,
  payment_method_types: null,
  ...before,
  save_default_payment_method: saves ?? before?.save_default_payment_method ?? "off",
});

/** Stripe's 400 for what a subscription's schedule decides. */
function refuseScheduled({ schedule }: Subscription, params: SubscriptionUpdate): void {
  const [param] = (["cancel_at", "cancel_at_period_end"] as const).filter((name) => params[name] !== undefined);
  if (schedule === null || param === undefined) return;
  const message = `The subscription is managed by the subscription schedule \`${schedule}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`;
  throw invalid(message, undefined, param);
}

/** What `items`, or a new period for them, changes. */
function itemsAsked(world: World, before: Subscription, params: SubscriptionUpdate): Partial<Subscription> {
  const changes = itemChanges(world, before, params.items ?? []);
  const restart = params.billing_cycle_anchor === "now";
  const {
    currency,
    automatic_tax: tax,
    items: { data },
  } = before;
  const automaticTax = params.automatic_tax?.enabled ?? tax.enabled;
  const purchases = purchasesFromParams(world, params.add_invoice_items, { currency, automaticTax });
  const prices = [...changes.flatMap(({ to }) => to ?? []), ...purchases].map(({ price }) => price);
  if (changes.length === 0 && !restart) {
    if (purchases.length > 0 && params.proration_behavior === "always_invoice")
      throw notModelled("add_invoice_items that are invoiced at once, without a change of items", "add_invoice_items");
    keepPrices(world, prices);
    putPurchases(world, purchases, { ...before, subscription: before.id, items: data });
    return {};
  }
  const { proration_behavior: proration = "create_prorations", proration_date: prorationDate } = params;
  keepPrices(world, prices);
  // What waits for its payment would take this back once that is made.
  expirePendingUpdate(world, before.id);
  const awaitsConfirmation = params.payment_behavior === "default_incomplete";
  const options = { proration, prorationDate, restart, purchases, awaitsConfirmation };
  if (params.payment_behavior === "pending_if_incomplete") return changeWhenPaid(world, before.id, changes, options);
  return changeItems(world, before.id, changes, options);
}

/** Stripe's 400 for the moment of a proration that is not in the current period. */
function refuseDate(before: Subscription, date: number | undefined): void {
  if (date === undefined) return;
  const start = Math.min(...before.items.data.map((item) => item.current_period_start));
  if (date >= start && date <= currentPeriodEnd(before)) return;
  const message = "Invalid timestamp: must be within the current period of the subscription.";
  throw invalid(message, undefined, "proration_date");
}

/** Whether invoices are charged or sent from now on. */
function collectionAsked(before: Subscription, params: SubscriptionUpdate): Partial<Subscription> {
  const method = params.collection_method ?? before.collection_method;
  return {
    collection_method: method,
    days_until_due: daysUntilDueOf(method, params.days_until_due, before.days_until_due),
  };
}

/** The status stays; only what becomes of the invoices changes. */
function pausedCollection(
  world: World,
  id: string,
  pause: ParamsOf<typeof updateParams>["pause_collection"],
): Subscription["pause_collection"] {
  const resumesAt = pause?.resumes_at ?? null;
  if (resumesAt === null) world.unschedule("resume_collection", id);
  else world.schedule("resume_collection", id, resumesAt * 1000);
  return pause ? { behavior: pause.behavior, resumes_at: resumesAt } : null;
}

/** What the customer said about leaving. */
function detailsAsked(
  { cancellation_details: before }: Subscription,
  { cancellation_details: asked }: Pick<SubscriptionUpdate, "cancellation_details">,
): Pick<Subscription, "cancellation_details"> {
  const { comment = null, feedback = null, feedback_option = null, reason = null } = before ?? {};
  return { cancellation_details: { comment, feedback, feedback_option, reason, ...asked } };
}

function cancellationAsked(
  world: World,
  subscription: Subscription,
  params: ParamsOf<typeof updateParams>,
): Partial<Subscription> {
  const {
    cancel_at: at,
    cancel_at_period_end: atPeriodEnd,
    proration_behavior: proration = "create_prorations",
  } = params;
  const end = (moment: number | null, isAtPeriodEnd: boolean) => ({
    ...cancellation(world, subscription, moment, isAtPeriodEnd),
    ...prorateEnd(world, subscription, moment, proration),
  });
  if (atPeriodEnd !== undefined) return end(atPeriodEnd ? currentPeriodEnd(subscription) : null, atPeriodEnd);
  if (at === undefined) return {};
  return end(at === null ? null : momentOfEnd(at, subscription.items), false);
}

/** Without a status: all that were not canceled. */
function hasStatus(row: Subscription, status: string | undefined): boolean {
  if (status === undefined) return row.status !== "canceled";
  return status === "all" || (status === "ended" ? isOver(row) : row.status === status);
}

export const subscriptionRoutes: Route[] = [
  route("POST", "/v1/subscriptions", createParams, (world, params) => createChargeable(world, params)),
  listRoute("/v1/subscriptions", "subscription", listFilters, (world, filters) => {
    const { collection_method: method, customer, plan, price = plan, status, test_clock: clock } = filters;
    refuseUnknownCustomer(world, customer);
    return choose(
      world.store.subscriptions,
      { customer, collection_method: method, test_clock: clock ?? (customer === undefined ? null : undefined) },
      (row) =>
        hasStatus(row, status) && (price === undefined || row.items.data.some((item) => item.price.id === price)),
    );
  }),
  route("GET", "/v1/subscriptions/:id", schema({}), (world, _, { id }) => getSubscription(world, id)),
  route("POST", "/v1/subscriptions/:id", updateParams, (world, params, { id }) => updateChargeable(world, id, params)),
  route("POST", "/v1/subscriptions/:id/resume", resumeParams, (world, params, { id }) => resume(world, id, params)),
  route("DELETE", "/v1/subscriptions/:id/discount", schema({}), (world, _, { id }) =>
    deleteDiscounts(world, getSubscription(world, id)),
  ),
  route("DELETE", "/v1/subscriptions/:id", cancelParams, (world, params, { id }) => {
    const subscription = getSubscription(world, id);
    if (isOver(subscription)) throw noSuch("subscription", id);
    const { prorate = false, invoice_now: invoiceNow = false } = params;
    settleEnd(world, subscription, { prorate, invoiceNow });
    world.update("subscriptions", id, detailsAsked(subscription, params));
    return endSubscription(world, id, { keepsProrations: prorate });
  }),
];
