import type Stripe from "stripe";
import { invalid, noSuch } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import {
  arrayOf,
  boolean,
  clearable,
  type Fields,
  hashOf,
  ignored,
  integer,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  type Reader,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { cancellation, changeItems, currentPeriodEnd, type ItemChange, paymentMethodOf } from "../billing/changing.ts";
import { endSubscription } from "../billing/end-subscription.ts";
import { type Subscription, startSubscription, trialEndAfter } from "../billing/subscribing.ts";
import type { World } from "../world.ts";
import { customerFromParam } from "./customers.ts";
import { activePriceFromParam } from "./prices.ts";

const prorationBehavior = oneOf("create_prorations", "always_invoice", "none");
const automaticTax = hashOf(schema({ enabled: boolean, liability: ignored }, ["enabled"]));

const createParams = schema(
  {
    customer: text,
    items: arrayOf(hashOf(schema({ price: text, quantity: integer, metadata }, ["price"]))),
    automatic_tax: automaticTax,
    default_payment_method: text,
    description: text,
    metadata,
    off_session: ignored,
    payment_behavior: oneOf("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"),
    payment_settings: ignored,
    proration_behavior: prorationBehavior,
    trial_period_days: integer,
    trial_end: integer,
  } satisfies Fields<keyof Stripe.SubscriptionCreateParams>,
  ["customer", "items"],
);

function createSubscription(world: World, params: ParamsOf<typeof createParams>): Subscription {
  const customer = customerFromParam(world, params.customer);
  const items = params.items.map((item, index) => ({
    price: recurringPrice(world, item.price, `items[${index}][price]`),
    quantity: item.quantity ?? 1,
    metadata: mergeMetadata({}, item.metadata),
  }));
  const { trial_period_days: days, trial_end: until } = params;
  const trialEnd = until ?? (days === undefined || days === 0 ? null : trialEndAfter(world, days));
  const own = params.default_payment_method ?? null;
  const method = paymentMethodOf(world, { customer: customer.id, default_payment_method: own });
  if (own !== null && method?.customer !== customer.id) throw noSuch("PaymentMethod", own, "default_payment_method");
  const deferred = params.payment_behavior === "default_incomplete";
  if (!method && !deferred && trialEnd === null) {
    const message =
      "This customer has no attached payment source or default payment method. Please consider adding a default payment method.";
    throw invalid(message, "resource_missing");
  }
  const { subscription } = startSubscription(world, {
    customer: customer.id,
    items,
    paymentMethod: deferred ? null : (method ?? null),
    keepsMethod: own !== null,
    metadata: mergeMetadata({}, params.metadata),
    description: params.description ?? null,
    trialEnd,
    automaticTax: params.automatic_tax?.enabled ?? false,
  });
  return subscription;
}

function recurringPrice(world: World, id: string, param: string) {
  const price = activePriceFromParam(world, id, param);
  if (price.recurring) return price;
  throw invalid(
    "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
    undefined,
    param,
  );
}

/** A moment in seconds, or one of the words of `cancel_at`. */
const cancelMoment: Reader<number | "max_period_end" | "min_period_end"> = (value, param) =>
  value === "max_period_end" || value === "min_period_end" ? value : integer(value, param);

const updateParams = schema({
  automatic_tax: automaticTax,
  cancel_at: clearable(cancelMoment),
  cancel_at_period_end: boolean,
  cancellation_details: hashOf(schema({ comment: clearable(text), feedback: clearable(text) })),
  default_payment_method: clearable(text),
  description: clearable(text),
  items: arrayOf(hashOf(schema({ id: text, price: text, quantity: integer }))),
  metadata,
  off_session: ignored,
  payment_behavior: ignored,
  proration_behavior: prorationBehavior,
} satisfies Fields<keyof Stripe.SubscriptionUpdateParams>);

function getSubscription(world: World, id: string): Subscription {
  const subscription = world.store.subscriptions.find(id);
  if (!subscription) throw noSuch("subscription", id);
  return subscription;
}

function updateSubscription(world: World, id: string, params: ParamsOf<typeof updateParams>): Subscription {
  const before = getSubscription(world, id);
  if (before.status === "canceled") {
    throw invalid("A canceled subscription can only update its cancellation_details and metadata.", undefined, "id");
  }
  if (params.cancel_at !== undefined && params.cancel_at_period_end !== undefined) {
    throw invalid("You may only specify one of these parameters: cancel_at, cancel_at_period_end.");
  }
  const changes = (params.items ?? []).map((item, index) => itemChange(world, before, item, `items[${index}]`));
  const { description, default_payment_method: method, automatic_tax: tax } = params;
  const items =
    changes.length > 0 ? changeItems(world, id, changes, params.proration_behavior ?? "create_prorations") : {};
  const end = cancellationAsked(world, { ...before, ...items }, params);
  return world.update(
    "subscriptions",
    id,
    {
      ...items,
      ...end,
      ...(description === undefined ? {} : { description }),
      ...(method === undefined ? {} : { default_payment_method: method }),
      ...(tax === undefined ? {} : { automatic_tax: { ...before.automatic_tax, enabled: tax.enabled } }),
      metadata: mergeMetadata(before.metadata, params.metadata),
    },
    "customer.subscription.updated",
  );
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
  return cancellation(world, subscription, typeof at === "string" ? currentPeriodEnd(subscription) : at, false);
}

interface ItemParam {
  id?: string | undefined;
  price?: string | undefined;
  quantity?: number | undefined;
}

function itemChange(world: World, subscription: Subscription, asked: ItemParam, param: string): ItemChange {
  const item = subscription.items.data.find((candidate) => candidate.id === asked.id);
  if (!item) throw noSuch("subscription item", asked.id ?? "", `${param}[id]`);
  const price = asked.price === undefined ? item.price : recurringPrice(world, asked.price, `${param}[price]`);
  return { item, price, quantity: asked.quantity ?? item.quantity ?? 1 };
}

const STATUSES = [
  "active",
  "all",
  "canceled",
  "ended",
  "incomplete",
  "incomplete_expired",
  "past_due",
  "paused",
  "trialing",
  "unpaid",
] as const;

const listFilters = { customer: text, price: text, status: oneOf(...STATUSES) };

const cancelParams = schema({
  cancellation_details: ignored,
  invoice_now: boolean,
  prorate: boolean,
} satisfies Fields<keyof Stripe.SubscriptionCancelParams>);

export const subscriptionRoutes: Route[] = [
  route("POST", "/v1/subscriptions", createParams, createSubscription),
  listRoute("/v1/subscriptions", "subscription", listFilters, (world, { customer, price, status }) =>
    world.store.subscriptions
      .all()
      .filter((row) => customer === undefined || row.customer === customer)
      .filter((row) => price === undefined || row.items.data.some((item) => item.price.id === price))
      .filter((row) => status === "all" || (status === undefined ? row.status !== "canceled" : row.status === status)),
  ),
  route("GET", "/v1/subscriptions/:id", schema({}), (world, _, { id = "" }) => getSubscription(world, id)),
  route("POST", "/v1/subscriptions/:id", updateParams, (world, params, { id = "" }) =>
    updateSubscription(world, id, params),
  ),
  route("DELETE", "/v1/subscriptions/:id", cancelParams, (world, _, { id = "" }) => {
    if (getSubscription(world, id).status === "canceled") throw noSuch("subscription", id);
    return endSubscription(world, id);
  }),
];
