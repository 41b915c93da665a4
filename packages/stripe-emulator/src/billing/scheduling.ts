import type { World } from "../world.ts";
import { type ChangeOptions, cancellation, changeItems, type Proration, settleEnd } from "./changing.ts";
import { setDiscounts } from "./discounting.ts";
import { endSubscription } from "./end-subscription.ts";
import { putPurchases } from "./invoice-item.ts";
import { expirePendingUpdate } from "./pending-updates.ts";
import { beginSchedule, type ScheduleDraft } from "./schedule-creation.ts";
import {
  changesFor,
  currentPhase,
  endOf,
  type Phase,
  phaseAt,
  planSchedule,
  purchasesOf,
  type Schedule,
  stopSchedule,
} from "./schedule-phases.ts";
import { automaticTax, type Subscription } from "./subscription.ts";

const isRunning = ({ status }: Schedule) => status === "active" || status === "not_started";

export function announceExpiry(world: World, id: string): void {
  const schedule = world.store.subscriptionSchedules.find(id);
  if (schedule?.status === "active") world.emit("subscription_schedule.expiring", schedule);
}

/** A phase has ended, or the first one begins. */
export function advanceSchedule(world: World, id: string): void {
  const schedule = world.store.subscriptionSchedules.find(id);
  if (!schedule || !isRunning(schedule)) return;
  const phase = phaseAt(schedule, world.now());
  if (!phase) {
    complete(world, schedule);
    return;
  }
  if (schedule.status === "not_started") {
    beginSchedule(world, id);
    world.emit("subscription_schedule.updated", world.store.subscriptionSchedules.get(id), {
      current_phase: null,
      status: "not_started",
      subscription: null,
    });
  } else {
    expirePendingUpdate(world, schedule.subscription ?? "");
    applyPhase(world, schedule, phase, {
      proration: phase.proration_behavior as Proration,
      purchases: purchasesOf(world, phase),
      restart: phase.billing_cycle_anchor === "phase_start",
    });
    const patch = { current_phase: currentPhase(world, schedule) };
    world.update("subscriptionSchedules", id, patch, "subscription_schedule.updated");
  }
  planSchedule(world, world.store.subscriptionSchedules.get(id));
}

/**
 * Makes the subscription what the phase says; what it does not say of payment and taxes is as the customer and the account have it
 * (https://docs.stripe.com/billing/subscriptions/subscription-schedules#phase-attribute-inheritance).
 */
function applyPhase(
  world: World,
  schedule: Schedule,
  phase: Phase,
  options: Required<Pick<ChangeOptions, "proration" | "purchases" | "restart">>,
): void {
  const subscription = world.store.subscriptions.get(schedule.subscription);
  const { id, metadata } = subscription;
  const changes = changesFor(world, subscription, phase);
  const { description, default_payment_method: method, automatic_tax: tax, default_tax_rates: rates } = phase;
  const terms = {
    metadata: { ...metadata, ...phase.metadata },
    ...(description === null ? {} : { description }),
    default_payment_method: method,
    automatic_tax: automaticTax(tax?.enabled ?? false),
    default_tax_rates: rates ?? [],
  };
  // What is invoiced with the change is paid by, and taxed with, what the phase says.
  world.update("subscriptions", id, terms);
  const isChange = changes.length > 0 || options.restart;
  if (!isChange)
    putPurchases(world, options.purchases, { ...subscription, subscription: id, items: subscription.items.data });
  const items = isChange ? changeItems(world, id, changes, options) : {};
  world.update("subscriptions", id, termsOf(subscription)); // they are told of with the items
  const patch = { ...terms, ...items };
  world.update("subscriptions", id, patch, "customer.subscription.updated");
  keepDiscounts(world, id, phase);
}

const termsOf = (subscription: Subscription): Partial<Subscription> => {
  const { metadata, description, default_payment_method, automatic_tax, default_tax_rates } = subscription;
  return { metadata, description, default_payment_method, automatic_tax, default_tax_rates };
};

/** A phase has the discounts that it names, and no others of the subscription's. */
function keepDiscounts(world: World, id: string, phase: Phase): void {
  const { discounts } = world.store.subscriptions.get(id);
  const kept = discounts.filter((each) => phase.discounts.some(({ discount }) => discount === each));
  if (kept.length < discounts.length) setDiscounts(world, id, kept);
}

export interface ScheduleUpdate extends Partial<Pick<ScheduleDraft, "endBehavior" | "metadata" | "phases">> {
  /** What a change of the phase that runs leads to. */
  proration: Proration;
}

export function updateSchedule(world: World, id: string, { proration, ...asked }: ScheduleUpdate): Schedule {
  const before = world.store.subscriptionSchedules.get(id);
  const changed: Schedule = {
    ...before,
    phases: asked.phases ?? before.phases,
    end_behavior: asked.endBehavior ?? before.end_behavior,
    metadata: asked.metadata ?? before.metadata,
  };
  const phase = phaseAt(changed, world.now());
  if (before.status === "active" && phase && asked.phases)
    applyPhase(world, changed, phase, { proration, purchases: [], restart: false });
  if (before.status === "active") planEnd(world, changed);
  const { phases, end_behavior, metadata } = changed;
  const current_phase = before.status === "active" ? currentPhase(world, changed) : null;
  const patch = { phases, end_behavior, metadata, current_phase };
  const updated = world.update("subscriptionSchedules", id, patch, "subscription_schedule.updated");
  planSchedule(world, updated);
  return updated;
}

/** The subscription says when it will end, if the schedule ends it. */
function planEnd(world: World, schedule: Schedule): void {
  const subscription = world.store.subscriptions.get(schedule.subscription);
  const end = schedule.end_behavior === "cancel" ? endOf(schedule) : null;
  if (subscription.cancel_at === end) return;
  const patch = cancellation(world, subscription, end, false);
  world.update("subscriptions", subscription.id, patch, "customer.subscription.updated");
}

/** The last phase is over; the subscription goes on by itself, unless it ended with it. */
function complete(world: World, { id, end_behavior, subscription }: Schedule): void {
  stopSchedule(world, id);
  const released = end_behavior === "release" ? { subscription: null, released_subscription: subscription } : {};
  const patch = { status: "completed", completed_at: world.now(), current_phase: null, ...released };
  world.emit("subscription_schedule.completed", world.update("subscriptionSchedules", id, patch));
  if (end_behavior === "release" && subscription !== null)
    world.update("subscriptions", subscription, { schedule: null }, "customer.subscription.updated");
}

/** The subscription goes on without the schedule. */
export function releaseSchedule(world: World, id: string, { keepsEnd }: { keepsEnd: boolean }): Schedule {
  const { subscription: managed } = world.store.subscriptionSchedules.get(id);
  stopSchedule(world, id);
  const released = world.update("subscriptionSchedules", id, {
    status: "released",
    released_at: world.now(),
    released_subscription: managed,
    subscription: null,
    current_phase: null,
  });
  world.emit("subscription_schedule.released", released);
  const subscription = world.store.subscriptions.find(managed);
  if (!subscription) return released;
  const end = keepsEnd || subscription.cancel_at === null ? {} : cancellation(world, subscription, null, false);
  world.update("subscriptions", subscription.id, { ...end, schedule: null }, "customer.subscription.updated");
  return released;
}

/** Ends the schedule, and its subscription with it. */
export function cancelSchedule(
  world: World,
  id: string,
  { prorate, invoiceNow }: { prorate: boolean; invoiceNow: boolean },
): Schedule {
  const { subscription: managed } = world.store.subscriptionSchedules.get(id);
  close(world, id, "subscription_schedule.canceled");
  const subscription = world.store.subscriptions.find(managed);
  if (subscription) {
    settleEnd(world, subscription, { prorate, invoiceNow });
    endSubscription(world, subscription.id, { keepsProrations: prorate });
  }
  return world.store.subscriptionSchedules.get(id);
}

function close(world: World, id: string, type: "subscription_schedule.canceled" | "subscription_schedule.aborted") {
  stopSchedule(world, id);
  const patch = { status: "canceled", canceled_at: world.now(), current_phase: null };
  world.emit(type, world.update("subscriptionSchedules", id, patch));
}

/** A subscription has ended: as its schedule said, or its schedule ends with it. */
export function followEnd(world: World, { schedule: id, cancellation_details: details }: Subscription): void {
  const schedule = world.store.subscriptionSchedules.find(id);
  if (!schedule || !isRunning(schedule)) return;
  if (schedule.end_behavior === "cancel" && endOf(schedule) <= world.now()) complete(world, schedule);
  else
    close(world, schedule.id, `subscription_schedule.${details?.reason === "payment_failed" ? "aborted" : "canceled"}`);
}

/** A subscription's items were changed by themselves: the phase that runs is of these from now on. */
export function followItems(world: World, { schedule: id, items }: Subscription): void {
  const schedule = world.store.subscriptionSchedules.find(id);
  const phase = schedule && phaseAt(schedule, world.now());
  if (!schedule || !phase) return;
  const changed = items.data.map(({ price, quantity, metadata, tax_rates: rates }) => {
    const same = { billing_thresholds: null, discounts: [], ...(quantity !== undefined && { quantity }) };
    return { ...same, tax_rates: rates ?? [], metadata, plan: price.id, price: price.id };
  });
  const phases = schedule.phases.map((row) => (row === phase ? { ...row, items: changed } : row));
  world.update("subscriptionSchedules", schedule.id, { phases }, "subscription_schedule.updated");
}
