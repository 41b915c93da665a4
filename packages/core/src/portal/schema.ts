import * as z from "zod/mini";

/** The body of `POST /api/stripe/create-portal`. */
export const CreatePortal = z.object({
  returnUrl: z.string("Return URL is required").check(z.trim(), z.minLength(1, "Return URL is required")),
});
export type CreatePortal = z.infer<typeof CreatePortal>;
