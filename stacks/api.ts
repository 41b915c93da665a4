import { type ApiRouteProps, Api as HttpApi, Function as Lambda, type StackContext, use } from "sst/constructs";
import { build } from "./build.ts";
import { environment } from "./environment.ts";
import { Events } from "./events.ts";
import { Secrets } from "./secrets.ts";
import { sendTo } from "./send-to.ts";
import { stageOf } from "./stage.ts";
import { CUSTOMER_ROUTES, throttleRoutes } from "./throttles.ts";

/** The routes. Each is one Lambda with the secrets that it needs and no others. */
export function Api({ app, stack }: StackContext) {
  const { stripeSecretKey, stripeWebhookSecret, supabaseSecretKey } = use(Secrets);
  const { events } = use(Events);

  const customerRoute = (file: string): ApiRouteProps<string> => ({
    function: {
      handler: `packages/functions/src/${file}.handler`,
      bind: [stripeSecretKey, supabaseSecretKey],
      environment: environment(
        "SITE_URL",
        "ALLOWED_ORIGINS",
        "SUPABASE_URL",
        "SUPABASE_PUBLISHABLE_KEY",
        "TRIAL_REQUIRES_CARD",
      ),
    },
  });

  const receiver = new Lambda(stack, "ReceiveStripeEvent", {
    handler: "packages/functions/src/receive-stripe-event.handler",
    bind: [stripeWebhookSecret],
  });
  sendTo(events, receiver);

  const api = new HttpApi(stack, "Api", {
    cors: false, // the site and the API share one origin
    accessLog: { retention: stageOf(app).logRetention },
    defaults: { throttle: CUSTOMER_ROUTES },
    routes: {
      "POST /api/checkout_sessions": customerRoute("create-checkout-session"),
      "GET /api/checkout_sessions/{id}": customerRoute("get-checkout-session"),
      "POST /api/stripe/create-checkout": customerRoute("create-checkout"),
      "POST /api/stripe/create-portal": customerRoute("create-portal"),
      "POST /api/subscriptions/preview-change": customerRoute("preview-change"),
      "POST /api/subscriptions/change": customerRoute("change-plan"),
      "POST /api/subscriptions/cancel": customerRoute("cancel-subscription"),
      "POST /api/subscriptions/resume": customerRoute("resume-subscription"),
      "POST /api/webhooks/stripe": receiver,
      "GET /api/health": {
        function: {
          handler: "packages/functions/src/health.handler",
          bind: [stripeSecretKey, supabaseSecretKey],
          environment: { ...environment("SUPABASE_URL"), BUILD: build() },
        },
      },
    },
  });

  throttleRoutes(api);

  stack.addOutputs({ ApiUrl: api.url });
  return { api };
}
