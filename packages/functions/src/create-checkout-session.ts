import { openCheckout, purchaseOn } from "@turnpike/core/checkout";
import { CheckoutForm } from "@turnpike/core/checkout/schema";
import { getBilling } from "./billing.ts";
import { route } from "./route.ts";

/** `POST /api/checkout_sessions`: a plain HTML form leads straight to Stripe's page. */
export const handler = route({ auth: "required", input: "form", schema: CheckoutForm }, async ({ user, input }) => {
  const billing = getBilling();
  const url = await openCheckout(billing, user, purchaseOn(billing.site, input.price_id, input.organization_id));
  return { statusCode: 303, headers: { location: url } };
});
