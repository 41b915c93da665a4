import { found, invalid, missingParameter, notModelled } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import { boolean, mergeMetadata, type ParamsOf, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { isOver } from "../billing/end-subscription.ts";
import { createSchedule as putSchedule } from "../billing/schedule-creation.ts";
import {
  type Phase,
  type PhaseDraft,
  phaseAt,
  phaseOf,
  phasesFrom,
  type Schedule,
} from "../billing/schedule-phases.ts";
import { cancelSchedule, updateSchedule as changeSchedule, releaseSchedule } from "../billing/scheduling.ts";
import type { Subscription } from "../billing/subscription.ts";
import { clockOf } from "../state/clock-of.ts";
import type { World } from "../world.ts";
import { refuseFullCustomer } from "./clock-limits.ts";
import { customerFromParam } from "./customers.ts";
import { keepPrices } from "./inline-prices.ts";
import {
  cancelParams,
  createParams,
  phasesFromParams,
  releaseParams,
  updateParams,
} from "./subscription-schedule-params.ts";

type CreateParams = ParamsOf<typeof createParams>;

export function createSchedule(world: World, params: CreateParams): Schedule {
  const { from_subscription: from, ...others } = params;
  if (from === undefined) return createFromPhases(world, params);
  for (const param of ["customer", "end_behavior", "phases", "start_date"] as const) {
    if (others[param] === undefined) continue;
    throw invalid(`You cannot set \`${param}\` if \`from_subscription\` is set.`, undefined, param);
  }
  const subscription = found(world.store.subscriptions.find(from), "subscription", from, "from_subscription");
  return world.onClock(clockOf(world.store, from), () => createFromSubscription(world, subscription, params));
}

function createFromSubscription(world: World, subscription: Subscription, params: CreateParams): Schedule {
  const { id, customer, items, schedule, status } = subscription;
  if (schedule !== null)
    throw invalid(`You cannot migrate a subscription that is already attached to a schedule: \`${schedule}\`.`);
  if (isOver(subscription) || status === "incomplete")
    throw invalid(`You cannot migrate the subscription ${id}: it is ${status}.`, undefined, "from_subscription");
  if (subscription.cancel_at !== null)
    throw invalid(
      `You cannot migrate the subscription ${id}: it is set to be canceled.`,
      undefined,
      "from_subscription",
    );
  return putSchedule(world, {
    customer,
    subscription,
    phases: phasesFrom(Math.max(...items.data.map((item) => item.current_period_start)), [phaseOf(subscription)]),
    endBehavior: "release",
    metadata: mergeMetadata({}, params.metadata),
  });
}

function createFromPhases(world: World, params: CreateParams): Schedule {
  const { customer: id, start_date: start, phases } = params;
  if (id === undefined) throw missingParameter("customer");
  if (phases === undefined) throw missingParameter("phases");
  if (start === undefined) throw missingParameter("start_date");
  const customer = customerFromParam(world, id);
  const begins = start === "now" ? world.now() : start;
  if (begins < world.now()) throw notModelled("a start_date in the past", "start_date");
  const drafts = phasesFromParams(world, customer.id, phases);
  const planned = inOrder(phasesFrom(begins, drafts));
  keepPrices(world, pricesOf(drafts));
  return putSchedule(world, {
    customer: customer.id,
    subscription: null,
    phases: planned,
    endBehavior: params.end_behavior ?? "release",
    metadata: mergeMetadata({}, params.metadata),
  });
}

const pricesOf = (drafts: readonly PhaseDraft[]) =>
  drafts.flatMap(({ items, purchases }) => [...items, ...purchases].map(({ price }) => price));

/** 400 for a phase that ends before it begins. */
function inOrder(phases: Phase[]): Phase[] {
  const index = phases.findIndex(({ start_date: start, end_date: end }) => end <= start);
  if (index === -1) return phases;
  throw invalid("The end date of a phase must be after its start date.", undefined, `phases[${index}][end_date]`);
}

function getSchedule(world: World, id: string): Schedule {
  return found(world.store.subscriptionSchedules.find(id), "subscription schedule", id);
}

/** 400 for a schedule that has ended. */
function runningSchedule(world: World, id: string, verb: string): Schedule {
  const schedule = getSchedule(world, id);
  if (schedule.status === "active" || schedule.status === "not_started") return schedule;
  const message = `You cannot ${verb} a subscription schedule that is currently in the \`${schedule.status}\` status. It must be in one of the following statuses: \`not_started\`, \`active\`.`;
  throw invalid(message);
}

export function updateSchedule(world: World, id: string, params: ParamsOf<typeof updateParams>): Schedule {
  const before = runningSchedule(world, id, "update");
  return changeSchedule(world, id, {
    ...(params.phases ? { phases: phasesAsked(world, before, params.phases) } : {}),
    ...(params.end_behavior ? { endBehavior: params.end_behavior } : {}),
    ...(params.metadata === undefined ? {} : { metadata: mergeMetadata(before.metadata, params.metadata) }),
    proration: params.proration_behavior ?? "create_prorations",
  });
}

/** Phases that have passed can be left out; the one that runs must be among them, and begin where it began. */
function phasesAsked(
  world: World,
  { customer, current_phase: current, phases: before }: Schedule,
  asked: NonNullable<ParamsOf<typeof updateParams>["phases"]>,
): Phase[] {
  const [first] = asked;
  const named = first?.start_date === "now" ? world.now() : first?.start_date;
  const drafts = phasesFromParams(world, customer, asked, before);
  const phases = phasesFrom(named ?? current?.start_date ?? before[0]?.start_date ?? world.now(), drafts);
  for (const [index, { start_date: start }] of asked.entries()) {
    if (index === 0 || start === undefined || start === phases[index]?.start_date) continue;
    const message = "The start date of a phase must be the end date of the phase before.";
    throw invalid(message, undefined, `phases[${index}][start_date]`);
  }
  const running = phaseAt({ phases }, world.now());
  if (current && running?.start_date !== current.start_date)
    throw invalid("The current phase must be among the phases, with its start date.", undefined, "phases");
  const once = current && running ? JSON.stringify(running.add_invoice_items) : "[]";
  if (once !== "[]" && once !== JSON.stringify(phaseAt({ phases: before }, world.now())?.add_invoice_items))
    throw notModelled("another thing to buy once in a phase that has begun", "phases[add_invoice_items]");
  const planned = inOrder(phases);
  keepPrices(world, pricesOf(drafts));
  return planned;
}

export const subscriptionScheduleRoutes: Route[] = [
  route("POST", "/v1/subscription_schedules", createParams, (world, params) => {
    if (params.customer !== undefined) refuseFullCustomer(world, params.customer);
    return createSchedule(world, params);
  }),
  listRoute(
    "/v1/subscription_schedules",
    "subscription schedule",
    { customer: text, scheduled: boolean },
    (world, { customer, scheduled }) =>
      choose(
        world.store.subscriptionSchedules,
        { customer },
        ({ status }) => scheduled === undefined || (status === "not_started") === scheduled,
      ),
  ),
  route("GET", "/v1/subscription_schedules/:id", schema({}), (world, _, { id }) => getSchedule(world, id)),
  route("POST", "/v1/subscription_schedules/:id", updateParams, (world, params, { id }) =>
    updateSchedule(world, id, params),
  ),
  route("POST", "/v1/subscription_schedules/:id/cancel", cancelParams, (world, params, { id }) => {
    const { prorate = true, invoice_now: invoiceNow = true } = params;
    return cancelSchedule(world, runningSchedule(world, id, "cancel").id, { prorate, invoiceNow });
  }),
  route("POST", "/v1/subscription_schedules/:id/release", releaseParams, (world, params, { id }) =>
    releaseSchedule(world, runningSchedule(world, id, "release").id, {
      keepsEnd: params.preserve_cancel_date ?? false,
    }),
  ),
];
