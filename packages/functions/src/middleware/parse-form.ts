import { BillingError } from "@turnpike/core/errors";
import type { Middleware } from "./request.ts";

const URLENCODED = /^application\/x-www-form-urlencoded\b/i;
const MULTIPART = /^multipart\/form-data\b/i;

/** Turns the body of an HTML form, of either encoding, into an object of its text fields. */
export function parseForm(): Middleware {
  return {
    before: async ({ event }) => {
      const contentType = event.headers["content-type"] ?? "";
      const bytes = Buffer.from(String(event.body ?? ""), event.isBase64Encoded ? "base64" : "utf8");
      if (URLENCODED.test(contentType)) event.body = textFields(new URLSearchParams(bytes.toString("utf8")));
      else if (MULTIPART.test(contentType)) event.body = textFields(await parseMultipart(bytes, contentType));
      else throw new BillingError("unsupported_media_type", "Send this request as a form (urlencoded or multipart)");
    },
  };
}

function textFields(form: Iterable<[string, unknown]>): Record<string, unknown> {
  return Object.fromEntries([...form].filter(([, value]) => typeof value === "string"));
}

/** `Response` is slow to load, so it is for the forms that need it: browsers send the other kind unless told to. */
function parseMultipart(bytes: Buffer, contentType: string): Promise<FormData> {
  return new Response(bytes, { headers: { "content-type": contentType } }).formData().catch(() => {
    throw new BillingError("invalid_request", "The body is not a valid form");
  });
}
