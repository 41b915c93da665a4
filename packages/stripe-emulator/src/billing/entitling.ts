import type Stripe from "stripe";
import { listOf, type Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

type Entitlement = Stored<Stripe.Entitlements.ActiveEntitlement>;

const ENTITLING = ["active", "trialing", "past_due"];

/** What a customer may use: the features of the products that it is subscribed to. Each feature once. */
export function activeEntitlements(world: World, customer: string): Entitlement[] {
  const products = new Set(
    world.store.subscriptions
      .where("customer", customer)
      .filter((row) => ENTITLING.includes(row.status))
      .flatMap((row) => row.items.data.map((item) => item.price.product)),
  );
  const granted = world.store.productFeatures.all().filter((row) => products.has(row.product));
  const features = new Map(granted.map(({ entitlement_feature: feature }) => [feature.id, feature]));
  return [...features.values()].map((feature) => ({
    id: `ent_${customer.slice(4)}${feature.id.slice(5, 15)}`,
    object: "entitlements.active_entitlement",
    feature: feature.id,
    livemode: false,
    lookup_key: feature.lookup_key,
  }));
}

/** Told after each change of a subscription, where the set is another one than it was told last. */
export function tellEntitlements(world: World, customer: string): void {
  const entitlements = activeEntitlements(world, customer);
  const last = world.store.entitlementSets.find(customer)?.keys ?? [];
  const keys = entitlements.map((row) => row.lookup_key);
  if (JSON.stringify(keys) === JSON.stringify(last)) return;
  world.store.entitlementSets.put({ id: customer, keys });
  world.emit("entitlements.active_entitlement_summary.updated", {
    object: "entitlements.active_entitlement_summary",
    customer,
    entitlements: listOf(`/v1/customer/${customer}/entitlements`, entitlements),
    livemode: false,
  });
}
