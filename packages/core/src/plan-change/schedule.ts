import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { idOf, read, requiredIdOf } from "../stripe/index.ts";
import { BY_US, isByUs, nextPhaseOf } from "../subscription/index.ts";
import { ask, askUnnoted } from "./asking.ts";

type Schedule = Stripe.SubscriptionSchedule;
type Phase = Schedule["phases"][number];
type PhaseParams = Stripe.SubscriptionScheduleUpdateParams.Phase;

/** A price in a phase, and how many of it. */
export interface PhasePart {
  priceId: string;
  quantity: number | null;
}

/** The schedule that a subscription is under, and what it changes to next. */
export interface Standing {
  schedule: Schedule | undefined;
  /** Absent: it has run through its phases, or was made by a process that died before it had said what comes. */
  next: Phase | undefined;
  /** None of our routes made it. */
  isForeign: boolean;
}

/** What is scheduled for a subscription, asked of Stripe. The mirror is told by whoever changes it: see `askUnnoted`. */
export async function getStanding(clients: Clients, subscription: Stripe.Subscription): Promise<Standing> {
  const id = idOf(subscription.schedule);
  if (!id) return { schedule: undefined, next: undefined, isForeign: false };
  const schedule = await read<Schedule>(clients.stripe, `/v1/subscription_schedules/${id}`);
  return { schedule, next: nextPhaseOf(schedule), isForeign: !isByUs(schedule) };
}

/**
 * Whether what somebody else has agreed with the customer stands in the way: something is to come, or the subscription is to stay as it is
 * beyond its period. A schedule that has run through its phases binds nobody.
 */
export function isBound({ isForeign, schedule, next }: Standing, periodEnd: number): boolean {
  return isForeign && (next !== undefined || (schedule?.current_phase?.end_date ?? 0) > periodEnd);
}

export const partsOf = ({ items }: Phase): PhasePart[] =>
  items.map(({ price, quantity }) => ({ priceId: idOf(price) ?? "", quantity: quantity ?? null }));

/**
 * Lets a subscription go on as it is to its period's end, and then at another price. A schedule takes two requests: one that a process
 * left after the first is taken up.
 */
export async function scheduleChange(
  clients: Clients,
  { subscription, item, price, quantity }: { subscription: Stripe.Subscription } & Target,
  standing: Standing,
  keyOf: (step: string) => string | undefined,
): Promise<void> {
  // By the key of a change at once: Stripe refuses it for the one when it was used for the other.
  const schedule = standing.schedule ?? (await takeOver(clients, subscription, keyOf("change")));
  // The schedule that this key made before, which was taken back since.
  if (schedule.status === "released") return;
  const items = subscription.items.data.map((each) =>
    each.id === item.id ? { ...itemParams(each), price: price.id, quantity } : itemParams(each),
  );
  const { interval = "month", interval_count = 1 } = price.recurring ?? {};
  const next = { items, duration: { interval, interval_count } };
  await writePhases(clients, subscription, schedule, { end: item.current_period_end, next }, keyOf("phases"));
}

/**
 * Lets what is scheduled come with what the subscription is paid by, taxed and discounted with by now: phases keep what was written in them.
 * Nothing, where nothing of ours is to come.
 * @param quantity how many of an item are to come
 */
export async function renewPhases(
  clients: Clients,
  subscription: Stripe.Subscription,
  { schedule, next, isForeign }: Standing,
  quantity?: { itemId: string; quantity: number },
): Promise<void> {
  if (!schedule || !next || isForeign) return;
  // What stays keeps its place: see `scheduleChange`.
  const items = next.items.map((planned, place) => {
    const item = subscription.items.data[place];
    const many = item && item.id === quantity?.itemId ? quantity.quantity : planned.quantity;
    return {
      ...(item && itemParams(item)),
      price: idOf(planned.price) ?? "",
      ...(many !== undefined && { quantity: many }),
    };
  });
  const { start_date: end, end_date } = next;
  await writePhases(clients, subscription, schedule, { end, next: { items, end_date } });
}

/** A phase has what is said of it, and nothing else: https://docs.stripe.com/billing/subscriptions/subscription-schedules#update-subscription-schedules */
function writePhases(
  clients: Clients,
  subscription: Stripe.Subscription,
  { id, phases: [first], current_phase: current }: Schedule,
  { end, next }: { end: number; next: Omit<PhaseParams, "proration_behavior"> },
  key?: string,
): Promise<Schedule> {
  const terms = termsOf(subscription);
  const begun = current ?? first;
  const running = {
    items: subscription.items.data.map(itemParams),
    ...(begun && { start_date: begun.start_date }),
    end_date: end,
    ...terms,
  };
  const params = {
    end_behavior: "release",
    metadata: BY_US,
    phases: [running, { ...next, proration_behavior: "none", ...terms }],
    proration_behavior: "none",
  };
  return ask(clients, "subscription_schedule", `/v1/subscription_schedules/${id}`, params, key);
}

/** Its schedule, with one phase. The mirror is told when there are two. */
function takeOver(clients: Clients, { id }: Stripe.Subscription, key: string | undefined): Promise<Schedule> {
  const params = { from_subscription: id, metadata: BY_US };
  return askUnnoted(clients, "subscription_schedule", "/v1/subscription_schedules", params, key);
}

/** What changes, and what it becomes. */
export interface Target {
  item: Stripe.SubscriptionItem;
  price: Stripe.Price;
  quantity: number;
}

/** The subscription goes on without its schedule. */
export async function release(clients: Clients, schedule: Schedule, key: string | undefined): Promise<void> {
  await ask(clients, "subscription_schedule", `/v1/subscription_schedules/${schedule.id}/release`, {}, key);
}

function itemParams({ price, quantity, metadata, tax_rates: rates, discounts }: Stripe.SubscriptionItem) {
  return {
    price: price.id,
    ...(quantity !== undefined && { quantity }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(rates && rates.length > 0 && { tax_rates: rates.map(({ id }) => id) }),
    ...discountParams(discounts),
  };
}

/** What is paid with, and what is taxed and taken off: unsaid, it would be so no longer. */
function termsOf(subscription: Stripe.Subscription): Omit<PhaseParams, "items"> {
  const { automatic_tax: tax, currency, default_tax_rates: rates, description, discounts } = subscription;
  const card = idOf(subscription.default_payment_method);
  return {
    currency,
    ...(card && { default_payment_method: card }),
    ...(tax.enabled && { automatic_tax: { enabled: true } }),
    ...(rates && rates.length > 0 && { default_tax_rates: rates.map(({ id }) => id) }),
    ...(description && { description }),
    ...discountParams(discounts),
  };
}

function discountParams(discounts: (string | Stripe.Discount)[]): Pick<PhaseParams, "discounts"> {
  return discounts.length === 0
    ? {}
    : { discounts: discounts.map((discount) => ({ discount: requiredIdOf(discount) })) };
}
