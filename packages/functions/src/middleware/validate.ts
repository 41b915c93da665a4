import { BillingError } from "@turnpike/core/errors";
import type { ZodMiniType } from "zod/mini";
import type { Middleware, RouteEvent } from "./request.ts";

/**
 * Checks the request against the route's schema and leaves what it made of it in `event.input`.
 * The first complaint is the answer; a path that fits no schema leads nowhere.
 */
export function validate(schema: ZodMiniType, input: "path" | "body"): Middleware {
  return {
    before: ({ event }) => {
      const checked = schema.safeParse(input === "path" ? event.pathParameters : fieldsOf(event));
      if (checked.success) event.input = checked.data;
      else if (input === "path") throw new BillingError("not_found", "There is no such address");
      else throw new BillingError("invalid_request", checked.error.issues[0]?.message ?? "The request is not valid");
    },
  };
}

/** A body that is no object (`null`, a list, a number) has no fields: the schema says which are missing. */
function fieldsOf({ body }: RouteEvent): object {
  return typeof body === "object" && body !== null && !Array.isArray(body) ? body : {};
}
