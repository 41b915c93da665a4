import { html } from "hono/html";
import { type Controls, DEFAULT_OVERLAP_S } from "../../controls.ts";
import type { Endpoint, Endpoints } from "../../events/endpoints.ts";
import type { Markup } from "../layout.ts";
import type { Action, Posted } from "./action.ts";
import { ROOM, type Screen, secret } from "./layout.ts";

export function endpointsScreen(endpoints: Endpoints): Screen {
  const all = endpoints.all();
  const body =
    all.length === 0
      ? html`<p>No endpoints. Give one when you start the emulator (<code>--webhook</code>), make one by
<code>stripe.webhookEndpoints.create({ url, enabled_events: ["*"] })</code>, or run <code>stripe listen --forward-to</code>.</p>`
      : html`${all.map(endpointBox)}`;
  return { section: "endpoints", title: "Webhook endpoints", body };
}

function endpointBox({ id, url, enabled, enabledEvents, secrets }: Endpoint): Markup {
  const [newest, ...older] = secrets;
  return html`<article class="box" id="${id}"><div class="row"><h2>${url}</h2><span class="${enabled ? "status" : "ends"}">${enabled ? "on" : "off"}</span></div>
<dl><dt>Id</dt><dd><code>${id}</code></dd>
<dt>Events</dt><dd>${enabledEvents.includes("*") ? "all" : html`<details><summary>${enabledEvents.length} types</summary>${enabledEvents.join(", ")}</details>`}</dd>
${newest === undefined ? "" : html`<dt>Signing secret</dt><dd>${secret(newest)}</dd>`}
${older.map((old) => html`<dt>The one before</dt><dd>signs along ${secret(old)}</dd>`)}</dl>
<div class="row start">${newest === undefined ? "" : html`<form method="post" action="${ROOM}/endpoints/${id}/roll"><button type="submit">Roll secret</button></form>`}
<form method="post" action="${ROOM}/endpoints/${id}/${enabled ? "disable" : "enable"}"><button type="submit">${enabled ? "Switch off" : "Switch on"}</button></form></div></article>`;
}

export function endpointActions(controls: Controls): Action[] {
  const show = () => endpointsScreen(controls.endpoints);
  const switchTo = (enabled: boolean) => (posted: Posted) => {
    controls.switchEndpoint(posted.id, enabled);
    return "endpoints?said=switched";
  };
  return [
    {
      path: "endpoints/:id/roll",
      show,
      act({ id }) {
        controls.rollSecret(id, DEFAULT_OVERLAP_S);
        return "endpoints?said=rolled";
      },
    },
    { path: "endpoints/:id/enable", show, act: switchTo(true) },
    { path: "endpoints/:id/disable", show, act: switchTo(false) },
  ];
}
