import { Hono } from "hono";
import { API_VERSION } from "../api-version.ts";
import { API_FAULTS, type Fault, type Faults } from "../events/faults.ts";
import { checkoutSessionRoutes } from "../resources/checkout-sessions.ts";
import { cliSessionRoutes } from "../resources/cli-sessions.ts";
import { customerRoutes } from "../resources/customers.ts";
import { disputeRoutes } from "../resources/disputes.ts";
import { entitlementRoutes } from "../resources/entitlements.ts";
import { eventRoutes } from "../resources/events.ts";
import { invoiceItemRoutes } from "../resources/invoice-items.ts";
import { invoiceRoutes } from "../resources/invoices.ts";
import { paymentIntentRoutes } from "../resources/payment-intents.ts";
import { paymentMethodRoutes } from "../resources/payment-methods.ts";
import { paymentPageRoutes } from "../resources/payment-pages.ts";
import { paymentRoutes } from "../resources/payments.ts";
import { portalSessionRoutes } from "../resources/portal-sessions.ts";
import { priceRoutes } from "../resources/prices.ts";
import { productRoutes } from "../resources/products.ts";
import { refundRoutes } from "../resources/refunds.ts";
import { setupIntentRoutes } from "../resources/setup-intents.ts";
import { subscriptionRoutes } from "../resources/subscriptions.ts";
import { testClockRoutes } from "../resources/test-clocks.ts";
import { webhookEndpointRoutes } from "../resources/webhook-endpoints.ts";
import { clockOf } from "../state/clock-of.ts";
import { newId } from "../state/ids.ts";
import type { World } from "../world.ts";
import { authenticate } from "./authenticate.ts";
import { checkParameters } from "./check-parameters.ts";
import { ApiError, errorJson, operationNotModelled } from "./errors.ts";
import { expand } from "./expand.ts";
import { decodeForm } from "./form.ts";
import { findReply, fingerprintOf, isKept } from "./idempotency.ts";
import { arrayOf, text } from "./params.ts";
import type { Route } from "./route.ts";
import { operationOf, stripeApi } from "./stripe-api.ts";

/** What is served. */
export const ROUTES: Route[] = [
  ...customerRoutes,
  ...productRoutes,
  ...priceRoutes,
  ...checkoutSessionRoutes,
  ...subscriptionRoutes,
  ...invoiceRoutes,
  ...invoiceItemRoutes,
  ...paymentIntentRoutes,
  ...paymentPageRoutes,
  ...paymentRoutes,
  ...paymentMethodRoutes,
  ...refundRoutes,
  ...disputeRoutes,
  ...portalSessionRoutes,
  ...eventRoutes,
  ...testClockRoutes,
  ...webhookEndpointRoutes,
  ...entitlementRoutes,
  ...setupIntentRoutes,
  ...cliSessionRoutes,
];

/** Who asks. */
interface Caller {
  id: string | null;
  idempotency_key: string | null;
  /** Whether this API version was asked for: older ones (and none: the account's own) still take `payment_method_types`. */
  current: boolean;
}

interface Answer {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

/** Stripe's API under `/v1`. */
export function apiApp(world: World, faults: Faults, log: (line: string) => void): Hono {
  const app = new Hono();
  for (const { method, path, operation } of missingRoutes()) {
    app.on(method, path, ({ req }) => respond(req.raw, () => missing(req.raw, operation), log));
  }
  for (const route of ROUTES) {
    app.on(route.method, route.path, async (context) => {
      const fault = faults.take(API_FAULTS, new URL(context.req.url).pathname);
      if (fault?.kind === "slow") await new Promise((resolve) => setTimeout(resolve, fault.ms));
      else if (fault) return respond(context.req.raw, () => faulty(fault), log);
      const body = route.method === "POST" ? await context.req.text() : "";
      return respond(
        context.req.raw,
        (requestId) => answer(world, route, context.req.raw, context.req.param(), body, requestId),
        log,
      );
    });
  }
  app.all("/v1/*", (context) => respond(context.req.raw, () => notFound(context.req.raw), log));
  return app;
}

/** What Stripe has and the emulator lacks. They come first: `/v1/invoices/search` is not an invoice. */
function missingRoutes() {
  const served = new Set(ROUTES.map(({ method, path }) => operationOf(method, path)));
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

function notFound(request: Request): Answer {
  authenticate(request);
  const message = `Unrecognized request URL (${request.method}: ${new URL(request.url).pathname}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`;
  throw new ApiError(404, { type: "invalid_request_error", message });
}

/** Everything from here to the answer happens in one turn: parallel requests with one key are done one after the other. */
function answer(
  world: World,
  route: Route,
  request: Request,
  path: Record<string, string>,
  body: string,
  requestId: string,
): Answer {
  authenticate(request);
  const url = new URL(request.url);
  world.host = url.host;
  const current = request.headers.get("stripe-version") === API_VERSION;
  const key = route.method === "POST" ? request.headers.get("idempotency-key") : null;
  if (key === null)
    return run(world, route, path, body || url.search.slice(1), { id: requestId, idempotency_key: null, current });
  const fingerprint = fingerprintOf(route.method, url.pathname, body);
  const reply = findReply(world, key, fingerprint);
  if (reply) {
    const headers = { "idempotent-replayed": "true", "original-request": reply.requestId };
    return { status: reply.status, body: reply.body, headers };
  }
  const fresh = run(world, route, path, body, { id: requestId, idempotency_key: key, current });
  if (isKept(fresh.status)) {
    world.store.replies.put({
      id: key,
      fingerprint,
      requestId,
      status: fresh.status,
      body: fresh.body,
      at: world.nowMs(),
    });
  }
  return fresh;
}

function run(
  world: World,
  route: Route,
  path: Record<string, string>,
  encoded: string,
  { current, ...request }: Caller,
): Answer {
  world.request = request;
  try {
    const decoded = decodeForm(encoded);
    if (!current) delete decoded.payment_method_types;
    checkParameters(stripeApi.operations[operationOf(route.method, route.path)] ?? {}, decoded);
    const { expand: asked, ...form } = decoded;
    const paths = asked === undefined ? [] : arrayOf(text)(asked, "expand");
    const concerned = path.id ?? (typeof form.customer === "string" ? form.customer : undefined);
    const result = world.onClock(clockOf(world.store, concerned), () => route.answer(world, path, form));
    return { status: 200, body: JSON.stringify(expand(world, result, paths), null, 2) };
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, body: errorJson(error) };
    throw error;
  } finally {
    world.request = { id: null, idempotency_key: null };
  }
}

/** The headers of every answer, and Stripe's error body for whatever went wrong. */
function respond(request: Request, act: (requestId: string) => Answer, log: (line: string) => void): Response {
  const requestId = newId("req", 14);
  const { status, body, headers = {} } = attempt(() => act(requestId), log);
  log(`${request.method} ${new URL(request.url).pathname.replace(/cs_test_\w+/, "cs_test_…")} ${status}`);
  const key = request.headers.get("idempotency-key");
  return new Response(body, {
    status,
    headers: {
      "content-type": "application/json",
      date: new Date().toUTCString(),
      "request-id": requestId,
      "stripe-version": request.headers.get("stripe-version") ?? API_VERSION,
      ...(key === null ? {} : { "idempotency-key": key }),
      "cache-control": "no-cache, no-store",
      ...headers,
    },
  });
}

function attempt(act: () => Answer, log: (line: string) => void): Answer {
  try {
    return act();
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, body: errorJson(error) };
    log(`The emulator failed: ${error instanceof Error ? error.stack : String(error)}`);
    const message = "The emulator failed while it answered this request; its log says how.";
    return { status: 500, body: errorJson(new ApiError(500, { type: "api_error", message })) };
  }
}
