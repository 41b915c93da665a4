import { noSuch } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import { arrayOf, boolean, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";

export const eventRoutes: Route[] = [
  listRoute(
    "/v1/events",
    "event",
    { type: text, types: arrayOf(text), delivery_success: boolean },
    (world, { type, types, delivery_success: delivered }) =>
      world.store.events
        .all()
        .filter((row) => type === undefined || matches(row.type, type))
        .filter((row) => types === undefined || types.some((wanted) => matches(row.type, wanted)))
        .filter((row) => delivered === undefined || (row.pending_webhooks === 0) === delivered),
  ),
  route("GET", "/v1/events/:id", schema({}), (world, _, { id = "" }) => {
    const event = world.store.events.find(id);
    if (!event) throw noSuch("event", id);
    return event;
  }),
];

/** `charge.*` stands for all types that begin so. */
const matches = (type: string, wanted: string) =>
  wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
