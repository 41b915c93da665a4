import type Stripe from "stripe";
import { found } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import { type Fields, hashOf, oneOf, type ParamsOf, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

type Meter = Stored<Stripe.Billing.Meter>;

const createParams = schema(
  {
    customer_mapping: hashOf(schema({ event_payload_key: text, type: oneOf("by_id") }, ["event_payload_key", "type"])),
    default_aggregation: hashOf(schema({ formula: oneOf("count", "last", "sum") }, ["formula"])),
    display_name: text,
    event_name: text,
    event_time_window: oneOf("day", "hour"),
    value_settings: hashOf(schema({ event_payload_key: text }, ["event_payload_key"])),
  } satisfies Fields<keyof Stripe.Billing.MeterCreateParams>,
  ["default_aggregation", "display_name", "event_name"],
);

/** What prices by use count on. Use itself is not modelled: nobody ever used anything. */
function createMeter(world: World, params: ParamsOf<typeof createParams>): Meter {
  return world.store.meters.put({
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
}

function getMeter(world: World, id: string): Meter {
  return found(world.store.meters.find(id), "meter", id);
}

export const meterRoutes: Route[] = [
  route("POST", "/v1/billing/meters", createParams, createMeter),
  listRoute("/v1/billing/meters", "meter", { status: oneOf("active", "inactive") }, (world, { status }) =>
    world.store.meters.all().filter((row) => status === undefined || row.status === status),
  ),
  route("GET", "/v1/billing/meters/:id", schema({}), (world, _, { id }) => getMeter(world, id)),
];
