import type Stripe from "stripe";
import { assertWithin, findPriceIn, notForSale, pickOfGroup, type SellablePrice } from "../catalog/index.ts";
import type { Billing, Clients } from "../clients.ts";
import { assertInUse, type Payer } from "../payer/index.ts";
import { getRecurringPrice, getSubscription, notChangeable, notOffered, otherCurrency, over } from "../portal/index.ts";
import { isMissing, isOver, requiredIdOf } from "../stripe/index.ts";
import { periodEndOf } from "../subscription/index.ts";
import { endingOf, scheduled, scheduledByOthers } from "./refusals.ts";
import { getStanding, isBound, partsOf, type Standing, type Target } from "./schedule.ts";
import type { PreviewChange } from "./schema.ts";

/** A change that may be made: of a subscription, to one of its parts. */
export interface Change extends Target {
  subscription: Stripe.Subscription;
  standing: Standing;
  /** It is made already. */
  isMade: boolean;
  /** It is scheduled already. */
  isScheduled: boolean;
}

/**
 * What is to be changed, and to what, asked of Stripe.
 * @throws BillingError for each reason why this subscription, or this price, is none for it
 */
export async function findChange(
  billing: Billing,
  payer: Payer,
  customers: string[],
  wish: PreviewChange,
): Promise<Change> {
  const sellable = await getRecurringPrice(billing, wish.priceId);
  const subscription = await getSubscription(billing, customers, wish.subscriptionId, sellable, { noted: false });
  if (isOver(subscription)) throw over();
  if (subscription.cancel_at !== null || subscription.cancel_at_period_end) throw endingOf(subscription);
  const held = await pickItem(billing, subscription, sellable);
  assertChangeable(subscription, held);
  if (sellable.metered) throw notChangeable("This plan is paid by use.");
  const [price, item, standing] = await Promise.all([
    getPrice(billing, sellable, subscription),
    inItsCurrency(billing, held, subscription),
    getStanding(billing, subscription),
  ]);

  const inUse = await assertInUse(billing.supabase, payer, sellable, wish.quantity);
  // As many as are in use: of fewer, the rest would be charged a minute later, and nobody had been shown it.
  const quantity = wish.quantity ?? inUse ?? item.quantity ?? 1;
  assertWithin(sellable.bounds, quantity);
  assertComparable(subscription, item, price);
  const change = { subscription, item, price, quantity, standing };
  const isMade = isMadeIn(subscription, change);
  return { ...change, isMade, isScheduled: !isMade && isScheduled(change) };
}

/** Whether a subscription is what a change makes it. */
export function isMadeIn({ items }: Stripe.Subscription, { item, price, quantity }: Target): boolean {
  const now = items.data.find(({ id }) => id === item.id);
  return now?.price.id === price.id && now.quantity === quantity;
}

/**
 * Whether just this is scheduled.
 * @throws BillingError `subscription_scheduled` when something else is
 */
function isScheduled({
  standing,
  item,
  price,
  quantity,
  subscription,
}: Omit<Change, "isMade" | "isScheduled">): boolean {
  const { next } = standing;
  if (isBound(standing, periodEndOf(subscription))) throw scheduledByOthers();
  if (!next) return false;
  const others = subscription.items.data.filter(({ id }) => id !== item.id);
  const wanted = [
    { priceId: price.id, quantity },
    ...others.map((each) => ({ priceId: each.price.id, quantity: each.quantity ?? null })),
  ];
  const planned = partsOf(next);
  const isSame = wanted.every((part) =>
    planned.some((each) => each.priceId === part.priceId && each.quantity === part.quantity),
  );
  if (isSame && planned.length === wanted.length) return true;
  throw scheduled();
}

/** The price as Stripe has it now, archived or not, and in the subscription's currency. */
async function getPrice(
  billing: Billing,
  { id }: SellablePrice,
  { currency }: Stripe.Subscription,
): Promise<Stripe.Price> {
  const price = await findPriceIn(billing, id, currency).catch((error) => {
    throw isMissing(error) ? notForSale() : error;
  });
  if (!price) throw otherCurrency();
  if (!price.active) throw notForSale();
  return price;
}

/** Stripe shows an item's price in the price's own currency, whatever it is paid in: both are compared in one. */
async function inItsCurrency(
  billing: Billing,
  item: Stripe.SubscriptionItem,
  { currency }: Stripe.Subscription,
): Promise<Stripe.SubscriptionItem> {
  if (item.price.currency === currency) return item;
  const price = await findPriceIn(billing, item.price.id, currency).catch((error) => {
    if (!isMissing(error)) throw error;
  });
  if (!price) throw notChangeable("What it costs is not known any more.");
  return { ...item, price };
}

/** Of a subscription to several things the one that is of the price's group. */
export async function pickItem(
  billing: Clients,
  { items }: Stripe.Subscription,
  { group }: Pick<SellablePrice, "group">,
): Promise<Stripe.SubscriptionItem> {
  const productOf = ({ price }: Stripe.SubscriptionItem) => [requiredIdOf(price.product)];
  const [item, ...others] = await pickOfGroup(billing, [group], items.data, productOf);
  if (!item) throw notOffered("A subscription changes to plans of its own group only");
  if (others.length > 0) throw notChangeable("It is of several things.");
  return item;
}

/** @throws BillingError `subscription_not_changeable` */
export function assertChangeable(
  { status, collection_method: collection, pause_collection: pause }: Stripe.Subscription,
  { price }: Stripe.SubscriptionItem,
): void {
  // What is owed would be paid back for the time that it was owed for.
  if (status !== "active" && status !== "trialing") throw notChangeable("Its last invoice is not paid yet.");
  // What is invoiced meanwhile is not collected: more would be had for nothing.
  if (pause) throw notChangeable("Its payments are paused.");
  if (collection === "send_invoice") throw notChangeable("Its invoices are sent.");
  if (price.recurring?.usage_type === "metered") throw notChangeable("It is paid by use.");
}

function assertComparable({ items }: Stripe.Subscription, item: Stripe.SubscriptionItem, price: Stripe.Price): void {
  for (const { tiers_mode: tiers } of [item.price, price]) if (tiers) throw notChangeable("Its price is in tiers.");
  if (items.data.length === 1) return;
  const ends = new Set(items.data.map(({ current_period_end: end }) => end));
  const [before, after] = [item.price.recurring, price.recurring];
  const moves = before?.interval !== after?.interval || before?.interval_count !== after?.interval_count;
  if (moves || ends.size > 1) throw notChangeable("Its parts would be paid at different times.");
}
