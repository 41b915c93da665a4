import { invalid } from "../api/errors.ts";
import { periodEnd } from "../billing/calendar.ts";
import { isOver } from "../billing/end-subscription.ts";
import { clockOf } from "../state/clock-of.ts";
import type { World } from "../world.ts";

/** What a test clock may hold (https://docs.stripe.com/billing/testing/test-clocks/api-advanced-usage). */
const MOST_CUSTOMERS = 3;
/** Of one customer; a schedule and the subscription that it leads are one. */
export const MOST_SUBSCRIPTIONS = 3;

export function refuseFullClock(world: World, clock: string): void {
  if (world.store.customers.where("test_clock", clock).length < MOST_CUSTOMERS) return;
  throw invalid(`A test clock can have at most ${MOST_CUSTOMERS} customers.`, undefined, "test_clock");
}

/** The sentence for a customer on a clock who has as many subscriptions and schedules as fit; undefined: there is room. */
export function fullCustomer(world: World, customer: string | null | undefined): string | undefined {
  if (customer == null || clockOf(world.store, customer) === null) return undefined;
  const live = world.store.subscriptions.where("customer", customer).filter((row) => !isOver(row));
  const planned = waitingSchedules(world).filter((schedule) => schedule.customer === customer);
  if (live.length + planned.length < MOST_SUBSCRIPTIONS) return undefined;
  return `A customer on a test clock can have at most ${MOST_SUBSCRIPTIONS} subscriptions and subscription schedules.`;
}

export function refuseFullCustomer(world: World, customer: string): void {
  const message = fullCustomer(world, customer);
  if (message !== undefined) throw invalid(message, undefined, "customer");
}

const waitingSchedules = ({ store }: World) =>
  store.subscriptionSchedules.all().filter(({ status }) => status === "not_started");

/** 400 for more than two intervals of the clock's shortest subscription, or two years where it has none. */
export function refuseFarMove(world: World, clock: string, now: number, target: number): void {
  const furthest = Math.min(
    ...intervalsOn(world, clock).map((every) => periodEnd(now, { ...every, interval_count: 2 * every.interval_count })),
  );
  if (target <= furthest) return;
  const message = `The frozen time of this clock is ${now} (${utc(now)}). You can only advance it up to ${furthest} (${utc(furthest)}). You can only advance a test clock up to two intervals from the current frozen time at a time, based on the shortest subscription interval in the test clock. For example, if a test clock has a monthly and yearly subscription, you may only advance up to two months at a time. If the test clock has no subscriptions or subscription schedules, you can advance up to 2 years from the current frozen time.`;
  throw invalid(message, undefined, "frozen_time");
}

const WITHOUT_ANY = [{ interval: "year" as const, interval_count: 1 }];

function intervalsOn(world: World, clock: string) {
  const { store } = world;
  const live = store.subscriptions.all().filter((row) => row.test_clock === clock && !isOver(row));
  const planned = waitingSchedules(world).filter((row) => row.test_clock === clock);
  const prices = [
    ...live.flatMap(({ items }) => items.data.map(({ price }) => price)),
    ...planned.flatMap(({ phases }) =>
      phases.flatMap(({ items }) => items.map(({ price }) => store.prices.get(price))),
    ),
  ];
  const intervals = prices.flatMap(({ recurring }) => recurring ?? []);
  return intervals.length > 0 ? intervals : WITHOUT_ANY;
}

/** As Stripe writes it: `2024-11-23 00:00:00 UTC`. */
const utc = (seconds: number) => new Date(seconds * 1000).toISOString().replace("T", " ").replace(".000Z", " UTC");
