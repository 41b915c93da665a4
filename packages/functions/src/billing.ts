import type { Billing } from "@turnpike/core/checkout";
import { bindings } from "./bindings.ts";
import { clientsOfRoute } from "./clients.ts";
import { config } from "./config.ts";

/** What a sale needs, with the keys as they are now. For use within `withSecrets`. */
export function getBilling(): Billing {
  const { stripe, supabase } = clientsOfRoute;
  const { site, trialRequiresCard } = config;
  return { stripe, supabase, site, trialRequiresCard, checkout: bindings.checkoutOptions };
}
