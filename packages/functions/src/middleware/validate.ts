import { BillingError } from "@turnpike/core/errors";
import { findUnstorable } from "@turnpike/core/mirror";
import type { output, ZodMiniType } from "zod/mini";
import type { Sent } from "./parse.ts";
import type { RouteRequest } from "./request.ts";

/**
 * Checks what was sent against the route's schema, and adds what the schema made of it.
 * The schema's first complaint is the answer. A path that does not fit its schema is an unknown address.
 */
export function validate<Schema extends ZodMiniType>(schema: Schema, input: "path" | "json" | "form") {
  return ({ event: { sent } }: RouteRequest<Sent>): { input: output<Schema> } => {
    const fields = fieldsOf(sent);
    const checked = schema.safeParse(fields);
    if (checked.success) {
      // Where no field has to be there, it would be taken for a wish that names nothing: a subscription would end that nobody meant.
      if (fields !== sent) throw new BillingError("invalid_request", "The body has to be a JSON object");
      assertStorable(checked.data);
      return { input: checked.data };
    }
    if (input === "path") throw new BillingError("not_found", "There is no such address");
    throw new BillingError("invalid_request", checked.error.issues[0]?.message ?? "The request is not valid");
  };
}

/** What Postgres cannot hold, Stripe may: it would be paid for, and stand in no row. */
function assertStorable(input: unknown): void {
  const [field] = findUnstorable(input)?.split(".") ?? [];
  if (field === undefined) return;
  throw new BillingError("invalid_request", `${field} holds a NUL, or half of a character: send it without`);
}

/** What is no object (`null`, a list, a number) has no fields: the schema says which are missing. */
function fieldsOf(sent: unknown): object {
  return typeof sent === "object" && sent !== null && !Array.isArray(sent) ? sent : {};
}
