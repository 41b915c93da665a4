import { html } from "hono/html";
import { htmlResponse, type Markup } from "../layout.ts";
import { CONTROL_STYLE } from "./style.ts";

export const ROOM = "/_emulator/control";

const SECTIONS = {
  overview: ["Overview", "/_emulator"],
  objects: ["Objects", `${ROOM}/objects`],
  events: ["Events", `${ROOM}/events`],
  clocks: ["Clocks", `${ROOM}/clocks`],
  faults: ["Faults", `${ROOM}/faults`],
  endpoints: ["Endpoints", `${ROOM}/endpoints`],
  dashboard: ["Dashboard", `${ROOM}/dashboard`],
  state: ["State", `${ROOM}/state`],
} as const;

export type Section = keyof typeof SECTIONS;

/** What was done, by the word that the address carries after it. */
const SAID = new Map([
  ["resent", "Sent again. The answer stands below as soon as it came; reload this page."],
  ["clock_created", "The clock is made. Customers that are created with its id live on it."],
  ["put_on_clock", "Their time stands still now, until you move it."],
  ["refunded", "The money goes back."],
  ["disputed", "The bank has taken the money back. Evidence decides how it ends."],
  ["declines", "It has no funds from now on: the next payment fails."],
  ["pays", "It pays again."],
  ["product_created", "The product is made, with its price."],
  ["advancing", "The clock moves. Everything that falls due on the way happens, in order."],
  ["fault_added", "The fault is on."],
  ["released", "The request goes on."],
  ["faults_cleared", "All faults are off."],
  ["rolled", "The endpoint has a new secret. The old one signs along for a day."],
  ["switched", "The endpoint was switched."],
  ["saved", "Saved. It counts from the next request on."],
  ["restored", "The snapshot is restored, in place of all there was."],
  ["reset", "Everything is gone: you begin anew."],
]);

export interface Screen {
  section: Section;
  title: string;
  body: Markup;
}

/** What goes above a screen: how the last action ended. */
export interface Outcome {
  said?: string | undefined;
  problem?: string | undefined;
}

/** A page of the control room. */
export const screenResponse = (screen: Screen, { said = "", problem }: Outcome = {}, status = 200): Promise<Response> =>
  htmlResponse(`${screen.title} · Stripe emulator`, layOut(screen, SAID.get(said), problem), {
    status,
    style: CONTROL_STYLE,
    // Its forms lead back to itself; with `no-referrer` they would not say where they come from.
    headers: { "referrer-policy": "same-origin" },
    policy: "form-action 'self'",
  });

const layOut = ({ section, title, body }: Screen, said: string | undefined, problem: string | undefined) => html`
<a class="skip" href="#content">Skip to the content</a>
<header class="bar"><span class="brand">Stripe emulator</span><nav aria-label="Control room"><ul>${Object.entries(
  SECTIONS,
).map(
  ([name, [label, href]]) =>
    html`<li><a href="${href}" ${name === section ? html`aria-current="page"` : ""}>${label}</a></li>`,
)}</ul></nav></header>
<main class="room stack" id="content"><h1>${title}</h1>
${problem === undefined ? "" : html`<p class="error" role="alert">${problem}</p>`}
${said === undefined ? "" : html`<p class="said" role="status">${said}</p>`}
${body}</main>`;

export const objectUrl = (id: string): string => `${ROOM}/objects/${encodeURIComponent(id)}`;

/** `2026-11-22 14:53:20 UTC`. `moment` in milliseconds since the epoch. */
export const showMoment = (moment: number): Markup => {
  const [date, time = ""] = new Date(moment).toISOString().split("T");
  return html`<time>${date} ${time.slice(0, 8)} UTC</time>`;
};

/** An id that leads to its object; a long one is cut to the eye only. */
export const objectLink = (id: string): Markup => html`<a class="id" href="${objectUrl(id)}" title="${id}">${id}</a>`;

/** A text that only shows when it is asked for. */
export const secret = (text: string): Markup =>
  html`<details class="secret"><summary>Show</summary><code>${text}</code></details>`;

/** A table that scrolls sideways where it is too wide; `name` is for those who hear it. */
export const table = (name: string, columns: readonly string[], rows: readonly (readonly unknown[])[]): Markup => html`
<div class="scroll" role="region" aria-label="${name}" tabindex="0"><table><thead><tr>${columns.map(
  (column) => html`<th scope="col">${column}</th>`,
)}</tr></thead><tbody>${rows.map(
  (cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
)}</tbody></table></div>`;
