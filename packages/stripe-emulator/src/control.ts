import { Hono } from "hono";
import { authenticate } from "./api/authenticate.ts";
import { ApiError, errorJson, invalid, noSuch } from "./api/errors.ts";
import type { Deliverer } from "./events/deliverer.ts";
import type { Endpoints } from "./events/endpoints.ts";
import { API_FAULTS, type Fault, type Faults, WEBHOOK_FAULTS } from "./events/faults.ts";
import type { JobRunner } from "./jobs.ts";
import type { World } from "./world.ts";

interface Controlled {
  world: World;
  deliverer: Deliverer;
  endpoints: Endpoints;
  faults: Faults;
  jobs: JobRunner;
}

type Hash = Record<string, unknown>;

const DEFAULT_DELAY_MS = 1000;
const DEFAULT_OVERLAP_S = 86_400;
const KINDS = [...WEBHOOK_FAULTS, ...API_FAULTS];

function readFault({ kind, times = 1, ms = DEFAULT_DELAY_MS, match = "" }: Hash): Fault {
  if (!KINDS.includes(String(kind))) throw invalid(`kind must be one of ${KINDS.join(", ")}`, undefined, "kind");
  if (!Number.isInteger(times) || Number(times) < 1) throw invalid("times must be 1 or more.", undefined, "times");
  if (!Number.isInteger(ms) || Number(ms) < 0) throw invalid("ms must be 0 or more.", undefined, "ms");
  return { kind: kind as Fault["kind"], times: Number(times), ms: Number(ms), match: String(match) };
}

/** `/_emulator`: what only an emulator can do. JSON in and out; it asks for a test key, so that no web page can reach it. */
export function controlApp({ world, deliverer, endpoints, faults, jobs }: Controlled): Hono {
  const app = new Hono().basePath("/_emulator");
  app.onError((error) => {
    if (!(error instanceof ApiError)) throw error;
    return new Response(errorJson(error), { status: error.status, headers: { "content-type": "application/json" } });
  });
  app.use(async (context, next) => {
    authenticate(context.req.raw);
    await next();
  });
  const replaced = () => {
    deliverer.reload();
    jobs.wake(world);
  };
  app.get("/faults", (context) => context.json({ data: faults.all() }));
  app.post("/faults", async (context) => {
    faults.add(readFault(await context.req.json<Hash>()));
    return context.json({ data: faults.all() });
  });
  app.delete("/faults", (context) => {
    faults.clear();
    return context.json({ data: [] });
  });
  app.post("/snapshot", (context) => context.json(world.store.snapshot()));
  app.post("/restore", async (context) => {
    const snapshot: unknown = await context.req.json();
    if (!Array.isArray(snapshot)) throw invalid("Give what /_emulator/snapshot answered.");
    world.store.replace(snapshot);
    replaced();
    return context.json({ rows: snapshot.length });
  });
  app.post("/reset", (context) => {
    world.store.replace([]);
    faults.clear();
    replaced();
    return context.json({ rows: 0 });
  });
  app.post("/webhook_endpoints/:id/roll", async (context) => {
    const { expires_in: overlap = DEFAULT_OVERLAP_S } = await context.req.json<Hash>();
    const secret = endpoints.roll(context.req.param("id"), Number(overlap));
    if (secret === undefined) throw noSuch("webhook endpoint", context.req.param("id"));
    return context.json({ secret });
  });
  app.post("/payment_methods/:id/renew", (context) => {
    const { id, card } = world.store.paymentMethods.find(context.req.param("id")) ?? {};
    if (id === undefined || !card) throw noSuch("PaymentMethod", context.req.param("id"));
    const renewed = { ...card, exp_year: card.exp_year + 4 };
    return context.json(world.update("paymentMethods", id, { card: renewed }, "payment_method.automatically_updated"));
  });
  return app;
}
