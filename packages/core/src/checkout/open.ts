import type Stripe from "stripe";
import { getSellablePrice, type SellablePrice } from "../catalog/index.ts";
import type { Billing } from "../clients.ts";
import { assertAllowedRedirect, type Site } from "../config/index.ts";
import { getOrCreateCustomerId } from "../customer/index.ts";
import { BillingError, OwnError } from "../errors/index.ts";
import type { User } from "../identity/index.ts";
import { openPortal } from "../portal/index.ts";
import { dataOf, type ServiceClient } from "../supabase/index.ts";
import { getOpenSession } from "./session.ts";

/** What someone wants to buy, and where Stripe sends them afterwards. */
export interface Purchase {
  priceId: string;
  /** Must fit the price; absent, the price decides. */
  mode?: "payment" | "subscription";
  successUrl: string;
  cancelUrl: string;
}

/** A purchase with the redirects of the product's own pages. */
export function purchaseOn(site: Site, priceId: string): Purchase {
  return {
    priceId,
    successUrl: `${site.url}/success?session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: `${site.url}/pricing?canceled=true`,
  };
}

/**
 * Opens Stripe Checkout; or, for a user who is subscribed to this product already, the portal: nothing is sold twice.
 * @param user absent: a guest, whose customer Stripe makes when the purchase is complete
 * @returns the page's address: a secret, for this buyer alone
 * @throws BillingError `redirect_not_allowed`, `price_not_for_sale`, `invalid_request`
 */
export async function openCheckout(billing: Billing, user: User | undefined, purchase: Purchase): Promise<string> {
  assertAllowedRedirect(billing.site, purchase.successUrl);
  assertAllowedRedirect(billing.site, purchase.cancelUrl);
  const price = await getSellablePrice(billing.supabase, purchase.priceId);
  if (purchase.mode && purchase.mode !== price.mode) {
    throw new BillingError("invalid_request", `This price is sold in mode '${price.mode}'`);
  }
  if (!user) return urlOf(await billing.stripe.checkout.sessions.create(guestParams(price, purchase)));

  const customerId = await getOrCreateCustomerId(billing, user);
  if (price.mode === "subscription" && (await isSubscribed(billing.supabase, customerId, price))) {
    return openPortal(billing, user, `${billing.site.url}/account`);
  }
  return urlOf(await getOpenSession(billing, customerId, userParams(price, purchase, user, customerId)));
}

function baseParams(price: SellablePrice, { successUrl, cancelUrl }: Purchase, metadata: Stripe.MetadataParam) {
  return {
    mode: price.mode,
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: successUrl,
    cancel_url: cancelUrl,
    automatic_tax: { enabled: true },
    allow_promotion_codes: true,
    metadata: { ...metadata, price_id: price.id },
    // Stripe copies a session's metadata to nothing that it creates.
    ...(price.mode === "subscription" ? { subscription_data: { metadata } } : { payment_intent_data: { metadata } }),
  } satisfies Stripe.Checkout.SessionCreateParams;
}

function guestParams(price: SellablePrice, purchase: Purchase): Stripe.Checkout.SessionCreateParams {
  return {
    ...baseParams(price, purchase, {}),
    // A subscription always makes a customer; a payment only when told to.
    ...(price.mode === "payment" && { customer_creation: "always" }),
  };
}

function userParams(price: SellablePrice, purchase: Purchase, user: User, customer: string) {
  const metadata = { user_id: user.id, ...(user.email && { user_email: user.email }) };
  return {
    ...baseParams(price, purchase, metadata),
    customer,
    // Automatic tax needs an address, which Checkout asks for and must be allowed to keep.
    customer_update: { address: "auto", name: "auto" },
    client_reference_id: user.id,
  } satisfies Stripe.Checkout.SessionCreateParams;
}

async function isSubscribed(supabase: ServiceClient, customerId: string, price: SellablePrice): Promise<boolean> {
  const subscriptions = supabase.from("user_subscriptions").select("items").eq("customer_id", customerId);
  const live = dataOf(await subscriptions.eq("is_live", true));
  return live.some(({ items }) => items.some((item) => item.product_id === price.productId));
}

function urlOf(session: Stripe.Checkout.Session): string {
  if (!session.url) throw new OwnError("Stripe opened a checkout session without a page");
  return session.url;
}
