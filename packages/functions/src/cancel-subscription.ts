import { cancelSubscription } from "@turnpike/core/plan-change";
import { OneSubscription, type SubscriptionState } from "@turnpike/core/plan-change/schema";
import { getBilling } from "./billing.ts";
import { json, route } from "./route.ts";

/** `POST /api/subscriptions/cancel`: ends with what is paid for. */
export const handler = route(
  { auth: "required", input: "json", schema: OneSubscription, retries: true },
  async ({ user, input, idempotencyKey }) => {
    return json<SubscriptionState>(await cancelSubscription(getBilling(), { user, idempotencyKey }, input));
  },
);
