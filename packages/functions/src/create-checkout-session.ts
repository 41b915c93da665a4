import { openCheckout, purchaseOn } from "@turnpike/core/checkout";
import { CheckoutForm } from "@turnpike/core/checkout/schema";
import { clients } from "./clients.ts";
import { config } from "./config.ts";
import { route } from "./route.ts";

/** `POST /api/checkout_sessions`: a plain HTML form leads straight to Stripe's page. */
export const handler = route({ auth: "required", input: "form", schema: CheckoutForm }, async ({ user, input }) => {
  const { site } = config;
  const url = await openCheckout({ ...clients, site }, user, purchaseOn(site, input.price_id));
  return { statusCode: 303, headers: { location: url } };
});
