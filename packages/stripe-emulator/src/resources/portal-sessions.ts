import type Stripe from "stripe";
import { invalid } from "../api/errors.ts";
import { type Fields, ignored, isWebAddress, type ParamsOf, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { dashboardOf } from "../state/dashboard.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { customerFromParam } from "./customers.ts";
import { defaultConfiguration, getConfiguration } from "./portal-configurations.ts";
import { flowData, flowOf } from "./portal-flows.ts";

export type PortalSession = Stored<Stripe.BillingPortal.Session>;
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
  const session = world.store.portalSessions.put({
    id: newId("bps"),
    object: "billing_portal.session",
    configuration: configuration.id,
    created: world.now(),
    customer: customer.id,
    customer_account: null,
    flow: flow ? flowOf(world, customer.id, configuration, flow) : null,
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
