import type { World } from "../world.ts";
import { collectInvoice } from "./collecting.ts";
import { scheduleLife, TRIAL_NOTICE_S } from "./life.ts";
import { renewSubscription } from "./renewing.ts";
import type { Subscription } from "./subscription.ts";

export function trialWillEnd(world: World, id: string): void {
  const subscription = world.store.subscriptions.find(id);
  if (subscription?.status === "trialing") world.emit("customer.subscription.trial_will_end", subscription);
}

/**
 * `trial_end` was changed: to another day, or (not in the future) it ends now and is invoiced at once. Where its end was
 * not announced yet, it is now (https://docs.stripe.com/api/events/types#event_types-customer.subscription.trial_will_end).
 */
export function moveTrialEnd(
  world: World,
  { id, items, trial_start, trial_end: trialEnd }: Subscription,
  moment: number,
): Subscription {
  const period = { current_period_end: moment };
  const moved = world.update(
    "subscriptions",
    id,
    {
      items: { ...items, data: items.data.map((item) => ({ ...item, ...period })) },
      billing_cycle_anchor: moment,
      trial_end: moment,
      trial_start: trial_start ?? world.now(),
      status: "trialing",
    },
    "customer.subscription.updated",
  );
  if (moment > world.now()) scheduleLife(world, moved);
  else {
    if (trialEnd !== null && trialEnd - TRIAL_NOTICE_S > world.now())
      world.emit("customer.subscription.trial_will_end", moved);
    world.unschedule("trial_will_end", id);
    renewSubscription(world, id);
    collectInvoice(world, world.store.subscriptions.get(id).latest_invoice ?? "");
  }
  return world.store.subscriptions.get(id);
}
