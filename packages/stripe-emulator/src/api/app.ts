import { setTimeout as sleep } from "node:timers/promises";
import { Hono } from "hono";
import { API_FAULTS, type Fault, type Faults } from "../events/faults.ts";
import type { World } from "../world.ts";
import { answer } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { ApiError, operationNotModelled } from "./errors.ts";
import { respond } from "./respond.ts";
import type { Route } from "./route.ts";
import { operationOf, stripeApi } from "./stripe-api.ts";

/** Stripe's API under `/v1`. */
export function apiApp(world: World, routes: readonly Route[], faults: Faults, log: (line: string) => void): Hono {
  const app = new Hono();
  for (const { method, path, operation } of missingFrom(routes)) {
    app.on(method, path, ({ req }) => respond(req.raw, () => missing(req.raw, operation), log));
  }
  for (const route of routes) {
    app.on(route.method, route.path, async (context) => {
      const { raw } = context.req;
      const fault = faults.take(API_FAULTS, new URL(raw.url).pathname);
      if (fault?.kind === "error_500" || fault?.kind === "rate_limit") return respond(raw, () => faulty(fault), log);
      if (fault?.kind === "slow") await sleep(fault.ms);
      const served = fault?.kind === "error_500_kept" ? { ...route, answer: () => faulty(fault) } : route;
      const body = route.method === "GET" ? "" : await context.req.text();
      const response = respond(raw, (id) => answer(world, served, raw, context.req.param(), body, id), log);
      if (fault?.kind === "late_answer") await sleep(fault.ms);
      return response;
    });
  }
  app.all("/v1/*", (context) => respond(context.req.raw, () => notFound(context.req.raw), log));
  return app;
}

/** What Stripe has and the emulator lacks. They come first: `/v1/invoices/search` is not an invoice. */
function missingFrom(routes: readonly Route[]) {
  const served = new Set(routes.map(({ method, path }) => operationOf(method, path)));
  const missing = Object.keys(stripeApi.operations).filter((operation) => !served.has(operation));
  return missing.map((operation) => {
    const [method = "", path = ""] = operation.split(" ");
    // Hono wants each variable to have a name of its own.
    return { operation, method, path: path.replaceAll(/:id/g, (_, at) => `:id${at}`) };
  });
}

function missing(request: Request, operation: string): never {
  authenticate(request);
  throw operationNotModelled(operation);
}

function faulty({ kind }: Fault): never {
  if (kind === "rate_limit") {
    const message =
      "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.";
    throw new ApiError(429, { type: "invalid_request_error", code: "rate_limit", message });
  }
  throw new ApiError(500, { type: "api_error", message: "An unknown error occurred" });
}

function notFound(request: Request): never {
  authenticate(request);
  const message = `Unrecognized request URL (${request.method}: ${new URL(request.url).pathname}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`;
  throw new ApiError(404, { type: "invalid_request_error", message });
}
