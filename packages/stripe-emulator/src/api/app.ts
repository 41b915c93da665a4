import { setTimeout as sleep } from "node:timers/promises";
import { Hono } from "hono";
import { API_FAULTS, type Fault, type Faults } from "../events/faults.ts";
import type { World } from "../world.ts";
import { answer } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { ApiError, invalid, operationNotModelled } from "./errors.ts";
import { KeysInUse } from "./idempotency.ts";
import { type Limiter, tooFast } from "./limiter.ts";
import { respond, type Watch } from "./respond.ts";
import type { Route } from "./route.ts";
import { operationOf, stripeApi } from "./stripe-api.ts";

/** Stripe's API under `/v1`. */
export function apiApp(
  world: World,
  routes: readonly Route[],
  { faults, limiter }: { faults: Faults; limiter: Limiter },
  watch: Watch,
): Hono {
  const app = new Hono();
  for (const { method, path, operation } of missingFrom(routes)) {
    app.on(method, path, ({ req }) => respond(req.raw, () => missing(req.raw, operation), watch));
  }
  const keys = new KeysInUse();
  for (const route of routes) {
    app.on(route.method, route.path, async (context) => {
      const { raw } = context.req;
      const refusal = limiter.refusalOf(route.method, route.path);
      if (refusal) return respond(raw, () => refuse(refusal), watch);
      const bytes = route.method === "GET" ? undefined : await context.req.arrayBuffer();
      const act = (served: Route) =>
        respond(raw, (id) => answer(world, served, raw, context.req.param(), textOf(bytes), id), watch);
      const key = route.method === "POST" ? raw.headers.get("idempotency-key") : null;
      if (!keys.take(key)) return respond(raw, () => refuseBusy(key), watch);
      const { pathname } = new URL(raw.url);
      const fault = faults.take(API_FAULTS, pathname, nameOf(raw));
      let response: Response;
      try {
        await beforehand(faults, fault, raw);
        const refused = route.method === "GET" ? undefined : world.store.trouble();
        if (refused !== undefined) return respond(raw, () => unwritable(refused, watch.log), watch);
        response = isRefusal(fault) ? respond(raw, () => faulty(fault), watch) : act(served(route, fault));
      } finally {
        keys.giveBack(key);
      }
      // Done and kept: what is late from here on is the network's, and a further request with the key is answered.
      await afterwards(faults, fault, raw);
      const lost = route.method === "GET" ? undefined : world.store.trouble();
      return lost === undefined ? response : respond(raw, () => unwritable(lost, watch.log), watch);
    });
  }
  app.all("/v2/*", (context) => respond(context.req.raw, () => notServed(context.req.raw), watch));
  app.all("/v1/*", (context) => respond(context.req.raw, () => notFound(context.req.raw), watch));
  return app;
}

function textOf(bytes: ArrayBuffer | undefined): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid("Invalid request: the body is not encoded as UTF-8.");
  }
}

const nameOf = ({ method, url }: Request) => `${method} ${new URL(url).pathname}`;

async function beforehand(faults: Faults, fault: Fault | undefined, request: Request): Promise<void> {
  if (fault?.kind === "slow") await sleep(fault.ms);
  if (fault?.kind === "hold") await faults.hold(nameOf(request), false);
}

async function afterwards(faults: Faults, fault: Fault | undefined, request: Request): Promise<void> {
  if (fault?.kind === "late_answer") await sleep(fault.ms);
  if (fault?.kind === "hold_answer") await faults.hold(nameOf(request), true);
}

/** It never reaches the endpoint: nothing is kept under its key. */
const isRefusal = (fault: Fault | undefined): fault is Fault =>
  fault?.kind === "error_500" || fault?.kind === "rate_limit";

/** The route, or one that breaks once it has begun. */
const served = (route: Route, fault: Fault | undefined): Route =>
  fault?.kind === "error_500_kept" ? { ...route, begin: () => () => faulty(fault) } : route;

/** What was done is answered as done only when it is kept: else whoever asked may try again, with the same key. */
function unwritable(message: string, log: (line: string) => void): never {
  log(message);
  throw new ApiError(500, { type: "api_error", message });
}

function refuse(refusal: ApiError): never {
  throw refusal;
}

function refuseBusy(key: string | null): never {
  const message = `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`;
  throw new ApiError(409, { type: "invalid_request_error", code: "idempotency_key_in_use", message });
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

/** Of v2 the SDK does not say which operations there are. */
function notServed(request: Request): never {
  authenticate(request);
  const message = `This emulator does not model ${nameOf(request)}.`;
  throw new ApiError(404, { type: "invalid_request_error", message, code: "emulator_operation_not_modelled" });
}

function faulty({ kind }: Fault): never {
  if (kind === "rate_limit") throw tooFast("global-rate");
  throw new ApiError(500, { type: "api_error", message: "An unknown error occurred" });
}

function notFound(request: Request): never {
  authenticate(request);
  const message = `Unrecognized request URL (${request.method}: ${new URL(request.url).pathname}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`;
  throw new ApiError(404, { type: "invalid_request_error", message });
}
