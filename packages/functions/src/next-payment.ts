import { getNextPayment } from "@turnpike/core/plan-change";
import { type NextPayment, OneSubscription } from "@turnpike/core/plan-change/schema";
import { getBilling } from "./billing.ts";
import { json, route } from "./route.ts";

/** `POST /api/subscriptions/next-payment`: what is paid next, when, and by what. Nothing is changed. */
export const handler = route({ auth: "required", input: "json", schema: OneSubscription }, async ({ user, input }) => {
  return json<NextPayment>(await getNextPayment(getBilling(), { user }, input));
});
