import { type Context, Hono } from "hono";
import { html } from "hono/html";
import { ApiError } from "../../api/errors.ts";
import { type Controls, DEFAULT_OVERLAP_S } from "../../controls.ts";
import { getEvent } from "../../resources/events.ts";
import { notice, seeOther } from "../layout.ts";
import { advanceByForm, clocksScreen, createClockByForm } from "./clocks.ts";
import { endpointsScreen } from "./endpoints.ts";
import { eventScreen, eventsScreen } from "./events.ts";
import { faultsScreen } from "./faults.ts";
import { refusalOf } from "./guard.ts";
import { ROOM, type Screen, screenResponse } from "./layout.ts";
import { objectScreen, objectsScreen } from "./objects.ts";
import { overviewScreen } from "./overview.ts";
import { confirmResetScreen, readSnapshot, stateScreen } from "./state.ts";

type Form = Record<string, string>;
type Show = (context: Context) => Screen | undefined;

const queryOf = (context: Context) => new URL(context.req.url).searchParams;
const idOf = (context: Context) => context.req.param("id") ?? "";

async function formOf(request: Request): Promise<Form> {
  return Object.fromEntries(new URLSearchParams(await request.text()));
}

/** The pages at `/_emulator`: what is there, what was sent, and every control. No key: see `guard.ts`. */
export function controlRoom(controls: Controls): Hono {
  const app = new Hono();
  for (const path of ["/_emulator", `${ROOM}/*`]) {
    app.use(path, async (context, next) => {
      const refusal = refusalOf(context.req.raw, controls.world.publicUrl);
      return refusal === undefined ? next() : notice("Not from here", refusal, 403);
    });
  }
  addScreens(app, controls);
  addActions(app, controls);
  app.all(`${ROOM}/*`, () => missing());
  return app;
}

const missing = () =>
  screenResponse(
    {
      section: "overview",
      title: "Nothing here",
      body: html`<p>There is no such page, or what it showed is gone.</p>`,
    },
    {},
    404,
  );

function addScreens(app: Hono, controls: Controls): void {
  const { world, endpoints } = controls;
  const get = (path: string, show: Show) =>
    app.get(path, async (context) => {
      const screen = found(() => show(context));
      return screen ? screenResponse(screen, { said: queryOf(context).get("said") ?? undefined }) : missing();
    });
  get("/_emulator", (context) => overviewScreen(controls, new URL(context.req.url)));
  get(`${ROOM}/objects`, (context) => objectsScreen(world, queryOf(context)));
  get(`${ROOM}/objects/:id`, (context) => objectScreen(world, idOf(context), queryOf(context)));
  get(`${ROOM}/events`, (context) => eventsScreen(world, queryOf(context)));
  get(`${ROOM}/events/:id`, (context) => eventScreen(world, endpoints, idOf(context)));
  get(`${ROOM}/clocks`, () => clocksScreen(world));
  get(`${ROOM}/faults`, () => faultsScreen(controls));
  get(`${ROOM}/endpoints`, () => endpointsScreen(endpoints));
  get(`${ROOM}/state`, () => stateScreen(world));
  get(`${ROOM}/state/reset`, () => confirmResetScreen(world));
  app.get(`${ROOM}/state/snapshot`, (context) => {
    context.header("content-disposition", 'attachment; filename="stripe-emulator-snapshot.json"');
    context.header("cache-control", "no-store");
    return context.json(world.store.snapshot());
  });
}

function addActions(app: Hono, controls: Controls): void {
  const { world, endpoints } = controls;
  /** Does it and leads to the page that `act` names; a mistake is told on the page that the form stands on. */
  const post = (path: string, show: Show, act: (context: Context) => string | Promise<string>) =>
    app.post(path, async (context) => {
      try {
        return seeOther(`${ROOM}/${await act(context)}`);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const screen = found(() => show(context));
        return screen ? screenResponse(screen, { problem: error.message }, error.status) : missing();
      }
    });
  const showClocks = () => clocksScreen(world);
  const showEndpoints = () => endpointsScreen(endpoints);
  post(
    `${ROOM}/events/:id/resend`,
    (context) => eventScreen(world, endpoints, idOf(context)),
    async (context) => {
      const { endpoint } = await formOf(context.req.raw);
      world.resend(getEvent(world, idOf(context)), endpoint ?? null);
      return `events/${idOf(context)}?said=resent`;
    },
  );
  post(`${ROOM}/clocks`, showClocks, async (context) => {
    createClockByForm(world, await formOf(context.req.raw));
    return "clocks?said=clock_created";
  });
  post(`${ROOM}/clocks/:id/advance`, showClocks, async (context) => {
    advanceByForm(world, idOf(context), await formOf(context.req.raw));
    return "clocks?said=advancing";
  });
  post(
    `${ROOM}/faults`,
    () => faultsScreen(controls),
    async (context) => {
      const { times, ms, ...fault } = await formOf(context.req.raw);
      controls.addFault({ ...fault, times: Number(times), ms: Number(ms) });
      return "faults?said=fault_added";
    },
  );
  post(
    `${ROOM}/faults/clear`,
    () => faultsScreen(controls),
    () => {
      controls.faults.clear();
      return "faults?said=faults_cleared";
    },
  );
  post(`${ROOM}/endpoints/:id/roll`, showEndpoints, (context) => {
    controls.rollSecret(idOf(context), DEFAULT_OVERLAP_S);
    return "endpoints?said=rolled";
  });
  for (const word of ["enable", "disable"]) {
    post(`${ROOM}/endpoints/:id/${word}`, showEndpoints, (context) => {
      controls.switchEndpoint(idOf(context), word === "enable");
      return "endpoints?said=switched";
    });
  }
  post(
    `${ROOM}/state/restore`,
    () => stateScreen(world),
    async (context) => {
      controls.restore(await readSnapshot(context.req.raw));
      return "state?said=restored";
    },
  );
  post(
    `${ROOM}/state/reset`,
    () => stateScreen(world),
    () => {
      controls.reset();
      return "state?said=reset";
    },
  );
}

/** Undefined when what is to be shown does not exist. */
function found(show: () => Screen | undefined): Screen | undefined {
  try {
    return show();
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
