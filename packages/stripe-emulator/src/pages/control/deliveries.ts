import { html } from "hono/html";
import type { Endpoint, Endpoints } from "../../events/endpoints.ts";
import type { DeliveryAttempt, DeliveryRow, EventRow } from "../../state/rows.ts";
import type { World } from "../../world.ts";
import type { Markup } from "../layout.ts";
import { ROOM, showMoment, table } from "./layout.ts";

/** For each endpoint that an event went to, or could go to: every attempt, and a button to send it again. */
export function deliverySections(world: World, endpoints: Endpoints, event: EventRow): Markup {
  const deliveries = world.store.deliveries.all().filter((row) => row.event === event.id);
  const enabled = endpoints.enabled();
  const ids = new Set([...deliveries.map(({ endpoint }) => endpoint), ...enabled.map(({ id }) => id)]);
  if (ids.size === 0)
    return html`<p>There is no endpoint to deliver to. <a href="${ROOM}/endpoints">How to make one</a></p>`;
  return html`${resendForm(event.id, undefined, "Resend to all that want it", endpoints.wanting(event.type).length === 0)}
${[...ids].map((id) =>
  endpointSection(
    world,
    event.id,
    id,
    endpoints.find(id),
    deliveries.filter(({ endpoint }) => endpoint === id),
  ),
)}`;
}

function endpointSection(
  world: World,
  event: string,
  id: string,
  endpoint: Endpoint | undefined,
  deliveries: readonly DeliveryRow[],
): Markup {
  const state = endpoint ? (endpoint.enabled ? "" : " · switched off") : " · deleted";
  return html`<article class="box"><div class="row"><h3><code>${id}</code> <span class="soft">${endpoint?.url}${state}</span></h3>
${resendForm(event, id, `Resend to ${id}`, !endpoint?.enabled)}</div>
${deliveries.length === 0 ? html`<p class="soft">This event was not sent there.</p>` : ""}
${deliveries.toReversed().map((delivery) => deliveryPart(world, delivery, endpoint?.enabled ?? false))}</article>`;
}

const resendForm = (event: string, endpoint: string | undefined, label: string, disabled: boolean) => html`
<form method="post" action="${ROOM}/events/${event}/resend">${
  endpoint === undefined ? "" : html`<input type="hidden" name="endpoint" value="${endpoint}">`
}<button type="submit" ${disabled ? "disabled" : ""}>${label}</button></form>`;

function deliveryPart(world: World, delivery: DeliveryRow, enabled: boolean): Markup {
  const attempts = world.store.deliveryAttempts.all().filter((row) => row.delivery === delivery.id);
  return html`<p>${outcomeWords(delivery, enabled)}</p>
${attempts.length === 0 ? "" : table(`Attempts at ${delivery.id}`, ["When", "Answer", "Took", "Body begins"], attempts.map(attemptCells))}`;
}

function outcomeWords({ status, attempts, nextAttemptAt }: DeliveryRow, enabled: boolean): Markup {
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  if (status === "delivered") return html`<span class="status">Delivered</span> after ${tries}.`;
  if (status === "failed" && attempts === 0)
    return html`<span class="ends">Dropped</span> by a fault: it was never sent.`;
  if (status === "failed") return html`<span class="ends">Failed</span>: given up after ${tries}.`;
  if (!enabled) return html`Waits until the endpoint is on again, after ${tries}.`;
  return html`Waits for the next attempt, at ${showMoment(nextAttemptAt ?? 0)}, after ${tries}.`;
}

const attemptCells = ({ at, status, error, durationMs, excerpt }: DeliveryAttempt) => [
  showMoment(at),
  status === null ? html`<span class="ends">${error}</span>` : status,
  `${durationMs} ms`,
  excerpt === "" ? html`<span class="soft">empty</span>` : html`<code class="excerpt">${excerpt}</code>`,
];
