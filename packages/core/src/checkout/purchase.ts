import type { Site } from "../config/index.ts";

/** What someone wants to buy, and where Stripe sends them afterwards. */
export interface Purchase {
  priceId: string;
  /** Must fit the price; absent, the price decides. */
  mode?: "payment" | "subscription";
  successUrl: string;
  cancelUrl: string;
  /** Who pays; absent, the user who buys. */
  organizationId?: string | undefined;
}

/** A purchase with the redirects of the product's own pages. */
export function purchaseOn(site: Site, priceId: string, organizationId?: string): Purchase {
  return {
    priceId,
    organizationId,
    successUrl: `${site.url}/success?session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: `${site.url}/pricing?canceled=true`,
  };
}
