import type Stripe from "stripe";
import { invalid } from "../api/errors.ts";
import { type Fields, ignored, isWebAddress, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { newId } from "../state/ids.ts";
import { customerFromParam } from "./customers.ts";

const createParams = schema(
  {
    customer: text,
    configuration: ignored,
    flow_data: ignored,
    locale: ignored,
    return_url: text,
  } satisfies Fields<keyof Stripe.BillingPortal.SessionCreateParams>,
  ["customer"],
);

export const portalSessionRoutes: Route[] = [
  route("POST", "/v1/billing_portal/sessions", createParams, (world, params) => {
    if (params.return_url !== undefined && !isWebAddress(params.return_url)) {
      throw invalid("Not a valid URL", "url_invalid", "return_url");
    }
    const customer = customerFromParam(world, params.customer);
    const session = world.store.portalSessions.put({
      id: newId("bps"),
      object: "billing_portal.session",
      configuration: "bpc_default",
      created: world.now(),
      customer: customer.id,
      customer_account: null,
      flow: null,
      livemode: false,
      locale: null,
      on_behalf_of: null,
      return_url: params.return_url ?? null,
      url: `${world.publicUrl}/p/session/${newId("test", 40)}`,
    });
    world.emit("billing_portal.session.created", session);
    return session;
  }),
];
