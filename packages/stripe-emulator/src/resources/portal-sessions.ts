import type Stripe from "stripe";
import { invalid, missingParameter, noSuch } from "../api/errors.ts";
import { type Fields, hashOf, ignored, isWebAddress, oneOf, type ParamsOf, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { dashboardOf } from "../state/dashboard.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { customerFromParam } from "./customers.ts";
import { defaultConfiguration, getConfiguration, type PortalConfiguration } from "./portal-configurations.ts";

export type PortalSession = Stored<Stripe.BillingPortal.Session>;
type FlowParams = Stripe.BillingPortal.SessionCreateParams.FlowData;

const ofSubscription = hashOf(schema({ subscription: text }, ["subscription"]));

const flowData = hashOf(
  schema(
    {
      after_completion: hashOf(
        schema(
          {
            hosted_confirmation: hashOf(schema({ custom_message: text })),
            redirect: hashOf(schema({ return_url: text }, ["return_url"])),
            type: oneOf("hosted_confirmation", "portal_homepage", "redirect"),
          } satisfies Fields<keyof NonNullable<FlowParams["after_completion"]>>,
          ["type"],
        ),
      ),
      subscription_cancel: ofSubscription,
      subscription_update: ofSubscription,
      type: oneOf("payment_method_update", "subscription_cancel", "subscription_update"),
    } satisfies Fields<keyof FlowParams>,
    ["type"],
  ),
);

const createParams = schema(
  {
    customer: text,
    configuration: text,
    flow_data: flowData,
    locale: ignored,
    return_url: text,
  } satisfies Fields<keyof Stripe.BillingPortal.SessionCreateParams>,
  ["customer"],
);

type CreateParams = ParamsOf<typeof createParams>;

/** The flow that the session opens with: one task, and where it leads (https://docs.stripe.com/customer-management/portal-deep-links). */
function flowOf(world: World, customer: string, asked: NonNullable<CreateParams["flow_data"]>): PortalSession["flow"] {
  const { type, after_completion: after } = asked;
  const named = type === "payment_method_update" ? undefined : asked[type];
  if (type !== "payment_method_update") {
    if (!named) throw missingParameter(`flow_data[${type}]`);
    const found = world.store.subscriptions.find(named.subscription);
    if (found?.customer !== customer)
      throw noSuch("subscription", named.subscription, `flow_data[${type}][subscription]`);
  }
  const subscription = named?.subscription ?? "";
  return {
    after_completion: {
      hosted_confirmation: after?.hosted_confirmation
        ? { custom_message: after.hosted_confirmation.custom_message ?? null }
        : null,
      redirect: after?.redirect ?? null,
      type: after?.type ?? "portal_homepage",
    },
    customer_update: null,
    subscription_cancel: type === "subscription_cancel" ? { retention: null, subscription } : null,
    subscription_pause: null,
    subscription_update: type === "subscription_update" ? { subscription } : null,
    subscription_update_confirm: null,
    type,
  };
}

const NOT_OFFERED: Record<string, string> = {
  subscription_cancel:
    "This subscription cannot be canceled because the subscription cancellation feature in the portal configuration is disabled.",
  subscription_update:
    "This subscription cannot be updated because the subscription update feature in the portal configuration is disabled.",
};

/** 400 for a task that the configuration does not offer. */
function expectOffered({ features }: PortalConfiguration, type: string): void {
  const offered = Object.entries(features).some(([name, { enabled }]) => name === type && enabled);
  if (offered) return;
  const told = NOT_OFFERED[type];
  if (told !== undefined) throw invalid(told);
  throw invalid(`This feature is not enabled in the portal's configuration: ${type}.`, undefined, "flow_data");
}

function createSession(world: World, params: CreateParams): PortalSession {
  const { return_url: back, flow_data: flow } = params;
  for (const [url, param] of [
    [back, "return_url"],
    [flow?.after_completion?.redirect?.return_url, "flow_data[after_completion][redirect][return_url]"],
  ] as const) {
    if (url !== undefined && !isWebAddress(url)) throw invalid("Not a valid URL", "url_invalid", param);
  }
  const customer = customerFromParam(world, params.customer);
  if (params.configuration === undefined && !dashboardOf(world.store).portal) {
    throw invalid(
      "No configuration provided and your test mode default configuration has not been created. Provide a configuration or create your default by saving your customer portal settings in test mode at https://dashboard.stripe.com/test/settings/billing/portal.",
    );
  }
  const configuration =
    params.configuration === undefined
      ? defaultConfiguration(world)
      : getConfiguration(world, params.configuration, "configuration");
  if (!configuration.active) throw invalid("This configuration is not active.", undefined, "configuration");
  if (flow) expectOffered(configuration, flow.type);
  const session = world.store.portalSessions.put({
    id: newId("bps"),
    object: "billing_portal.session",
    configuration: configuration.id,
    created: world.now(),
    customer: customer.id,
    customer_account: null,
    flow: flow ? flowOf(world, customer.id, flow) : null,
    livemode: false,
    locale: null,
    on_behalf_of: null,
    return_url: back ?? configuration.default_return_url,
    url: `${world.publicUrl}/p/session/${newId("test", 40)}`,
  });
  world.emit("billing_portal.session.created", session);
  return session;
}

export const portalSessionRoutes: Route[] = [route("POST", "/v1/billing_portal/sessions", createParams, createSession)];
