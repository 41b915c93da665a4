import type Stripe from "stripe";
import { findPriceIn, priceIn } from "../billing/currencies.ts";
import { isOver } from "../billing/end-subscription.ts";
import { isMetered, type Subscription, type SubscriptionItem } from "../billing/subscription.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import type { PortalConfiguration } from "./portal-configurations.ts";

export type Features = PortalConfiguration["features"];
type Price = Stored<Stripe.Price>;

const allows = ({ subscription_update: update }: Features, what: string) =>
  update.enabled && update.default_allowed_updates.includes(what);

/** Whether a change waits in the subscription's schedule: one that has run through its phases keeps nobody from another. */
export function isScheduled(world: World, { schedule }: Subscription): boolean {
  const phases = world.store.subscriptionSchedules.find(schedule)?.phases ?? [];
  return phases.some(({ start_date: begins }) => begins > world.now());
}

/**
 * What keeps the portal from changing a subscription, whatever is offered:
 * https://docs.stripe.com/customer-management#limitations-to-modifying-subscriptions
 */
export function hindrance(world: World, subscription: Subscription): string | undefined {
  const { status, items, collection_method: collection } = subscription;
  if (isOver(subscription)) return "it is canceled";
  if (status === "incomplete") return "its first invoice is not paid";
  if (items.data.length > 1) return "it has multiple items";
  if (isScheduled(world, subscription)) return "it has an update scheduled with a subscription schedule";
  if (items.data.some(({ price }) => isMetered(price))) return "it uses usage-based billing";
  if (collection === "send_invoice") return "its invoices are sent";
  if (items.data.some((item) => taxBehaviorOf(world, subscription, item) === "unspecified"))
    return "the tax behavior of its price is unspecified";
  return undefined;
}

const taxBehaviorOf = (world: World, { currency }: Subscription, { price }: SubscriptionItem) =>
  priceIn(world, world.store.prices.find(price.id) ?? price, currency).tax_behavior;

/** The item that the portal changes, if it changes this subscription. */
const itemOf = (world: World, subscription: Subscription) =>
  hindrance(world, subscription) === undefined ? subscription.items.data[0] : undefined;

/** Prices that the portal lets the subscription move to, of those that the configuration names. */
export function offeredPlans(world: World, subscription: Subscription, features: Features): Price[] {
  const item = itemOf(world, subscription);
  if (!item || !allows(features, "price")) return [];
  const named = features.subscription_update.products?.flatMap(({ prices }) => prices) ?? [];
  return world.store.prices
    .all()
    .filter((price) => named.includes(price.id) && price.id !== item.price.id)
    .filter((price) => price.active && world.store.products.find(price.product)?.active)
    .filter((price) => {
      const offered = findPriceIn(world, price, subscription.currency);
      return offered?.tax_behavior === taxBehaviorOf(world, subscription, item);
    });
}

const MOST = 999_999;

/**
 * The quantities that the portal lets the subscription have; undefined: it stays.
 * @param price that it changes to; absent, it stays
 */
export function offeredQuantity(
  world: World,
  subscription: Subscription,
  features: Features,
  price?: Price,
): { least: number; most: number } | undefined {
  const item = itemOf(world, subscription);
  if (!item || !allows(features, "quantity")) return undefined;
  const { product: sold } = price ?? item.price;
  const product = features.subscription_update.products?.find((row) => row.product === sold);
  const { enabled, minimum, maximum } = product?.adjustable_quantity ?? { enabled: false, minimum: 1, maximum: null };
  return enabled ? { least: minimum, most: maximum ?? MOST } : undefined;
}
