import * as z from "zod/mini";
import { STRIPE_ID } from "../catalog/schema.ts";
import { organizationId } from "../payer/schema.ts";

const FLOW_TYPE =
  "The flow's type must be 'payment_method_update', 'subscription_cancel', 'subscription_update' or 'subscription_update_confirm'";
const QUANTITY = "The flow's quantity must be a whole number from 1 to 999999";

const SUBSCRIPTION = "Subscription ID must be that of a subscription";
/** The one that is meant, for whoever has several; absent, the one that runs. */
export const subscriptionId = z.optional(z.string(SUBSCRIPTION).check(z.regex(STRIPE_ID, SUBSCRIPTION)));

/** One thing to do in the portal, in Stripe's words for it: https://docs.stripe.com/customer-management/portal-deep-links#flow-types */
export const PortalFlow = z.discriminatedUnion(
  "type",
  [
    z.object({ type: z.literal("payment_method_update") }),
    z.object({ type: z.literal("subscription_cancel") }),
    z.object({ type: z.literal("subscription_update") }),
    z.object({
      type: z.literal("subscription_update_confirm"),
      /** What the subscription is to cost from now on; of the group of what it costs now. */
      priceId: z.string("The flow's price ID is required").check(z.regex(STRIPE_ID, "The flow's price ID is required")),
      /** Absent, it stays. */
      quantity: z.optional(z.int(QUANTITY).check(z.gte(1, QUANTITY), z.lte(999_999, QUANTITY))),
    }),
  ],
  FLOW_TYPE,
);
export type PortalFlow = z.infer<typeof PortalFlow>;

/** The body of `POST /api/stripe/create-portal`. */
export const CreatePortal = z.object({
  returnUrl: z.string("Return URL is required").check(z.trim(), z.minLength(1, "Return URL is required")),
  organizationId,
  subscriptionId,
  /** What to do there, and only that; absent, the portal opens at its front page. Done, it leads to `returnUrl`. */
  flow: z.optional(PortalFlow),
});
export type CreatePortal = z.infer<typeof CreatePortal>;
