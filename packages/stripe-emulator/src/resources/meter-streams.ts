import type Stripe from "stripe";
import { invalid } from "../api/errors.ts";
import { arrayOf, type Fields, hashOf, mapOf, type ParamsOf, type Reader, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { newId } from "../state/ids.ts";
import type { World } from "../world.ts";
import { recordUse } from "./meters.ts";

const isoMoment: Reader<number> = (value, param) => {
  const moment = Date.parse(text(value, param));
  if (Number.isNaN(moment))
    throw invalid(`Invalid timestamp: ${value}. It must be in RFC 3339 format.`, undefined, param);
  return Math.floor(moment / 1000);
};

const eventParams = schema(
  {
    event_name: text,
    identifier: text,
    payload: mapOf(text, text),
    timestamp: isoMoment,
  } satisfies Fields<keyof Stripe.V2.Billing.MeterEventCreateParams>,
  ["event_name", "payload"],
);

const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

/** The same use as v1 records, as v2 says it. */
function recordEvent(world: World, params: ParamsOf<typeof eventParams>) {
  const event = recordUse(world, params);
  return {
    ...event,
    object: "v2.billing.meter_event" as const,
    created: iso(event.created),
    timestamp: iso(event.timestamp),
  };
}

const SESSION_S = 15 * 60;

/** What a stream is opened with; it is not the account's key. */
function openSession(world: World) {
  const now = world.now();
  const { id, token, expires } = world.store.meterSessions.put({
    id: newId("bmes_test"),
    token: newId("token_test", 48),
    expires: now + SESSION_S,
  });
  return {
    id,
    object: "v2.billing.meter_event_session" as const,
    authentication_token: token,
    created: iso(now),
    expires_at: iso(expires),
    livemode: false,
  };
}

const MOST_EVENTS = 100;

const streamParams = schema({ events: arrayOf(hashOf(eventParams)) }, ["events"]);

/** Stripe takes them all, and tells later which were wrong; here whoever sends a wrong one is told at once, and none is taken. */
function stream(world: World, { events }: ParamsOf<typeof streamParams>): object {
  if (events.length > MOST_EVENTS)
    throw invalid(`Array events exceeded maximum ${MOST_EVENTS} allowed elements.`, undefined, "events");
  const record = (into: World) => {
    for (const event of events) recordUse(into, event);
  };
  world.rehearse(world.now(), record);
  record(world);
  return {};
}

/** https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api#high-throughput-ingestion */
export const meterStreamRoutes: Route[] = [
  route("POST", "/v2/billing/meter_events", eventParams, recordEvent),
  route("POST", "/v2/billing/meter_event_session", schema({}), openSession),
  route("POST", "/v2/billing/meter_event_stream", streamParams, stream),
];
