import { found, invalid, missingParameter, notModelled } from "../api/errors.ts";
import type { Invoice } from "../billing/invoice-draft.ts";
import type { Schedule } from "../billing/schedule-phases.ts";
import { advanceSchedule } from "../billing/scheduling.ts";
import { afterwards, draftedSince, nextInvoice } from "../billing/upcoming.ts";
import { clockOf } from "../state/clock-of.ts";
import type { World } from "../world.ts";
import { nothingUpcoming, type PreviewParams } from "./invoice-preview.ts";
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
    const next = draftedSince(copy, seen) ?? nextOf(copy, planned);
    if (!next) throw nothingUpcoming(planned.customer);
    return next;
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

function nextOf(world: World, { id, phases, status, ...schedule }: Schedule): Invoice | undefined {
  const start = phases[0]?.start_date;
  if (status === "not_started" && start !== undefined) {
    return afterwards(world, start, (copy) => {
      advanceSchedule(copy, id);
      return copy.store.subscriptions.find(copy.store.subscriptionSchedules.get(id).subscription);
    });
  }
  const subscription = world.store.subscriptions.find(schedule.subscription ?? schedule.released_subscription);
  return subscription && nextInvoice(world, subscription);
}
