import type Stripe from "stripe";
import type { Subscription } from "../billing/subscription.ts";
import type { PortalConfiguration } from "../resources/portal-configurations.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

export type Features = PortalConfiguration["features"];
type Price = Stored<Stripe.Price>;

const allows = ({ subscription_update: update }: Features, what: string) =>
  update.enabled && update.default_allowed_updates.includes(what);

/** The only item of a subscription: the portal does not change those with several, as Stripe's does not. */
const onlyItem = ({ items }: Subscription) => (items.data.length === 1 ? items.data[0] : undefined);

/**
 * Prices that the portal lets the subscription move to: active, recurring, of an active product, in its currency, and
 * among those that the configuration names, if it names any.
 */
export function offeredPlans(world: World, subscription: Subscription, features: Features): Price[] {
  const item = onlyItem(subscription);
  if (!item || !allows(features, "price")) return [];
  const named = features.subscription_update.products?.flatMap(({ prices }) => prices);
  return world.store.prices
    .all()
    .filter((price) => price.active && price.recurring && price.currency === subscription.currency)
    .filter((price) => price.id !== item.price.id && world.store.products.find(price.product)?.active)
    .filter((price) => named === undefined || named.includes(price.id));
}

const MOST = 999_999;

/** The quantities that the portal lets the subscription have; undefined: it stays. A single one is not asked about. */
export function offeredQuantity(
  subscription: Subscription,
  features: Features,
): { least: number; most: number } | undefined {
  const item = onlyItem(subscription);
  if (!item || !allows(features, "quantity")) return undefined;
  const product = features.subscription_update.products?.find((row) => row.product === item.price.product);
  if (!features.subscription_update.products) return (item.quantity ?? 1) > 1 ? { least: 1, most: MOST } : undefined;
  const { enabled, minimum, maximum } = product?.adjustable_quantity ?? { enabled: false, minimum: 1, maximum: null };
  return enabled ? { least: minimum, most: maximum ?? MOST } : undefined;
}
