import { Hono } from "hono";
import { API_FAULTS, type Fault, type Faults } from "../events/faults.ts";
import { accountRoutes } from "../resources/accounts.ts";
import { balanceTransactionRoutes } from "../resources/balance-transactions.ts";
import { checkoutSessionRoutes } from "../resources/checkout-sessions.ts";
import { cliSessionRoutes } from "../resources/cli-sessions.ts";
import { couponRoutes } from "../resources/coupons.ts";
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
import { planRoutes } from "../resources/plans.ts";
import { portalConfigurationRoutes } from "../resources/portal-configurations.ts";
import { portalSessionRoutes } from "../resources/portal-sessions.ts";
import { priceRoutes } from "../resources/prices.ts";
import { productRoutes } from "../resources/products.ts";
import { promotionCodeRoutes } from "../resources/promotion-codes.ts";
import { refundRoutes } from "../resources/refunds.ts";
import { setupIntentRoutes } from "../resources/setup-intents.ts";
import { subscriptionItemRoutes } from "../resources/subscription-items.ts";
import { subscriptionRoutes } from "../resources/subscriptions.ts";
import { testClockRoutes } from "../resources/test-clocks.ts";
import { webhookEndpointRoutes } from "../resources/webhook-endpoints.ts";
import type { World } from "../world.ts";
import { answer } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { ApiError, operationNotModelled } from "./errors.ts";
import { respond } from "./respond.ts";
import type { Route } from "./route.ts";
import { operationOf, stripeApi } from "./stripe-api.ts";

/** What is served. */
export const ROUTES: Route[] = [
  ...accountRoutes,
  ...customerRoutes,
  ...balanceTransactionRoutes,
  ...productRoutes,
  ...priceRoutes,
  ...planRoutes,
  ...couponRoutes,
  ...promotionCodeRoutes,
  ...checkoutSessionRoutes,
  ...subscriptionRoutes,
  ...subscriptionItemRoutes,
  ...invoiceRoutes,
  ...invoiceItemRoutes,
  ...paymentIntentRoutes,
  ...paymentPageRoutes,
  ...paymentRoutes,
  ...paymentMethodRoutes,
  ...refundRoutes,
  ...disputeRoutes,
  ...portalConfigurationRoutes,
  ...portalSessionRoutes,
  ...eventRoutes,
  ...testClockRoutes,
  ...webhookEndpointRoutes,
  ...entitlementRoutes,
  ...setupIntentRoutes,
  ...cliSessionRoutes,
];

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
      const body = route.method === "GET" ? "" : await context.req.text();
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

function notFound(request: Request): never {
  authenticate(request);
  const message = `Unrecognized request URL (${request.method}: ${new URL(request.url).pathname}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`;
  throw new ApiError(404, { type: "invalid_request_error", message });
}
