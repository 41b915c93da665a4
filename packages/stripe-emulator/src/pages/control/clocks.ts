import { html } from "hono/html";
import type Stripe from "stripe";
import { invalid } from "../../api/errors.ts";
import { periodEnd } from "../../billing/calendar.ts";
import type { Controls } from "../../controls.ts";
import { advanceClock, createClock, getClock } from "../../resources/test-clocks.ts";
import type { World } from "../../world.ts";
import { formOf } from "../form.ts";
import type { Markup } from "../layout.ts";
import type { Action } from "./action.ts";
import { objectUrl, ROOM, type Screen, showMoment } from "./layout.ts";

const HOUR_S = 3600;
const STEPS = ["hour", "day", "week", "month"] as const;

/** As `datetime-local` fields have it: `2026-11-22T14:53`. */
const fieldValue = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 16);

function readMoment(text = ""): number {
  const moment = Date.parse(`${text}Z`);
  if (Number.isNaN(moment)) throw invalid("Give a date and a time, such as 2027-01-31 12:00 (UTC).");
  return Math.floor(moment / 1000);
}

export function clocksScreen(world: World): Screen {
  const clocks = world.store.testClocks.all().reverse();
  const body = html`<p class="soft">A clock stands still until you advance it. What falls due on the way (renewals, retries, ends of trials) then happens,
each at its own moment. Objects live on a clock by their customer: <code>stripe.customers.create({ test_clock: "clock_…" })</code>.</p>
${clocks.length === 0 ? html`<p>No clocks yet: everything lives in real time.</p>` : clocks.map(clockBox)}
${realTimeBox(world)}
<form class="box" method="post" action="${ROOM}/clocks"><h2>New clock</h2><div class="row">
<div class="field"><label for="name">Name</label><input id="name" name="name" autocomplete="off" maxlength="300"></div>
<div class="field"><label for="frozen_time">Time (UTC)</label><input id="frozen_time" name="frozen_time" type="datetime-local" required value="${fieldValue(world.now())}"></div>
<button type="submit">Create clock</button></div></form>`;
  return { section: "clocks", title: "Test clocks", body };
}

/** Whoever bought in the app lives in real time, and so cannot be moved before they are put on a clock. */
function realTimeBox({ store }: World): Markup {
  const count = store.customers.all().filter(({ test_clock: clock }) => !clock).length;
  return count === 0
    ? html``
    : html`<form class="box" method="post" action="${ROOM}/clocks/everybody"><h2>In real time</h2>
<p>${count === 1 ? "One customer lives" : `${count} customers live`} in real time, where nobody can be moved. On a clock their renewals, trials and retries come when you say.</p>
<button type="submit">Put ${count === 1 ? "this one" : "them all"} on a clock</button></form>`;
}

function clockBox(clock: Stripe.TestHelpers.TestClock): Markup {
  const target = clock.status_details.advancing?.target_frozen_time;
  return html`<article class="box" id="${clock.id}"><div class="row"><h2>${clock.name ?? "Clock"} <a class="soft" href="${objectUrl(clock.id)}">${clock.id}</a></h2></div>
<p><strong>${showMoment(clock.frozen_time * 1000)}</strong> · ${clock.status.replaceAll("_", " ")}${target === undefined ? "" : html` to ${showMoment(target * 1000)}; reload to see it arrive`}</p>
${clock.status === "ready" ? advanceForms(clock) : ""}</article>`;
}

function advanceForms({ id, frozen_time: now, name }: Stripe.TestHelpers.TestClock): Markup {
  const action = `${ROOM}/clocks/${id}/advance`;
  const moment = `to-${id}`;
  return html`<form class="row start" method="post" action="${action}" role="group" aria-label="Advance ${name ?? id}">${STEPS.map(
    (step) => html`<button type="submit" name="by" value="${step}">+1 ${step}</button>`,
  )}</form>
<form class="row start" method="post" action="${action}"><div class="field"><label for="${moment}">Advance to (UTC)</label>
<input id="${moment}" name="to" type="datetime-local" required value="${fieldValue(now + HOUR_S)}"></div><button type="submit">Advance</button></form>`;
}

/** `by` a step, or `to` a moment. */
function advanceByForm(world: World, id: string, form: Record<string, string>): void {
  const { frozen_time: now } = getClock(world, id);
  const step = STEPS.find((word) => word === form.by);
  const after = step === "hour" ? now + HOUR_S : step && periodEnd(now, { interval: step, interval_count: 1 });
  advanceClock(world, id, after ?? readMoment(form.to));
}

export const clockActions = (controls: Controls): Action[] => {
  const { world } = controls;
  return [
    {
      path: "clocks/everybody",
      show: () => clocksScreen(world),
      act() {
        controls.putOnClock({ name: "Everybody" });
        return "clocks?said=put_on_clock";
      },
    },
    {
      path: "clocks",
      show: () => clocksScreen(world),
      async act({ request }) {
        const { name = "", frozen_time } = await formOf(request);
        createClock(world, { frozen_time: readMoment(frozen_time), ...(name.trim() ? { name: name.trim() } : {}) });
        return "clocks?said=clock_created";
      },
    },
    {
      path: "clocks/:id/advance",
      show: () => clocksScreen(world),
      async act({ id, request }) {
        advanceByForm(world, id, await formOf(request));
        return "clocks?said=advancing";
      },
    },
  ];
};
