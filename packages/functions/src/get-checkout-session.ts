import { summarizeCheckout } from "@turnpike/core/checkout";
import { CheckoutSessionId, type CheckoutSummary } from "@turnpike/core/checkout/schema";
import { clientsOfRoute } from "./clients.ts";
import { json, route } from "./route.ts";

/** `GET /api/checkout_sessions/{id}`: what the success page shows. Guests may look at what they have just bought. */
export const handler = route({ auth: "optional", input: "path", schema: CheckoutSessionId }, async ({ user, input }) =>
  json<CheckoutSummary>(await summarizeCheckout(clientsOfRoute, user, input.id)),
);
