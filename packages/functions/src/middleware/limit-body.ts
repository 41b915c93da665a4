import { BillingError } from "@turnpike/core/errors";
import type { Middleware } from "./request.ts";

const LARGEST_BODY = 64 * 1024;

/** Refuses what no form and no JSON of ours can be, before anything parses it. */
export function limitBody(): Middleware {
  return {
    before: ({ event: { body = "", isBase64Encoded } }) => {
      if (Buffer.byteLength(body, isBase64Encoded ? "base64" : "utf8") > LARGEST_BODY) {
        throw new BillingError("payload_too_large", `The body is larger than ${LARGEST_BODY / 1024} KB`);
      }
    },
  };
}
