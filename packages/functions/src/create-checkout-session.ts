import { openCheckout, purchaseOn } from "@turnpike/core/checkout";
import { CheckoutForm } from "@turnpike/core/checkout/schema";
import { getBilling } from "./billing.ts";
import { route } from "./route.ts";

/** `POST /api/checkout_sessions`: a plain HTML form leads straight to Stripe's page. */
export const handler = route({ auth: "required", input: "form", schema: CheckoutForm }, async ({ user, input }) => {
  const billing = getBilling();
  const { price_id: priceId, quantity, organization_id: organizationId, currency, metadata } = input;
  const wish = { priceId, organizationId, currency, metadata, ...(quantity && { quantity: Number(quantity) }) };
  const url = await openCheckout(billing, user, purchaseOn(billing.site, wish));
  return { statusCode: 303, headers: { location: url, "cache-control": "no-store" } };
});
