import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import type { LineDraft } from "./invoice-draft.ts";
import { isMetered, periodLines, type Subscription, type SubscriptionItem } from "./subscription.ts";

type Meter = Stored<Stripe.Billing.Meter>;

/**
 * What a customer used from one moment to before another (seconds), by the meter's formula
 * (https://docs.stripe.com/billing/subscriptions/usage-based/meters/configure).
 */
export function usedOf(world: World, meter: Meter, customer: string, start: number, end: number): number {
  const told = world.store.meterEvents
    .where("event_name", meter.event_name)
    .filter(({ canceled, payload, timestamp }) => {
      const theirs = payload[meter.customer_mapping.event_payload_key] === customer;
      return theirs && !canceled && timestamp >= start && timestamp < end;
    })
    .sort((a, b) => a.timestamp - b.timestamp);
  const values = told.map(({ payload }) => Number(payload[meter.value_settings.event_payload_key]));
  switch (meter.default_aggregation.formula) {
    case "count":
      return told.length;
    case "last":
      return values.at(-1) ?? 0;
    default:
      return values.reduce((sum, value) => sum + value, 0);
  }
}

/**
 * What items by use cost for the time from the beginning of their period to `end` (seconds): it is billed afterwards, a trial's is
 * free, and what comes to less than nothing is nothing (https://docs.stripe.com/billing/subscriptions/usage-based/how-it-works).
 */
export const usageLines = (
  world: World,
  subscription: Subscription,
  items: readonly SubscriptionItem[],
  end: number,
): LineDraft[] =>
  items.filter(({ price }) => isMetered(price)).flatMap((item) => linesOf(world, subscription, item, end));

function linesOf(world: World, subscription: Subscription, item: SubscriptionItem, end: number): LineDraft[] {
  const { currency, customer, status } = subscription;
  const meter = world.store.meters.find(item.price.recurring?.meter);
  const start = item.current_period_start;
  const used = meter && status !== "trialing" ? Math.max(0, usedOf(world, meter, customer, start, end)) : undefined;
  return periodLines(world, item, currency, false, used).map((line) => ({ ...line, period: { start, end } }));
}
