import * as z from "zod/mini";
import { ofMetadata } from "../config/schema.ts";

/** The organisation that pays, by what the product calls it; absent, the user does. It becomes a value in Stripe's metadata. */
export const organizationId = z.optional(
  z
    .string("Organization ID must be text")
    .check(z.minLength(1, "Organization ID is empty"), ...ofMetadata("Organization ID is too long")),
);
