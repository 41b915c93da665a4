import type { Billing } from "@turnpike/core/checkout";
import { clients } from "./clients.ts";
import { config } from "./config.ts";

/** What a sale needs, with the keys as they are now. For use within `withSecrets`. */
export function getBilling(): Billing {
  const { stripe, supabase } = clients;
  return { stripe, supabase, site: config.site, trialRequiresCard: config.trialRequiresCard };
}
