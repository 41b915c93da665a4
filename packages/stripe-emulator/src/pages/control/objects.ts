import { html } from "hono/html";
import type { World } from "../../world.ts";
import { amountOf, findObject, labelOf, nameType, objectsByType, type StripeObject, statusOf } from "./catalogue.ts";
import { deedsFor, newProductForm } from "./deeds.ts";
import { eventTable } from "./events.ts";
import { showJson } from "./json.ts";
import { objectLink, ROOM, type Screen, showMoment, table } from "./layout.ts";
import { pageOf } from "./paging.ts";

const typeUrl = (type: string) => `${ROOM}/objects?type=${encodeURIComponent(type)}`;

/** All types, or with `?type=` the objects of one. */
export function objectsScreen(world: World, query: URLSearchParams): Screen {
  const types = objectsByType(world.store);
  const type = query.get("type");
  if (type === null) return typesScreen(types);
  const { shown, links } = pageOf([...(types.get(type) ?? [])].reverse(), query);
  const title = `${nameType(type)}s`;
  const body =
    shown.length === 0
      ? html`<p>No object of the type <code>${type}</code> here yet.</p>`
      : html`${table(title, ["Id", "What", "Amount", "Status", "Created"], shown.map(cellsOf))}${links}`;
  return { section: "objects", title, body: html`<p><a href="${ROOM}/objects">← All types</a></p>${body}` };
}

function typesScreen(types: Map<string, StripeObject[]>): Screen {
  const rows = [...types].sort(([a], [b]) => (a < b ? -1 : 1));
  const body =
    rows.length === 0
      ? html`<p>Nothing here yet. Whatever the API, the hosted pages or <code>stripe trigger</code> make appears here.</p>`
      : table(
          "Types of objects",
          ["Type", "How many"],
          rows.map(([type, objects]) => [html`<a href="${typeUrl(type)}">${nameType(type)}</a>`, objects.length]),
        );
  return { section: "objects", title: "Objects", body: html`${body}${newProductForm}` };
}

const cellsOf = (row: StripeObject) => [
  objectLink(row.id),
  labelOf(row),
  amountOf(row),
  statusOf(row),
  typeof row.created === "number" ? showMoment(row.created * 1000) : "",
];

/** One object and its events. Undefined when there is none. */
export function objectScreen(world: World, id: string, query: URLSearchParams): Screen | undefined {
  const row = findObject(world.store, id);
  if (!row) return undefined;
  const events = world.store.events.all().filter(({ data }) => data.object.id === id);
  const { shown, links } = pageOf(events.reverse(), query);
  const body = html`<p><a href="${typeUrl(row.object)}">← ${nameType(row.object)}s</a></p>
<p>${[labelOf(row), amountOf(row), statusOf(row)].filter(Boolean).join(" · ")}</p>
${deedsFor(world, id) ?? ""}
<section class="stack"><h2>Events of this object</h2>
${shown.length === 0 ? html`<p class="soft">None: nothing was told of it.</p>` : html`${eventTable(world, shown)}${links}`}</section>
<section class="stack"><h2>JSON</h2>${showJson(world, row)}</section>`;
  return { section: "objects", title: `${nameType(row.object)} ${id}`, body };
}
