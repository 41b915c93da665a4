import type { Site } from "./config/index.ts";
import type { CheckoutOptions } from "./config/schema.ts";
import type { StripeClient } from "./stripe/index.ts";
import type { ServiceClient } from "./supabase/index.ts";

/** The two ends that Turnpike keeps equal. */
export interface Clients {
  stripe: StripeClient;
  supabase: ServiceClient;
}

/** What a sale needs: the two ends, where the product lives, and how it sells. */
export interface Billing extends Clients {
  site: Site;
  /** Whether a trial asks for a card. */
  trialRequiresCard: boolean;
  /** How pages are opened. */
  checkout: CheckoutOptions;
}
