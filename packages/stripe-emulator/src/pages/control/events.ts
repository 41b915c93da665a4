import { html } from "hono/html";
import type { Controls } from "../../controls.ts";
import type { Endpoints } from "../../events/endpoints.ts";
import { getEvent, selectEvents } from "../../resources/events.ts";
import type { DeliveryRow, EventRow } from "../../state/rows.ts";
import type { World } from "../../world.ts";
import { formOf } from "../form.ts";
import type { Markup } from "../layout.ts";
import type { Action } from "./action.ts";
import { deliverySections } from "./deliveries.ts";
import { showJson } from "./json.ts";
import { objectLink, ROOM, type Screen, showMoment, table } from "./layout.ts";
import { pageOf } from "./paging.ts";

const eventUrl = (id: string) => `${ROOM}/events/${encodeURIComponent(id)}`;

/** `?type=customer.*` and `?undelivered=1` narrow the list. */
export function eventsScreen(world: World, query: URLSearchParams): Screen {
  const type = query.get("type")?.trim() || undefined;
  const undelivered = query.has("undelivered");
  const chosen = selectEvents(world, { type, ...(undelivered ? { delivery_success: false } : {}) });
  const { shown, links } = pageOf(chosen.reverse(), query);
  const none =
    world.store.events.all().length === 0
      ? "No events yet: they come with the first thing that happens."
      : undelivered
        ? "Nothing is undelivered among these."
        : "No event of this type.";
  const body = html`${filterForm(world, type, undelivered)}
${shown.length === 0 ? html`<p>${none}</p>` : html`${eventTable(world, shown)}${links}`}`;
  return { section: "events", title: "Events", body };
}

function filterForm(world: World, type: string | undefined, undelivered: boolean): Markup {
  const types = [...new Set(world.store.events.all().map((event) => event.type))].sort();
  return html`<form class="row filter" method="get"><div class="field"><label for="type">Type</label>
<input id="type" name="type" list="types" value="${type ?? ""}" placeholder="customer.*"><datalist id="types">${types.map(
    (name) => html`<option value="${name}"></option>`,
  )}</datalist></div>
<label class="check"><input type="checkbox" name="undelivered" value="1" ${undelivered ? "checked" : ""}> Undelivered only</label>
<button type="submit">Filter</button></form>`;
}

/** Newest first, as given. */
export function eventTable(world: World, events: readonly EventRow[]): Markup {
  const wanted = new Set(events.map(({ id }) => id));
  const deliveries = world.store.deliveries.all().filter(({ event }) => wanted.has(event));
  const rows = events.map((event) => [
    html`<a href="${eventUrl(event.id)}">${event.type}</a>`,
    deliveryWords(deliveries.filter((row) => row.event === event.id)),
    event.data.object.id === undefined ? "" : objectLink(event.data.object.id),
    showMoment(event.created * 1000),
  ]);
  return table("Events", ["Type", "Delivery", "Object", "Created"], rows);
}

function deliveryWords(deliveries: readonly DeliveryRow[]): Markup | string {
  if (deliveries.length === 0) return html`<span class="soft">nobody asked for it</span>`;
  const failed = deliveries.filter(({ status }) => status === "failed").length;
  const waiting = deliveries.filter(({ status }) => status === "pending").length;
  if (failed > 0) return html`<span class="ends">failed</span>`;
  return waiting > 0 ? "waiting" : html`<span class="status">delivered</span>`;
}

/** Throws ApiError when there is none. */
export function eventScreen(world: World, endpoints: Endpoints, id: string): Screen {
  const event = getEvent(world, id);
  const { previous_attributes: previous } = event.data;
  const body = html`<p><a href="${ROOM}/events">← All events</a></p>
<p class="soft"><code>${id}</code> · ${showMoment(event.created * 1000)} · API version ${event.api_version}</p>
<section class="stack"><h2>Deliveries</h2>${deliverySections(world, endpoints, event)}</section>
${previous === undefined ? "" : html`<section class="stack"><h2>What changed</h2><p class="soft">The values before, of what is different now (<code>previous_attributes</code>).</p>${showJson(world, previous)}</section>`}
<section class="stack"><h2>Payload</h2>${showJson(world, event)}</section>`;
  return { section: "events", title: event.type, body };
}

export const eventActions = ({ world, endpoints }: Controls): Action[] => [
  {
    path: "events/:id/resend",
    show: (id) => eventScreen(world, endpoints, id),
    async act({ id, request }) {
      const { endpoint } = await formOf(request);
      world.resend(getEvent(world, id), endpoint ?? null);
      return `events/${id}?said=resent`;
    },
  },
];
