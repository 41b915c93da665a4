import { found, missingParameter, noSuch } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import { schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import type { Subscription, SubscriptionItem } from "../billing/subscription.ts";
import { clockOf } from "../state/clock-of.ts";
import type { World } from "../world.ts";
import { createItemParams, deleteItemParams, updateItemParams } from "./subscription-params.ts";
import { type SubscriptionUpdate, updateChargeable } from "./subscriptions.ts";

/** The subscription that has the item. */
function ownerOf(world: World, id: string): Subscription {
  return found(
    world.store.subscriptions.all().find((row) => row.items.data.some((item) => item.id === id)),
    "subscription_item",
    id,
  );
}

function getItem(world: World, id: string): SubscriptionItem {
  return found(
    ownerOf(world, id).items.data.find((candidate) => candidate.id === id),
    "subscription_item",
    id,
  );
}

/** A change of one item, as `subscriptions.update` takes it. */
const asUpdate = ({
  payment_behavior,
  proration_behavior,
  proration_date,
  ...item
}: SubscriptionUpdate & NonNullable<SubscriptionUpdate["items"]>[number]): SubscriptionUpdate => ({
  items: [item],
  payment_behavior,
  proration_behavior,
  proration_date,
});

/** Items belong to their subscription: each change of one is a change of the subscription, at its customer's time. */
export const subscriptionItemRoutes: Route[] = [
  route("POST", "/v1/subscription_items", createItemParams, (world, { subscription: id, ...params }) => {
    if (!world.store.subscriptions.find(id)) throw noSuch("subscription", id, "subscription");
    return world.onClock(clockOf(world.store, id), () => {
      const { items } = updateChargeable(world, id, asUpdate(params));
      return items.data.at(-1) ?? {};
    });
  }),
  listRoute("/v1/subscription_items", "subscription_item", { subscription: text }, (world, { subscription: id }) => {
    if (id === undefined) throw missingParameter("subscription");
    if (!world.store.subscriptions.find(id)) throw noSuch("subscription", id, "subscription");
    return [...world.store.subscriptions.get(id).items.data].reverse();
  }),
  route("GET", "/v1/subscription_items/:id", schema({}), (world, _, { id }) => getItem(world, id)),
  route("POST", "/v1/subscription_items/:id", updateItemParams, (world, { off_session: _, ...params }, { id }) => {
    updateChargeable(world, ownerOf(world, id).id, asUpdate({ id, ...params }));
    return getItem(world, id);
  }),
  route("DELETE", "/v1/subscription_items/:id", deleteItemParams, (world, params, { id }) => {
    updateChargeable(world, ownerOf(world, id).id, asUpdate({ id, deleted: true, ...params }));
    return { id, object: "subscription_item", deleted: true };
  }),
];
