import * as z from "zod/mini";
import { organizationId } from "../payer/schema.ts";

/** The body of `POST /api/stripe/create-portal`. */
export const CreatePortal = z.object({
  returnUrl: z.string("Return URL is required").check(z.trim(), z.minLength(1, "Return URL is required")),
  organizationId,
  /** The subscription to manage, for whoever has several; absent, one that runs. */
  subscriptionId: z.optional(z.string("Subscription ID must be text")),
});
export type CreatePortal = z.infer<typeof CreatePortal>;
