import { html } from "hono/html";
import { type Controls, DEFAULT_DELAY_MS } from "../../controls.ts";
import type { Held } from "../../events/faults.ts";
import { formOf } from "../form.ts";
import type { Markup } from "../layout.ts";
import type { Action } from "./action.ts";
import { ROOM, type Screen, table } from "./layout.ts";

/** Each kind in words, by where it happens. */
const KINDS = {
  Events: {
    duplicate: "sent twice",
    drop: "never sent",
    delay: "sent late",
    reorder: "held back until there are so many, then sent last first",
    wrong_signature: "first sent with a wrong signature",
  },
  "API requests": {
    error_500: "answered with a 500",
    error_500_kept: "answered with a 500, also when tried again",
    hold: "held up until it is released, then done",
    hold_answer: "done, then not answered until it is released",
    late_answer: "done, then answered late",
    rate_limit: "answered with a 429",
    slow: "held up, then done",
  },
} as const;

export function faultsScreen({ faults }: Controls): Screen {
  const on = faults.all();
  const held = faults.held();
  const body = html`<p class="soft">What goes wrong on demand. A fault is gone when it has happened often enough, and after a restart.</p>
${
  on.length === 0
    ? html`<p>All faults are off.</p>`
    : html`${table(
        "Faults that are on",
        ["Kind", "Still happens", "Delay", "Only to"],
        on.map(({ kind, times, ms, match }) => [
          html`<code>${kind}</code>`,
          times === 1 ? "once" : `${times} times`,
          ["delay", "late_answer", "slow"].includes(kind) ? `${ms} ms` : "",
          match === "" ? "everything" : html`<code>${match}…</code>`,
        ]),
      )}<form method="post" action="${ROOM}/faults/clear"><button type="submit">Switch all off</button></form>`
}
${held.length === 0 ? "" : heldTable(held)}
<form class="box" method="post" action="${ROOM}/faults"><h2>Switch one on</h2>
<div class="field"><label for="kind">Kind</label><select id="kind" name="kind">${Object.entries(KINDS).map(
    ([group, kinds]) =>
      html`<optgroup label="${group}">${Object.entries(kinds).map(
        ([kind, words]) => html`<option value="${kind}">${kind}: ${words}</option>`,
      )}</optgroup>`,
  )}</select></div>
<div class="row"><div class="field"><label for="times">How often</label><input id="times" name="times" type="number" min="1" value="1" required></div>
<div class="field"><label for="ms">Milliseconds (delay, late_answer, slow)</label><input id="ms" name="ms" type="number" min="0" value="${DEFAULT_DELAY_MS}" required></div>
<div class="field"><label for="match">Only types or paths that begin with</label><input id="match" name="match" autocomplete="off" placeholder="invoice. or /v1/prices or POST /v1/prices$"></div></div>
<button type="submit">Switch on</button></form>`;
  return { section: "faults", title: "Faults", body };
}

const heldTable = (held: readonly Held[]): Markup =>
  html`${table(
    "Requests that are held",
    ["Request", "Done", ""],
    held.map(({ id, request, done }) => [
      html`<code>${request}</code>`,
      done ? "yes, its answer waits" : "not yet",
      html`<form method="post" action="${ROOM}/held/${id}/release"><button type="submit">Release</button></form>`,
    ]),
  )}`;

export const faultActions = (controls: Controls): Action[] => [
  {
    path: "faults",
    show: () => faultsScreen(controls),
    async act({ request }) {
      const { times, ms, ...fault } = await formOf(request);
      controls.addFault({ ...fault, times: Number(times), ms: Number(ms) });
      return "faults?said=fault_added";
    },
  },
  {
    path: "held/:id/release",
    show: () => faultsScreen(controls),
    act({ id }) {
      controls.release(id);
      return "faults?said=released";
    },
  },
  {
    path: "faults/clear",
    show: () => faultsScreen(controls),
    act() {
      controls.faults.clear();
      return "faults?said=faults_cleared";
    },
  },
];
