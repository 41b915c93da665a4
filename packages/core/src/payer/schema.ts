import * as z from "zod/mini";

/** The organisation that pays, by what the product calls it; absent, the user does. It becomes a value in Stripe's metadata. */
export const organizationId = z.optional(
  z.string("Organization ID must be text").check(z.minLength(1, "Organization ID is empty"), z.maxLength(500)),
);
