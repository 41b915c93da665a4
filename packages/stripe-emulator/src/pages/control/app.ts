import { type Context, Hono } from "hono";
import { html } from "hono/html";
import { ApiError } from "../../api/errors.ts";
import type { Controls } from "../../controls.ts";
import { snapshotResponse } from "../../state/snapshot.ts";
import { notice, seeOther } from "../layout.ts";
import { clockActions, clocksScreen } from "./clocks.ts";
import { dashboardActions, dashboardScreen } from "./dashboard.ts";
import { deedActions } from "./deeds.ts";
import { endpointActions, endpointsScreen } from "./endpoints.ts";
import { eventActions, eventScreen, eventsScreen } from "./events.ts";
import { faultActions, faultsScreen } from "./faults.ts";
import { refusalOf } from "./guard.ts";
import { ROOM, type Screen, screenResponse } from "./layout.ts";
import { objectScreen, objectsScreen } from "./objects.ts";
import { overviewScreen } from "./overview.ts";
import { confirmResetScreen, stateActions, stateScreen } from "./state.ts";

const HOME = ["/_emulator", "/_emulator/"];

type Show = (context: Context) => Screen | undefined;

const queryOf = (context: Context) => new URL(context.req.url).searchParams;
const idOf = (context: Context) => context.req.param("id") ?? "";

/** The pages at `/_emulator`: what is there, what was sent, and every control. No key: see `guard.ts`. */
export function controlRoom(controls: Controls): Hono {
  const app = new Hono();
  for (const path of [...HOME, `${ROOM}/*`]) {
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
  for (const path of HOME) get(path, (context) => overviewScreen(controls, new URL(context.req.url)));
  get(`${ROOM}/objects`, (context) => objectsScreen(world, queryOf(context)));
  get(`${ROOM}/objects/:id`, (context) => objectScreen(world, idOf(context), queryOf(context)));
  get(`${ROOM}/events`, (context) => eventsScreen(world, queryOf(context)));
  get(`${ROOM}/events/:id`, (context) => eventScreen(world, endpoints, idOf(context)));
  get(`${ROOM}/clocks`, () => clocksScreen(world));
  get(`${ROOM}/faults`, () => faultsScreen(controls));
  get(`${ROOM}/endpoints`, () => endpointsScreen(endpoints));
  get(`${ROOM}/dashboard`, () => dashboardScreen(controls));
  get(`${ROOM}/state`, () => stateScreen(world));
  get(`${ROOM}/state/reset`, () => confirmResetScreen(world));
  app.get(`${ROOM}/state/snapshot`, () =>
    snapshotResponse(world.store.snapshot(), {
      "content-disposition": 'attachment; filename="stripe-emulator-snapshot.json"',
      "cache-control": "no-store",
    }),
  );
}

/** Each does its deed and leads to the page that it names; a mistake is told on the page that the form stands on. */
function addActions(app: Hono, controls: Controls): void {
  const { world } = controls;
  const deeds = deedActions(controls, {
    object: (id) => objectScreen(world, id, new URLSearchParams()),
    objects: () => objectsScreen(world, new URLSearchParams()),
  });
  const actions = [eventActions, clockActions, faultActions, endpointActions, dashboardActions, stateActions];
  for (const { path, show, act } of [...deeds, ...actions.flatMap((of) => of(controls))]) {
    app.post(`${ROOM}/${path}`, async (context) => {
      const posted = { id: idOf(context), request: context.req.raw };
      try {
        return seeOther(`${ROOM}/${await act(posted)}`);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const screen = found(() => show(posted.id));
        return screen ? screenResponse(screen, { problem: error.message }, error.status) : missing();
      }
    });
  }
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
