import type { World } from "../world.ts";
import type { Subscription } from "./subscription.ts";

const DAY = 86_400;
/** How long before a trial's end it is announced. */
export const TRIAL_NOTICE_S = 3 * DAY;
const UPCOMING_NOTICE_S = 7 * DAY;

/** When the first of its periods ends, in seconds: items of different intervals renew one after the other. */
export const periodEndOf = (subscription: Subscription) =>
  Math.min(...subscription.items.data.map((item) => item.current_period_end));

/** Writes down what will happen to a subscription by itself: its next renewal, and what is told before it. */
export function scheduleLife(world: World, subscription: Subscription): void {
  const { id, status, trial_end: trialEnd } = subscription;
  const end = periodEndOf(subscription);
  world.schedule("renew_subscription", id, end * 1000);
  if (end - UPCOMING_NOTICE_S > world.now()) {
    world.schedule("upcoming_invoice", id, (end - UPCOMING_NOTICE_S) * 1000);
  }
  if (status === "trialing" && trialEnd !== null) {
    world.schedule("trial_will_end", id, Math.max(trialEnd - TRIAL_NOTICE_S, world.now()) * 1000);
  }
}
