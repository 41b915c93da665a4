import { found, invalid, missingParameter, notModelled } from "../api/errors.ts";
import { isOver } from "../billing/end-subscription.ts";
import type { Invoice } from "../billing/invoice-draft.ts";
import { periodEndOf } from "../billing/life.ts";
import { upcomingInvoice } from "../billing/renewing.ts";
import type { Schedule } from "../billing/schedule-phases.ts";
import { advanceSchedule } from "../billing/scheduling.ts";
import { clockOf } from "../state/clock-of.ts";
import type { World } from "../world.ts";
import { draftedSince, nothingUpcoming, type PreviewParams, settled } from "./invoice-preview.ts";
import { createSchedule, updateSchedule } from "./subscription-schedules.ts";

/**
 * The next invoice of a schedule, if it were made or changed as asked: it is done to a copy of the state, where its phases follow one
 * another until there is one (https://docs.stripe.com/api/invoices/create_preview#create_create_preview-schedule).
 */
export function previewSchedule(world: World, params: PreviewParams): Invoice {
  const { customer, schedule: id, schedule_details: details = {}, subscription, subscription_details: items } = params;
  if (subscription !== undefined || items !== undefined)
    throw invalid("You may only specify one of these parameters: schedule, subscription.");
  for (const param of ["automatic_tax", "customer_details", "discounts", "preview_mode"] as const)
    if (params[param] !== undefined) throw notModelled(`${param} beside a schedule`, param);
  const schedule = world.store.subscriptionSchedules.find(id);
  if (id !== undefined) found(schedule, "subscription schedule", id, "schedule");
  const now = world.onClock(clockOf(world.store, id ?? customer), () => world.now());
  return world.rehearse(now, (copy) => {
    const seen = copy.store.events.all().length;
    const planned = schedule ? changed(copy, schedule, details) : begun(copy, customer, details);
    return draftedSince(copy, seen) ?? nextOf(copy, planned);
  });
}

type Details = NonNullable<PreviewParams["schedule_details"]>;

const changed = (world: World, schedule: Schedule, details: Details): Schedule =>
  Object.keys(details).length === 0 ? schedule : updateSchedule(world, schedule.id, details);

function begun(world: World, customer: string | undefined, { phases, end_behavior }: Details): Schedule {
  if (customer === undefined) throw missingParameter("customer");
  if (phases === undefined) throw missingParameter("schedule_details[phases]");
  const { start_date = "now" } = phases[0] ?? {};
  return createSchedule(world, { customer, phases, start_date, ...(end_behavior ? { end_behavior } : {}) });
}

function nextOf(world: World, schedule: Schedule): Invoice {
  const { id, customer, current_phase: current, phases, released_subscription: released, status } = schedule;
  const subscription = world.store.subscriptions.find(schedule.subscription ?? released);
  const turn = current?.end_date ?? phases[0]?.start_date;
  const end = subscription ? periodEndOf(subscription) : Number.MAX_SAFE_INTEGER;
  if ((status === "active" || status === "not_started") && turn !== undefined && turn <= end) {
    return world.rehearse(turn, (copy) => {
      const seen = copy.store.events.all().length;
      advanceSchedule(copy, id);
      return draftedSince(copy, seen) ?? nextOf(copy, copy.store.subscriptionSchedules.get(id));
    });
  }
  const ends = subscription?.cancel_at != null && subscription.cancel_at <= end;
  if (!subscription || ends || isOver(subscription)) throw nothingUpcoming(customer);
  return settled(world, upcomingInvoice(world, subscription));
}
