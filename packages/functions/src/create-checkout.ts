import { openCheckout } from "@turnpike/core/checkout";
import { CreateCheckout, type RedirectAnswer } from "@turnpike/core/checkout/schema";
import { getBilling } from "./billing.ts";
import { json, route } from "./route.ts";

/** `POST /api/stripe/create-checkout`: the same sale, for a page that sends the browser on by itself. Guests may buy. */
export const handler = route({ auth: "optional", input: "json", schema: CreateCheckout }, async ({ user, input }) => {
  const url = await openCheckout(getBilling(), user, input);
  return json<RedirectAnswer>({ url });
});
