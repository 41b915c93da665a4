import { openAnywhere } from "@turnpike/core/checkout";
import { type CheckoutAnswer, CreateCheckout } from "@turnpike/core/checkout/schema";
import { getBilling } from "./billing.ts";
import { json, route } from "./route.ts";

/** `POST /api/stripe/create-checkout`: the same sale, for a page that sends the browser on by itself, or embeds Stripe's. Guests may buy. */
export const handler = route({ auth: "optional", input: "json", schema: CreateCheckout }, async ({ user, input }) =>
  json<CheckoutAnswer>(await openAnywhere(getBilling(), user, input)),
);
