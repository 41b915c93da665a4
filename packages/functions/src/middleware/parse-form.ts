import { BillingError } from "@turnpike/core/errors";
import type { Middleware } from "./request.ts";

const FORM = /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i;

/** Turns the body of an HTML form, of either encoding, into an object of its text fields. */
export function parseForm(): Middleware {
  return {
    before: async ({ event }) => {
      const contentType = event.headers["content-type"] ?? "";
      if (!FORM.test(contentType)) {
        throw new BillingError("unsupported_media_type", "Send this request as a form (urlencoded or multipart)");
      }
      const bytes = Buffer.from(String(event.body ?? ""), event.isBase64Encoded ? "base64" : "utf8");
      const form = await new Response(bytes, { headers: { "content-type": contentType } }).formData().catch(() => {
        throw new BillingError("invalid_request", "The body is not a valid form");
      });
      event.body = Object.fromEntries([...form].filter(([, value]) => typeof value === "string"));
    },
  };
}
