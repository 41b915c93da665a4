import { resumeSubscription } from "@turnpike/core/plan-change";
import { OneSubscription, type SubscriptionState } from "@turnpike/core/plan-change/schema";
import { getBilling } from "./billing.ts";
import { json, route } from "./route.ts";

/** `POST /api/subscriptions/resume`: takes back an end, or a change that is to come. */
export const handler = route(
  { auth: "required", input: "json", schema: OneSubscription, retries: true },
  async ({ user, input, idempotencyKey }) => {
    return json<SubscriptionState>(await resumeSubscription(getBilling(), { user, idempotencyKey }, input));
  },
);
