import { changePlan } from "@turnpike/core/plan-change";
import { ChangePlan, type SubscriptionState } from "@turnpike/core/plan-change/schema";
import { getBilling } from "./billing.ts";
import { json, route } from "./route.ts";

/** `POST /api/subscriptions/change`: another plan or quantity, just as it was previewed. */
export const handler = route(
  { auth: "required", input: "json", schema: ChangePlan, retries: true },
  async ({ user, input, idempotencyKey }) => {
    return json<SubscriptionState>(await changePlan(getBilling(), { user, idempotencyKey }, input));
  },
);
