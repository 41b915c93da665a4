import { Api as HttpApi, Function as Lambda, type Stack, type StackContext, use } from "sst/constructs";
import { ACCESS_LOG_FORMAT } from "./access-log.ts";
import { apiFailing } from "./api-failing.ts";
import { build } from "./build.ts";
import { checkoutOptions, embedsCheckout } from "./checkout-options.ts";
import { corsForOthers } from "./cors.ts";
import { environment } from "./environment.ts";
import { Events } from "./events.ts";
import { Secrets } from "./secrets.ts";
import { sendTo } from "./send-to.ts";
import { type Routes, shiftTraffic } from "./shift-traffic.ts";
import { stageOf } from "./stage.ts";
import { CUSTOMER_ROUTES, throttleRoutes } from "./throttles.ts";

/** The routes. Each is one Lambda with the secrets that it needs and no others. */
export function Api({ app, stack }: StackContext) {
  const { stripeSecretKey, supabaseSecretKey } = use(Secrets);

  const customerRoute = (file: string, more: Record<string, string> = {}) => ({
    function: {
      handler: `packages/functions/src/${file}.handler`,
      bind: [stripeSecretKey, supabaseSecretKey],
      environment: {
        ...environment(
          "SITE_URL",
          "ALLOWED_ORIGINS",
          "SUPABASE_URL",
          "SUPABASE_PUBLISHABLE_KEY",
          "TRIAL_REQUIRES_CARD",
        ),
        ...more,
      },
    },
  });
  const options = checkoutOptions();

  const api = new HttpApi(stack, "Api", {
    cors: corsForOthers(),
    accessLog: { format: ACCESS_LOG_FORMAT, retention: stageOf(app).logRetention },
    defaults: { throttle: CUSTOMER_ROUTES },
  });
  const routes: Routes = {
    "POST /api/checkout_sessions": customerRoute("create-checkout-session", options),
    "GET /api/checkout_sessions/{id}": customerRoute("get-checkout-session"),
    "POST /api/stripe/create-checkout": customerRoute("create-checkout", options),
    "POST /api/stripe/create-portal": customerRoute("create-portal"),
    "POST /api/subscriptions/preview-change": customerRoute("preview-change"),
    "POST /api/subscriptions/change": customerRoute("change-plan"),
    "POST /api/subscriptions/cancel": customerRoute("cancel-subscription"),
    "POST /api/subscriptions/resume": customerRoute("resume-subscription"),
    "POST /api/subscriptions/next-payment": customerRoute("next-payment"),
    ...webhookRoute(stack),
    "GET /api/health": {
      function: {
        handler: "packages/functions/src/health.handler",
        bind: [stripeSecretKey, supabaseSecretKey],
        environment: { ...environment("SUPABASE_URL"), BUILD: build() },
      },
    },
  };
  const { isWatched, shiftsTraffic } = stageOf(app);
  const failing = isWatched ? apiFailing({ app, stack }, api) : undefined;
  api.addRoutes(api, failing && shiftsTraffic ? shiftTraffic(api, routes, failing) : routes);

  throttleRoutes(api);

  stack.addOutputs({ ApiUrl: api.url });
  return { api, failing, embedsCheckout: embedsCheckout(options) };
}

/** Where Stripe posts its events. None, where they come by EventBridge alone. */
function webhookRoute(stack: Stack): Routes {
  const { stripeWebhookSecret } = use(Secrets);
  if (!stripeWebhookSecret) return {};
  const receiver = new Lambda(stack, "ReceiveStripeEvent", {
    handler: "packages/functions/src/receive-stripe-event.handler",
    bind: [stripeWebhookSecret],
  });
  sendTo(use(Events).events, receiver);
  return { "POST /api/webhooks/stripe": receiver };
}
