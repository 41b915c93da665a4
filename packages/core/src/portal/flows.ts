import type Stripe from "stripe";
import { assertWithin, findPriceIn, pickOfGroup, type SellablePrice } from "../catalog/index.ts";
import type { Clients } from "../clients.ts";
import { productsOf } from "../customer/index.ts";
import { BillingError } from "../errors/index.ts";
import { idOf, isOver, read, requiredIdOf } from "../stripe/index.ts";
import { isByUs, nextPhaseOf, periodEndOf } from "../subscription/index.ts";
import type { PortalFlow } from "./schema.ts";

type FlowData = Stripe.BillingPortal.SessionCreateParams.FlowData;
type OfSubscription = Exclude<PortalFlow, { type: "payment_method_update" }>;

/** What Stripe is asked to open the portal at. */
export function flowDataOf(flow: PortalFlow, returnUrl: string, subscription?: Stripe.Subscription): FlowData {
  const after_completion = { type: "redirect" as const, redirect: { return_url: returnUrl } };
  const of = { subscription: subscription?.id ?? "" };
  switch (flow.type) {
    case "payment_method_update":
      return { type: flow.type, after_completion };
    case "subscription_cancel":
      return { type: flow.type, after_completion, subscription_cancel: of };
    case "subscription_update":
      return { type: flow.type, after_completion, subscription_update: of };
    case "subscription_update_confirm": {
      const { priceId: price, quantity } = flow;
      const item = { id: requiredIdOf(subscription?.items.data[0]), price, ...(quantity && { quantity }) };
      return { type: flow.type, after_completion, subscription_update_confirm: { ...of, items: [item] } };
    }
  }
}

/**
 * Refuses what Stripe's portal does not do, as far as a subscription shows it: what to do instead depends on why.
 * @see https://docs.stripe.com/customer-management#limitations-to-modifying-subscriptions
 * @throws BillingError
 */
export async function assertAllowed(
  clients: Clients,
  subscription: Stripe.Subscription,
  flow: OfSubscription,
  price: SellablePrice | undefined,
): Promise<void> {
  const cancels = flow.type === "subscription_cancel";
  if (isOver(subscription)) throw over();
  if (endsLater(subscription)) throw endingByOthers();
  if (subscription.cancel_at !== null || subscription.cancel_at_period_end) throw ending(cancels);
  if (!cancels) assertChangeable(subscription);
  const schedule = await findSchedule(clients, subscription);
  if (schedule && nextPhaseOf(schedule)) throw isByUs(schedule) ? scheduledHere() : scheduled();
  if (flow.type === "subscription_update_confirm" && price) await assertChange(clients, subscription, flow, price);
}

function assertChangeable({ status, items, collection_method: collection }: Stripe.Subscription): void {
  const [item, ...others] = items.data;
  if (status === "incomplete") throw notChangeable("Its first payment is not through yet.");
  if (others.length > 0 || items.has_more) throw notChangeable("It is of several things.");
  if (item?.price.recurring?.usage_type === "metered") throw notChangeable("It is paid by use.");
  if (collection === "send_invoice") throw notChangeable("Its invoices are sent.");
}

async function findSchedule(
  { stripe }: Clients,
  { schedule }: Stripe.Subscription,
): Promise<Stripe.SubscriptionSchedule | undefined> {
  const id = idOf(schedule);
  return id ? read<Stripe.SubscriptionSchedule>(stripe, `/v1/subscription_schedules/${id}`) : undefined;
}

async function assertChange(
  clients: Clients,
  subscription: Stripe.Subscription,
  { quantity }: { quantity?: number | undefined },
  price: SellablePrice,
): Promise<void> {
  const [item] = subscription.items.data;
  if (item?.price.id === price.id && (quantity === undefined || quantity === item.quantity)) throw unchanged();
  if (subscription.currency !== price.currency && !(await findPriceIn(clients, price.id, subscription.currency))) {
    throw otherCurrency();
  }
  assertWithin(price.bounds, quantity ?? item?.quantity ?? 1);
  const [fitting] = await pickOfGroup(clients, [price.group], [subscription], productsOf);
  if (!fitting) throw notOffered("A subscription changes to plans of its own group only");
}

export const over = () =>
  new BillingError("subscription_over", "This subscription is over. Choose a plan to begin a new one.");

export const ending = (cancels: boolean) =>
  new BillingError(
    "subscription_ending",
    cancels
      ? "This subscription is canceled already, and ends by itself."
      : "This subscription is about to end. Keep it first, in the billing portal; then it can be changed.",
  );

/** Whether it ends on a day that none of our routes, nor the portal, chooses: it is paid for until then. */
export const endsLater = (subscription: Stripe.Subscription): boolean =>
  !subscription.cancel_at_period_end && (subscription.cancel_at ?? 0) > periodEndOf(subscription);

/** It ends at a day that is not its period's end. */
export const endingByOthers = () =>
  new BillingError(
    "subscription_ending",
    "This subscription ends on a day that was agreed. Ask support to change that.",
    "The subscription has a cancel_at that is not the end of its period",
  );

export const scheduled = () =>
  new BillingError(
    "subscription_scheduled",
    "A change of this subscription is scheduled already. Ask support to take that back first.",
  );

/** What our own routes have scheduled the customer takes back by themselves. */
const scheduledHere = () =>
  new BillingError(
    "subscription_scheduled",
    "A change of this subscription is scheduled already. Take it back first, on your account page; then try this again.",
    "A change that was scheduled by our own routes: POST /api/subscriptions/resume takes it back",
  );

export const notChangeable = (why: string) =>
  new BillingError(
    "subscription_not_changeable",
    `This subscription cannot be changed here. ${why} Ask support to change it.`,
  );

export const unchanged = () => new BillingError("plan_unchanged", "This is what you have already.");

export const otherCurrency = () =>
  new BillingError(
    "currency_mismatch",
    "This price is in another currency than what you pay already. Choose one in your currency.",
  );

export const notOffered = (reason: string) =>
  new BillingError(
    "plan_not_offered",
    "You cannot change to this plan by yourself. Choose another, or ask support.",
    reason,
  );
