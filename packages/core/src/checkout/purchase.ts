import type { Site } from "../config/index.ts";

/** A price, and how many of it. */
export interface Ordered {
  priceId: string;
  /** Absent: as many as are sold at least. */
  quantity?: number | undefined;
  /** The buyer may choose another quantity on Stripe's page, within the same bounds. */
  adjustableQuantity?: boolean | undefined;
}

/** What someone wants to buy, and where Stripe sends them afterwards. */
export interface Purchase extends Ordered {
  /** What is bought beside it: add-ons, and what is paid once. */
  items?: Ordered[] | undefined;
  /** Must fit the price; absent, the price decides. */
  mode?: "payment" | "subscription";
  successUrl: string;
  cancelUrl: string;
  /** Who pays; absent, the user who buys. */
  organizationId?: string | undefined;
  /** What all of it is paid in; absent, as the options say, else in the prices' own. */
  currency?: string | undefined;
  /** Absent: Stripe's own page. */
  page?: "hosted" | "embedded" | undefined;
  /** What the product wants to know of the sale, under the keys that it lists. */
  metadata?: Record<string, string> | undefined;
}

/** A purchase with the redirects of the product's own pages. */
export function purchaseOn(
  site: Site,
  wish: Ordered & Pick<Purchase, "organizationId" | "currency" | "metadata">,
): Purchase {
  return {
    ...wish,
    successUrl: `${site.url}/success?session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: `${site.url}/pricing?canceled=true`,
  };
}
