import { Hono } from "hono";
import { authenticate } from "./api/authenticate.ts";
import { ApiError, errorJson, invalid, unauthorized } from "./api/errors.ts";
import { type Controls, DEFAULT_OVERLAP_S } from "./controls.ts";
import { snapshotResponse } from "./state/snapshot.ts";

type Hash = Record<string, unknown>;

async function readHash(request: Request): Promise<Hash> {
  const body: unknown = await request.json().catch(() => undefined);
  if (typeof body !== "object" || body === null) throw invalid("The body must be JSON, such as {}, of 512 MB at most.");
  return body as Hash;
}

/** `/_emulator`: what only an emulator can do. JSON in and out; it asks for a test key, so that no web page can reach it. */
export function controlApp(controls: Controls): Hono {
  const { faults, world } = controls;
  const app = new Hono().basePath("/_emulator");
  app.onError((error) => {
    if (!(error instanceof ApiError)) throw error;
    return new Response(errorJson(error), { status: error.status, headers: { "content-type": "application/json" } });
  });
  app.use(async (context, next) => {
    if (authenticate(context.req.raw) === "publishable") throw unauthorized("This needs a secret test key.");
    await next();
  });
  app.get("/faults", (context) => context.json({ data: faults.all() }));
  app.post("/faults", async (context) => {
    controls.addFault(await readHash(context.req.raw));
    return context.json({ data: faults.all() });
  });
  app.delete("/faults", (context) => {
    faults.clear();
    return context.json({ data: [] });
  });
  const limits = () => ({ ...controls.limiter.limits(), counts: controls.limiter.counts() });
  app.get("/limits", (context) => context.json(limits()));
  app.post("/limits", async (context) => {
    controls.limit(await readHash(context.req.raw));
    return context.json(limits());
  });
  app.delete("/limits", (context) => {
    controls.limiter.set(undefined);
    return context.json(limits());
  });
  app.get("/failed_jobs", (context) => context.json({ data: world.store.failedJobs.all() }));
  app.get("/held", (context) => context.json({ data: faults.held() }));
  app.post("/held/release", (context) => {
    controls.release();
    return context.json({ data: faults.held() });
  });
  app.post("/held/:id/release", (context) => {
    controls.release(context.req.param("id"));
    return context.json({ data: faults.held() });
  });
  app.get("/dashboard", (context) => context.json(controls.dashboard()));
  app.post("/dashboard", async (context) => context.json(controls.setDashboard(await readHash(context.req.raw))));
  app.post("/plant", async (context) => context.json(await controls.plant(await readHash(context.req.raw))));
  app.post("/age", async (context) => context.json(controls.age(await readHash(context.req.raw))));
  app.post("/search", async (context) => context.json(controls.holdSearch((await readHash(context.req.raw)).held)));
  app.post("/debits", async (context) => context.json(controls.holdDebits((await readHash(context.req.raw)).held)));
  app.post("/snapshot", () => snapshotResponse(world.store.snapshot()));
  app.post("/restore", async (context) => context.json({ rows: controls.restore(await readHash(context.req.raw)) }));
  app.post("/reset", (context) => {
    controls.reset();
    return context.json({ rows: 0 });
  });
  app.post("/webhook_endpoints/:id/roll", async (context) => {
    const { expires_in: overlap = DEFAULT_OVERLAP_S } = await readHash(context.req.raw);
    return context.json({ secret: controls.rollSecret(context.req.param("id"), Number(overlap)) });
  });
  app.post("/clocks", async (context) => context.json(controls.putOnClock(await readHash(context.req.raw))));
  app.post("/charges/:id/dispute", (context) => context.json(controls.dispute(context.req.param("id"))));
  app.post("/payment_methods/:id/decline", async (context) => {
    const { declines } = await readHash(context.req.raw);
    return context.json(controls.decline(context.req.param("id"), declines));
  });
  app.post("/payment_methods/:id/renew", (context) => context.json(controls.renewCard(context.req.param("id"))));
  return app;
}
