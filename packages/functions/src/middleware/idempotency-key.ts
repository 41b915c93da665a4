import { BillingError } from "@turnpike/core/errors";
import type { RouteRequest } from "./request.ts";

/** What the caller would know the request again by, if they sent it once more; as Stripe takes it. */
export function findIdempotencyKey({ event }: RouteRequest): { idempotencyKey?: string } {
  const { "idempotency-key": idempotencyKey } = event.headers;
  if (idempotencyKey === undefined) return {};
  if (/^[!-~]{1,255}$/.test(idempotencyKey)) return { idempotencyKey };
  throw new BillingError("invalid_request", "The Idempotency-Key has to be 1 to 255 characters, without spaces");
}
