import type Stripe from "stripe";
import { ApiError, invalid, missingParameter, noSuch, notModelled } from "../api/errors.ts";
import {
  arrayOf,
  boolean,
  clearable,
  type Fields,
  hashOf,
  ignored,
  integer,
  oneOf,
  type ParamsOf,
  type Reader,
  schema,
  text,
} from "../api/params.ts";
import { isOver } from "../billing/end-subscription.ts";
import { type Invoice, newInvoice } from "../billing/invoice-draft.ts";
import { invoiceItemLine, pendingItems } from "../billing/invoice-item.ts";
import { periodEndOf } from "../billing/life.ts";
import { expirePendingUpdate } from "../billing/pending-updates.ts";
import { recurringInvoice } from "../billing/renewing.ts";
import type { Subscription } from "../billing/subscription.ts";
import { draftedSince, nextInvoice, settled } from "../billing/upcoming.ts";
import { clockOf } from "../state/clock-of.ts";
import { newId } from "../state/ids.ts";
import type { World } from "../world.ts";
import { address } from "./address.ts";
import { createCustomer, customerFromParam, updateCustomer } from "./customers.ts";
import { discounts } from "./discount-params.ts";
import { createSubscription } from "./subscription-creation.ts";
import { cancelMoment, itemFields, liability, moment, prorationBehavior } from "./subscription-params.ts";
import { scheduleDetails } from "./subscription-schedule-params.ts";
import { updateSubscription } from "./subscriptions.ts";
import { taxRates } from "./tax-rates.ts";

const anchorFields = hashOf(schema({ type: oneOf("now", "timestamp", "unchanged"), timestamp: integer }, ["type"]));
/** Of a subscription that there is, a word; of one that there is not yet, a moment. */
const anchor: Reader<number | "now" | "unchanged"> = (value, param) => {
  const { type, timestamp } = anchorFields(value, param);
  if (type !== "timestamp") return type;
  if (timestamp === undefined) throw missingParameter(`${param}[timestamp]`);
  return timestamp;
};

const detailFields = {
  billing_cycle_anchor: anchor,
  cancel_at: clearable(cancelMoment),
  cancel_at_period_end: boolean,
  default_tax_rates: taxRates,
  items: arrayOf(
    hashOf(
      schema({ id: text, deleted: boolean, ...itemFields } satisfies Fields<
        keyof Stripe.InvoiceCreatePreviewParams.SubscriptionDetails.Item
      >),
    ),
  ),
  metadata: ignored,
  proration_behavior: prorationBehavior,
  proration_date: integer,
  start_date: integer,
  trial_end: moment,
} satisfies Fields<keyof Stripe.InvoiceCreatePreviewParams.SubscriptionDetails>;
const subscriptionDetails = hashOf(schema(detailFields));

export const previewParams = schema({
  automatic_tax: hashOf(schema({ enabled: boolean, liability }, ["enabled"])),
  customer: text,
  customer_details: hashOf(
    schema({ address: clearable(address), tax_exempt: clearable(oneOf("none", "exempt", "reverse")) }),
  ),
  discounts,
  preview_mode: oneOf("next", "recurring"),
  schedule: text,
  schedule_details: scheduleDetails,
  subscription: text,
  subscription_details: subscriptionDetails,
} satisfies Fields<keyof Stripe.InvoiceCreatePreviewParams>);
export type PreviewParams = ParamsOf<typeof previewParams>;

/**
 * The next invoice, if what is asked were done: it is done, to a copy of the state
 * (https://docs.stripe.com/api/invoices/create_preview). An invoice that it would make at once is shown as its draft;
 * otherwise the one at the end of the period. In mode `recurring` it is what each period costs from then on, without what is
 * prorated and what waits.
 */
export function previewInvoice(world: World, params: PreviewParams): Invoice {
  const existing = findSubscription(world, params);
  refuseDateAlone(params);
  const now = world.onClock(clockOf(world.store, params.subscription ?? params.customer), () => world.now());
  return world.rehearse(now, (copy) => {
    const seen = copy.store.events.all().length;
    const asksToBegin = params.subscription_details?.items !== undefined;
    if (!existing && !asksToBegin && params.customer !== undefined) return previewWaiting(copy, params);
    const subscription = inDetails(() => (existing ? change(copy, existing.id, params) : begin(copy, params)));
    if (params.preview_mode === "recurring") return settled(recurringInvoice(copy, subscription));
    const drafted = draftedSince(copy, seen);
    if (drafted) return drafted;
    const next = nextInvoice(copy, subscription);
    if (next) return next;
    throw nothingUpcoming(subscription.customer);
  });
}

/** What is refused is named as it was asked: in the details of the subscription. */
function inDetails<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { param, ...body } = error.body;
    const [, name = "", within = ""] = /^(\w+)(.*)$/.exec(param ?? "") ?? [];
    const asked = name === "backdate_start_date" ? "start_date" : name;
    if (!Object.hasOwn(detailFields, asked)) throw error;
    throw new ApiError(error.status, { ...body, param: `subscription_details[${asked}]${within}` });
  }
}

/** Stripe's 400 for the moment of a proration where there is none (the SDK's comment on `proration_date`). */
function refuseDateAlone({ subscription, subscription_details: details = {} }: PreviewParams): void {
  if (details.proration_date === undefined) return;
  if (subscription === undefined) throw missingParameter("subscription");
  if (details.items === undefined && details.trial_end === undefined)
    throw notNow("proration_date", "can only be set with `items` or `trial_end`");
  if (details.proration_behavior === "none")
    throw notNow("proration_date", "can not be set where `proration_behavior` is `none`");
}

/** 400, in the words of https://github.com/stripe/stripe-node/issues/2347 (https://docs.stripe.com/changelog/basil/2025-03-31/invoice-preview-api-deprecations). */
export function refuseWholeCustomer(params: PreviewParams): void {
  const { schedule, schedule_details: planned, subscription, subscription_details: details } = params;
  if ([subscription, schedule, details?.items, planned?.phases].some((named) => named !== undefined)) return;
  throw invalid(
    "You must provide at least one of: `subscription`, `schedule`, `subscription_details.items`, `schedule_details.phases`, `invoice_items`.",
  );
}

const PREFIX = "subscription_";

/** As it was asked until previews: `subscription_items` is what is in `subscription_details` now. */
export const upcomingParams = schema({
  ...previewParams.fields,
  ...Object.fromEntries(
    Object.entries(detailFields).flatMap(([name, reader]) => (name === "metadata" ? [] : [[PREFIX + name, reader]])),
  ),
});

/** https://docs.stripe.com/changelog/basil/2025-03-31/invoice-preview-api-deprecations */
export function readUpcoming(world: World, asked: ParamsOf<typeof upcomingParams>): Invoice {
  const isDetail = (name: string) => name.startsWith(PREFIX) && name !== "subscription_details";
  const of = (kept: (name: string) => boolean) => Object.entries(asked).filter(([name]) => kept(name));
  const details = of(isDetail).map(([name, value]) => [name.slice(PREFIX.length), value]);
  return previewInvoice(world, {
    ...Object.fromEntries(of((name) => !isDetail(name))),
    ...(details.length > 0 ? { subscription_details: Object.fromEntries(details) } : {}),
  });
}

/** The subscription that is meant: the one named, or, where no items are, the customer's only one. */
function findSubscription(world: World, params: PreviewParams): Subscription | undefined {
  const { subscription: id, customer, subscription_details: details } = params;
  if (customer !== undefined) customerFromParam(world, customer);
  const found = world.store.subscriptions.find(id);
  if (id !== undefined && (!found || (customer !== undefined && found.customer !== customer)))
    throw noSuch("subscription", id, "subscription");
  if (id !== undefined || details?.items) return found;
  if (customer === undefined) throw missingParameter("customer");
  return world.store.subscriptions
    .where("customer", customer)
    .filter((row) => !isOver(row) && (row.cancel_at === null || row.cancel_at > periodEndOf(row)))
    .sort((one, other) => periodEndOf(one) - periodEndOf(other))[0];
}

/** What waits for an invoice, where no subscription has one to come. */
function previewWaiting(world: World, params: PreviewParams): Invoice {
  const customer = params.customer ?? "";
  const currency = world.store.invoiceItems
    .where("customer", customer)
    .find(({ invoice }) => invoice === null)?.currency;
  const waiting = currency === undefined ? [] : pendingItems(world, { customer, currency });
  if (currency === undefined || waiting.length === 0) throw nothingUpcoming(customer);
  const lines = waiting.map((item) => invoiceItemLine(world, item));
  return settled(
    newInvoice(world, {
      id: `upcoming_${newId("in")}`,
      customer,
      subscription: null,
      currency,
      reason: "upcoming",
      lines,
    }),
  );
}

export const nothingUpcoming = (customer: string) =>
  new ApiError(404, {
    type: "invalid_request_error",
    code: "invoice_upcoming_none",
    message: `No upcoming invoices for customer: ${customer}`,
  });

function change(world: World, id: string, params: PreviewParams): Subscription {
  const { automatic_tax, discounts: asked, subscription_details: details = {}, customer_details: customer } = params;
  const { metadata: _metadata, billing_cycle_anchor: anchor, start_date: start, ...changes } = details;
  if (typeof anchor === "number") throw notNow("billing_cycle_anchor", "must be one of now or unchanged");
  if (start !== undefined) throw notNow("start_date", "can only be set for a subscription that does not exist yet");
  if (customer) updateCustomer(world, world.store.subscriptions.get(id).customer, customer);
  // What waits for its payment makes way for what is asked.
  if (details.items) expirePendingUpdate(world, id);
  return updateSubscription(world, id, {
    ...changes,
    ...(anchor === undefined ? {} : { billing_cycle_anchor: anchor }),
    ...(automatic_tax ? { automatic_tax } : {}),
    ...(asked ? { discounts: asked } : {}),
  });
}

const notNow = (name: string, why: string) =>
  invalid(`Invalid subscription_details[${name}]: ${why}`, undefined, `subscription_details[${name}]`);

/** A subscription that does not exist yet: its first invoice. */
function begin(world: World, params: PreviewParams): Subscription {
  const { automatic_tax, discounts: asked, subscription_details: details, customer_details: about } = params;
  const items = (details?.items ?? []).map(({ id: _id, deleted: _deleted, ...item }, index) => {
    if ((item.price ?? item.plan ?? item.price_data) !== undefined) return item;
    throw missingParameter(`subscription_details[items][${index}][price]`);
  });
  if (items.length === 0) throw missingParameter("subscription_details[items]");
  const { billing_cycle_anchor: anchor, cancel_at: end, start_date: start } = details ?? {};
  if (typeof anchor === "string") throw notNow("billing_cycle_anchor", "must be a timestamp");
  if (start !== undefined && start > world.now())
    throw notModelled("a start_date in the future", "subscription_details[start_date]");
  const customer = params.customer ?? createCustomer(world, {}).id;
  if (about) updateCustomer(world, customer, about);
  return createSubscription(world, {
    customer,
    items,
    payment_behavior: "default_incomplete",
    ...(anchor === undefined ? {} : { billing_cycle_anchor: anchor }),
    ...(start === undefined ? {} : { backdate_start_date: start }),
    ...(end == null ? {} : { cancel_at: end }),
    ...(details?.cancel_at_period_end === undefined ? {} : { cancel_at_period_end: details.cancel_at_period_end }),
    ...(details?.proration_behavior ? { proration_behavior: details.proration_behavior } : {}),
    ...(details?.default_tax_rates ? { default_tax_rates: details.default_tax_rates } : {}),
    ...(details?.trial_end === undefined ? {} : { trial_end: details.trial_end }),
    ...(automatic_tax ? { automatic_tax } : {}),
    ...(asked ? { discounts: asked } : {}),
  });
}
