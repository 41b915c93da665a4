import { BillingError } from "@turnpike/core/errors";
import type { ZodType } from "zod";
import type { Middleware, RouteEvent } from "./request.ts";

/**
 * Checks the request against the route's schema and leaves what it made of it in `event.input`.
 * The first complaint is the answer.
 */
export function validate(schema: ZodType, read: (event: RouteEvent) => unknown): Middleware {
  return {
    before: ({ event }) => {
      const checked = schema.safeParse(read(event) ?? {});
      if (!checked.success) throw new BillingError("invalid_request", checked.error.issues[0]?.message ?? "Invalid");
      event.input = checked.data;
    },
  };
}
