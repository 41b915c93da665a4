import { invalid, missingParameter, noSuch } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import { mergeMetadata, type ParamsOf, schema } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { cancellation, changeItems, currentPeriodEnd, settleEnd } from "../billing/changing.ts";
import { paymentMethodOf } from "../billing/collecting.ts";
import { endSubscription, isOver } from "../billing/end-subscription.ts";
import { resumeSubscription } from "../billing/pausing.ts";
import { changeWhenPaid } from "../billing/pending-updates.ts";
import { followItems } from "../billing/scheduling.ts";
import { startSubscription, trialEndAfter } from "../billing/subscribing.ts";
import { automaticTax, type Subscription } from "../billing/subscription.ts";
import { moveTrialEnd } from "../billing/trials.ts";
import type { World } from "../world.ts";
import { refuseOtherCurrency } from "./customer-currency.ts";
import { customerFromParam } from "./customers.ts";
import { offersFromParam } from "./discount-params.ts";
import { itemChanges, recurringPrice, refuseTooMany } from "./item-changes.ts";
import { refuseUnknownCustomer } from "./listed-customer.ts";
import { refusePending, refuseUnpaid } from "./pending-params.ts";
import { basketOf, changeDiscounts, deleteDiscounts, refuseUnknownLocation } from "./subscription-discounts.ts";
import { cancelParams, createParams, listFilters, resumeParams, updateParams } from "./subscription-params.ts";

export function createSubscription(world: World, params: ParamsOf<typeof createParams>): Subscription {
  if (params.payment_behavior === "error_if_incomplete")
    refuseUnpaid(world, null, (copy) => createSubscription(copy, { ...params, payment_behavior: "allow_incomplete" }));
  const customer = customerFromParam(world, params.customer);
  refuseTooMany(params.items.length);
  const items = params.items.map((item, index) => ({
    price: recurringPrice(world, item, `items[${index}]`),
    quantity: item.quantity ?? 1,
    metadata: mergeMetadata({}, item.metadata),
  }));
  if (items[0]) refuseOtherCurrency(world, customer.id, items[0].price.currency);
  const { trial_period_days: days, trial_end: until } = params;
  const trialEnd =
    typeof until === "number"
      ? until
      : days === undefined || days === 0 || until === "now"
        ? null
        : trialEndAfter(world, days);
  const own = params.default_payment_method ?? null;
  const method = paymentMethodOf(world, { customer: customer.id, default_payment_method: own });
  if (own !== null && method?.customer !== customer.id) throw noSuch("PaymentMethod", own, "default_payment_method");
  const offers = offersFromParam(world, params.discounts, basketOf(customer.id, items));
  if (params.automatic_tax?.enabled) refuseUnknownLocation(world, customer.id);
  const deferred = params.payment_behavior === "default_incomplete";
  const sent = params.collection_method === "send_invoice";
  if (sent && params.days_until_due === undefined) throw missingParameter("days_until_due");
  if (!deferred && !sent && trialEnd === null) expectMethod(method);
  const { subscription } = startSubscription(world, {
    customer: customer.id,
    items,
    paymentMethod: deferred ? null : (method ?? null),
    keepsMethod: own !== null,
    metadata: mergeMetadata({}, params.metadata),
    description: params.description ?? null,
    trialEnd,
    automaticTax: params.automatic_tax?.enabled ?? false,
    daysUntilDue: sent ? (params.days_until_due ?? null) : null,
    discounts: offers,
    missingPaymentMethod: params.trial_settings?.end_behavior.missing_payment_method ?? "create_invoice",
  });
  return subscription;
}

/** Stripe's 400 where nothing could be charged. */
function expectMethod(method: object | undefined): void {
  if (method) return;
  const message =
    "This customer has no attached payment source or default payment method. Please consider adding a default payment method.";
  throw invalid(message, "resource_missing");
}

function getSubscription(world: World, id: string): Subscription {
  const subscription = world.store.subscriptions.find(id);
  if (!subscription) throw noSuch("subscription", id);
  return subscription;
}

export type SubscriptionUpdate = ParamsOf<typeof updateParams>;

export function updateSubscription(world: World, id: string, params: SubscriptionUpdate): Subscription {
  const before = getSubscription(world, id);
  if (before.status === "canceled") {
    throw invalid("A canceled subscription can only update its cancellation_details and metadata.", undefined, "id");
  }
  if (params.cancel_at !== undefined && params.cancel_at_period_end !== undefined) {
    throw invalid("You may only specify one of these parameters: cancel_at, cancel_at_period_end.");
  }
  refuseScheduled(before, params);
  refusePending(world, before, params);
  if (params.payment_behavior === "error_if_incomplete")
    refuseUnpaid(world, before.latest_invoice, (copy) =>
      updateSubscription(copy, id, { ...params, payment_behavior: "allow_incomplete" }),
    );
  const { description, default_payment_method: method, automatic_tax: tax } = params;
  if (tax?.enabled) refuseUnknownLocation(world, before.customer);
  if (params.discounts) changeDiscounts(world, before, params.discounts);
  const items = itemsAsked(world, before, params);
  const end = cancellationAsked(world, { ...before, ...items }, params);
  const { pause_collection: pause, trial_settings: trialSettings, trial_end: trialEnd } = params;
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
      ...(tax === undefined ? {} : { automatic_tax: automaticTax(tax.enabled) }),
      ...(pause === undefined ? {} : { pause_collection: pausedCollection(world, id, pause) }),
      ...(trialSettings === undefined
        ? {}
        : { trial_settings: { end_behavior: { billing_cycle_anchor: null, ...trialSettings.end_behavior } } }),
      metadata: mergeMetadata(before.metadata, params.metadata),
    },
    "customer.subscription.updated",
  );
  if (params.items) followItems(world, updated);
  return trialEnd === undefined ? updated : moveTrialEnd(world, updated, trialEnd === "now" ? world.now() : trialEnd);
}

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
  if (changes.length === 0 && !restart) return {};
  const { proration_behavior: proration = "create_prorations", proration_date: prorationDate } = params;
  const [start, end] = [Math.min(...starts(before)), currentPeriodEnd(before)];
  if (prorationDate !== undefined && (prorationDate < start || prorationDate > end)) {
    throw invalid(
      "Invalid timestamp: must be within the current period of the subscription.",
      undefined,
      "proration_date",
    );
  }
  const options = { proration, prorationDate, restart };
  if (params.payment_behavior === "pending_if_incomplete") return changeWhenPaid(world, before.id, changes, options);
  return changeItems(world, before.id, changes, options);
}

const starts = ({ items }: Subscription) => items.data.map((item) => item.current_period_start);

/** Whether invoices are charged or sent from now on. */
function collectionAsked(before: Subscription, params: SubscriptionUpdate): Partial<Subscription> {
  const method = params.collection_method ?? before.collection_method;
  const days = params.days_until_due ?? before.days_until_due;
  if (method === "send_invoice" && days === null) throw missingParameter("days_until_due");
  return { collection_method: method, days_until_due: method === "send_invoice" ? days : null };
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
  const { cancel_at: at, cancel_at_period_end: atPeriodEnd } = params;
  if (atPeriodEnd !== undefined) {
    return cancellation(world, subscription, atPeriodEnd ? currentPeriodEnd(subscription) : null, atPeriodEnd);
  }
  if (at === undefined) return {};
  const ends = subscription.items.data.map((item) => item.current_period_end);
  const moment = at === "min_period_end" ? Math.min(...ends) : at === "max_period_end" ? Math.max(...ends) : at;
  return cancellation(world, subscription, moment, false);
}

/** Without a status: all that were not canceled. */
function hasStatus(row: Subscription, status: string | undefined): boolean {
  if (status === undefined) return row.status !== "canceled";
  return status === "all" || (status === "ended" ? isOver(row) : row.status === status);
}

export const subscriptionRoutes: Route[] = [
  route("POST", "/v1/subscriptions", createParams, createSubscription),
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
  route("GET", "/v1/subscriptions/:id", schema({}), (world, _, { id = "" }) => getSubscription(world, id)),
  route("POST", "/v1/subscriptions/:id", updateParams, (world, params, { id = "" }) =>
    updateSubscription(world, id, params),
  ),
  route("POST", "/v1/subscriptions/:id/resume", resumeParams, (world, _, { id = "" }) => {
    if (getSubscription(world, id).status === "paused") return resumeSubscription(world, id);
    throw invalid("This subscription cannot be resumed because it is not paused.");
  }),
  route("DELETE", "/v1/subscriptions/:id/discount", schema({}), (world, _, { id = "" }) =>
    deleteDiscounts(world, getSubscription(world, id)),
  ),
  route("DELETE", "/v1/subscriptions/:id", cancelParams, (world, params, { id = "" }) => {
    const subscription = getSubscription(world, id);
    if (subscription.status === "canceled") throw noSuch("subscription", id);
    const { prorate = false, invoice_now: invoiceNow = false } = params;
    settleEnd(world, subscription, { prorate, invoiceNow });
    world.update("subscriptions", id, detailsAsked(subscription, params));
    return endSubscription(world, id, { keepsProrations: prorate });
  }),
];
