import { html } from "hono/html";
import { API_VERSION } from "../../api-version.ts";
import type { Controls } from "../../controls.ts";
import type { FailedJob } from "../../state/job.ts";
import type { Markup } from "../layout.ts";
import { objectsByType } from "./catalogue.ts";
import { eventTable } from "./events.ts";
import { ROOM, type Screen } from "./layout.ts";

const LATEST = 8;

/** `origin`: where this page was asked for, which is where clients find the API. */
export function overviewScreen({ world, endpoints, faults }: Controls, origin: URL): Screen {
  const { store } = world;
  const objects = [...objectsByType(store).values()].reduce((sum, { length }) => sum + length, 0);
  const events = store.events.all();
  const deliveries = store.deliveries.all();
  const countOf = (status: string) => deliveries.filter((row) => row.status === status).length;
  const all = endpoints.all();
  const tiles = [
    tile("Objects", objects, "objects"),
    tile("Events", events.length, "events"),
    tile("Waiting deliveries", countOf("pending"), "events?undelivered=1"),
    tile("Failed deliveries", countOf("failed"), "events?undelivered=1"),
    tile("Test clocks", store.testClocks.all().length, "clocks"),
    tile("Faults on", faults.all().length, "faults"),
    tile("Endpoints on", `${endpoints.enabled().length} of ${all.length}`, "endpoints"),
  ];
  const body = html`<ul class="tiles">${tiles}</ul>
${failures(store.failedJobs.all())}
<section class="stack"><h2>Point your code here</h2><p class="soft">API version ${API_VERSION}. Any key that begins with <code>sk_test_</code> will do.</p>
${snippet(origin)}</section>
<section class="stack"><h2>Latest events</h2>${
    events.length === 0
      ? html`<p>None yet. Make a customer, say, with one of the lines above.</p>`
      : eventTable(world, events.slice(-LATEST).reverse())
  }</section>`;
  return { section: "overview", title: "Control room", body };
}

/** What should have happened by itself, and did not: a fault of the emulator's own. */
const failures = (failed: readonly FailedJob[]): Markup =>
  failed.length === 0
    ? html``
    : html`<section class="stack"><h2>What the emulator failed at</h2><ul>${failed.map(
        ({ kind, subject, error }) => html`<li>${kind.replaceAll("_", " ")} of <code>${subject}</code>: ${error}</li>`,
      )}</ul></section>`;

const tile = (label: string, count: number | string, path: string): Markup =>
  html`<li><a class="tile" href="${ROOM}/${path}"><strong>${count}</strong> ${label}</a></li>`;

/** Stripe's CLI takes the numeric address only. */
function snippet({ hostname, host, port, protocol }: URL): Markup {
  const scheme = protocol.slice(0, -1);
  const number = port || (scheme === "https" ? "443" : "80");
  const base = hostname === "localhost" ? `http://127.0.0.1:${number}` : `${scheme}://${host}`;
  return html`<pre tabindex="0" aria-label="For stripe-node">const stripe = new Stripe("sk_test_emulator", { host: "${hostname}", port: ${number}, protocol: "${scheme}" });</pre>
<pre tabindex="0" aria-label="For Stripe's CLI">stripe trigger customer.created --api-base ${base} --api-key sk_test_emulator
stripe listen --forward-to localhost:3000/webhook --no-wss --all-snapshot \\
  --api-base ${base} --api-key sk_test_emulator</pre>`;
}
