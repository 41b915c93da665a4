import type Stripe from "stripe";
import { schema } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { dashboardOf } from "../state/dashboard.ts";
import type { World } from "../world.ts";

/** Pending until the head office is known, without which Stripe refuses automatic tax. */
function getSettings(world: World): Omit<Stripe.Tax.Settings, "lastResponse"> {
  const isSetUp = dashboardOf(world.store).tax;
  return {
    object: "tax.settings",
    defaults: { provider: "stripe", tax_behavior: null, tax_code: null },
    head_office: isSetUp
      ? { address: { city: null, country: "US", line1: null, line2: null, postal_code: null, state: "OR" } }
      : null,
    livemode: false,
    status: isSetUp ? "active" : "pending",
    status_details: isSetUp ? { active: {} } : { pending: { missing_fields: ["head_office"] } },
  };
}

export const taxSettingsRoutes: Route[] = [route("GET", "/v1/tax/settings", schema({}), getSettings)];
