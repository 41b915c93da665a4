import type Stripe from "stripe";
import { found, invalid, missingParameter, notModelled } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import {
  atMost,
  type Fields,
  hashOf,
  integer,
  mapOf,
  oneOf,
  type ParamsOf,
  type Schema,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { usedOf } from "../billing/usage.ts";
import { clockOf } from "../state/clock-of.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

type Meter = Stored<Stripe.Billing.Meter>;

const createParams = schema(
  {
    customer_mapping: hashOf(schema({ event_payload_key: text, type: oneOf("by_id") }, ["event_payload_key", "type"])),
    default_aggregation: hashOf(schema({ formula: oneOf("count", "last", "sum") }, ["formula"])),
    display_name: atMost(250),
    event_name: atMost(100),
    event_time_window: oneOf("day", "hour"),
    value_settings: hashOf(schema({ event_payload_key: text }, ["event_payload_key"])),
  } satisfies Fields<keyof Stripe.Billing.MeterCreateParams>,
  ["default_aggregation", "display_name", "event_name"],
);

const eventParams = schema(
  {
    event_name: text,
    identifier: text,
    payload: mapOf(text, text),
    timestamp: integer,
  } satisfies Fields<keyof Stripe.Billing.MeterEventCreateParams>,
  ["event_name", "payload"],
);

/** What prices by use count on. */
function createMeter(world: World, params: ParamsOf<typeof createParams>): Meter {
  const taken = world.store.meters.all().find((row) => row.event_name === params.event_name && row.status === "active");
  if (taken) {
    throw invalid(
      `An active meter for the event name ${params.event_name} exists already: ${taken.id}.`,
      undefined,
      "event_name",
    );
  }
  const meter = world.store.meters.put({
    id: newId("mtr_test", 24),
    object: "billing.meter",
    created: world.now(),
    customer_mapping: params.customer_mapping ?? { event_payload_key: "stripe_customer_id", type: "by_id" },
    default_aggregation: params.default_aggregation,
    display_name: params.display_name,
    event_name: params.event_name,
    event_time_window: params.event_time_window ?? null,
    livemode: false,
    status: "active",
    status_transitions: { deactivated_at: null },
    updated: world.now(),
    value_settings: params.value_settings ?? { event_payload_key: "value" },
  });
  world.emit("billing.meter.created", meter);
  return meter;
}

function getMeter(world: World, id: string): Meter {
  return found(world.store.meters.find(id), "meter", id);
}

function switchMeter(world: World, id: string, on: boolean): Meter {
  if ((getMeter(world, id).status === "active") === on)
    throw invalid(`This meter is ${on ? "active" : "inactive"} already.`, undefined, "id");
  return world.update(
    "meters",
    id,
    {
      status: on ? "active" : "inactive",
      status_transitions: { deactivated_at: on ? null : world.now() },
      updated: world.now(),
    },
    on ? "billing.meter.reactivated" : "billing.meter.deactivated",
  );
}

const PAST_S = 35 * 86_400;
const FUTURE_S = 300;

/** Use that an app reports (https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api). */
export function recordUse(world: World, { event_name: name, payload, ...asked }: ParamsOf<typeof eventParams>) {
  const { store } = world;
  const meter = store.meters.all().find((row) => row.event_name === name && row.status === "active");
  if (!meter) throw invalid(`No active meter found for event name: ${name}.`, undefined, "event_name");
  // A meter may ask for any key, also for one that every object inherits.
  const reported = new Map(Object.entries(payload));
  const customer = reported.get(meter.customer_mapping.event_payload_key);
  const value = reported.get(meter.value_settings.event_payload_key);
  if (!customer) throw missingParameter(`payload[${meter.customer_mapping.event_payload_key}]`);
  if (meter.default_aggregation.formula !== "count") assertCountable(value, meter.value_settings.event_payload_key);
  // A customer's use happens in the customer's time.
  const now = world.onClock(clockOf(store, customer), () => world.now());
  const { timestamp = now, identifier = newId("mevt") } = asked;
  if (timestamp < now - PAST_S || timestamp > now + FUTURE_S)
    throw invalid(
      "The timestamp must be within the past 35 days or up to 5 minutes in the future.",
      undefined,
      "timestamp",
    );
  if (store.meterEvents.find(identifier))
    throw invalid(`An event already exists with identifier ${identifier}.`, undefined, "identifier");
  const event: Stripe.Billing.MeterEvent = {
    object: "billing.meter_event",
    created: world.now(),
    event_name: name,
    identifier,
    livemode: false,
    payload,
    timestamp,
  };
  store.meterEvents.put({ id: identifier, ...event });
  return event;
}

const adjustmentParams = schema(
  {
    cancel: hashOf(schema({ identifier: text }, ["identifier"])),
    event_name: text,
    type: oneOf("cancel"),
  } satisfies Fields<keyof Stripe.Billing.MeterEventAdjustmentCreateParams>,
  ["cancel", "event_name", "type"],
);

const DAY_S = 86_400;

/** Use that was told by mistake, up to a day ago (https://docs.stripe.com/api/billing/meter-event-adjustment/create). */
function adjustUse(
  world: World,
  { cancel, event_name: name, type }: ParamsOf<typeof adjustmentParams>,
): Stripe.Billing.MeterEventAdjustment {
  const event = world.store.meterEvents.find(cancel.identifier);
  if (event?.event_name !== name)
    throw invalid(`No meter event found with identifier ${cancel.identifier}.`, undefined, "cancel[identifier]");
  if (event.canceled || event.created < Math.floor(Date.now() / 1000) - DAY_S)
    throw invalid("A meter event can be canceled once, within 24 hours.", undefined, "cancel[identifier]");
  world.store.meterEvents.put({ ...event, canceled: true });
  return {
    object: "billing.meter_event_adjustment",
    cancel,
    event_name: name,
    livemode: false,
    status: "complete",
    type,
  };
}

/** Below 0, it takes back what was told too much (https://docs.stripe.com/billing/subscriptions/usage-based/meters/configure). */
function assertCountable(value: string | undefined, key: string): void {
  if (value === undefined) throw missingParameter(`payload[${key}]`);
  if (/^-?\d{1,15}$/.test(value)) return;
  if (/^-?\d+\.\d+$/.test(value)) throw notModelled("use in fractions", `payload[${key}]`);
  throw invalid(`Invalid value: ${value}. It must be a number.`, undefined, `payload[${key}]`);
}

const MINUTE_S = 60;
const summaryFilters = { customer: text, end_time: integer, start_time: integer };

/** One row: what a customer used between two moments, of whole minutes. */
function summarise(
  world: World,
  id: string,
  { customer, start_time, end_time }: ParamsOf<Schema<typeof summaryFilters, never>>,
) {
  const meter = getMeter(world, id);
  for (const [name, value] of Object.entries({ customer, start_time, end_time }))
    if (value === undefined) throw missingParameter(name);
  const [of, start, end] = [customer ?? "", start_time ?? 0, end_time ?? 0];
  for (const [name, moment] of [
    ["start_time", start],
    ["end_time", end],
  ] as const) {
    if (moment % MINUTE_S !== 0) throw invalid(`${name} must be aligned with minute boundaries.`, undefined, name);
  }
  return [
    {
      id: `mtrusg_test_${id.slice(-8)}${start}`,
      object: "billing.meter_event_summary" as const,
      aggregated_value: usedOf(world, meter, of, start, end),
      end_time: end,
      livemode: false,
      meter: id,
      start_time: start,
    },
  ];
}

export const meterRoutes: Route[] = [
  route("POST", "/v1/billing/meters", createParams, createMeter),
  listRoute("/v1/billing/meters", "meter", { status: oneOf("active", "inactive") }, (world, { status }) =>
    world.store.meters.all().filter((row) => status === undefined || row.status === status),
  ),
  route("GET", "/v1/billing/meters/:id", schema({}), (world, _, { id }) => getMeter(world, id)),
  route("POST", "/v1/billing/meters/:id", schema({ display_name: atMost(250) }), (world, params, { id }) => {
    getMeter(world, id);
    return world.update("meters", id, { ...params, updated: world.now() }, "billing.meter.updated");
  }),
  route("POST", "/v1/billing/meters/:id/deactivate", schema({}), (world, _, { id }) => switchMeter(world, id, false)),
  route("POST", "/v1/billing/meters/:id/reactivate", schema({}), (world, _, { id }) => switchMeter(world, id, true)),
  listRoute("/v1/billing/meters/:id/event_summaries", "summary", summaryFilters, (world, filters, { id }) =>
    summarise(world, id, filters),
  ),
  route("POST", "/v1/billing/meter_events", eventParams, recordUse),
  route("POST", "/v1/billing/meter_event_adjustments", adjustmentParams, adjustUse),
];
