import { invalid, noSuch } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import { arrayOf, boolean, ignored, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { snapshotOf, thinEvent } from "../api/thin-events.ts";
import type { EventRow } from "../state/rows.ts";
import type { World } from "../world.ts";

/** Events are shown for thirty days (https://docs.stripe.com/api/events). */
const SHOWN_S = 30 * 86_400;

const isShown = ({ created }: EventRow) => created >= Math.floor(Date.now() / 1000) - SHOWN_S;

export function getEvent(world: World, id: string): EventRow {
  const event = world.store.events.find(id);
  if (!event || !isShown(event)) throw noSuch("event", id);
  return event;
}

interface EventFilter {
  type?: string | undefined;
  types?: string[] | undefined;
  /** Whether all endpoints have taken it. */
  delivery_success?: boolean | undefined;
}

/** Whether a list with this filter shows an event. */
const isListed =
  ({ type, types, delivery_success: delivered }: EventFilter) =>
  (row: EventRow): boolean =>
    isShown(row) &&
    (type === undefined || matches(row.type, type)) &&
    (types === undefined || types.some((wanted) => matches(row.type, wanted))) &&
    (delivered === undefined || (row.pending_webhooks === 0) === delivered);

/** Oldest first. */
export const selectEvents = (world: World, filter: EventFilter): EventRow[] =>
  world.store.events.all().filter(isListed(filter));

export const eventRoutes: Route[] = [
  listRoute(
    "/v1/events",
    "event",
    { type: text, types: arrayOf(text, 20), delivery_success: boolean },
    (world, filter) => {
      if (filter.type !== undefined && filter.types !== undefined)
        throw invalid("You may only specify one of these parameters: type, types.");
      return choose(world.store.events, {}, isListed(filter));
    },
  ),
  route("GET", "/v1/events/:id", schema({}), (world, _, { id }) => getEvent(world, id)),
  route("GET", "/v2/core/events/:id", schema({}), (world, _, { id }) => thinEvent(getEvent(world, snapshotOf(id)))),
  // Undocumented: what `stripe events resend` asks.
  route(
    "POST",
    "/v1/events/:id/retry",
    schema({ for_stripecli: ignored, account: ignored, webhook_endpoint: text }),
    (world, { webhook_endpoint: endpoint = null }, { id }) => {
      const event = getEvent(world, id);
      world.resend(event, endpoint);
      return event;
    },
  ),
];

/** `charge.*` stands for all types that begin so. */
const matches = (type: string, wanted: string) =>
  wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
