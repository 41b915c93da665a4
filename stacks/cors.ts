import { readSetting } from "@turnpike/settings";
import type { ApiCorsProps } from "sst/constructs";

/**
 * Whose scripts may ask, beside the site's, which is of the API's own origin. Without credentials: a page elsewhere shows who is
 * asking by a Bearer token, and never by the site's cookie.
 */
export function corsForOthers(): ApiCorsProps | false {
  const allowOrigins = readSetting("ALLOWED_ORIGINS");
  if (allowOrigins.length === 0) return false;
  return {
    allowOrigins,
    allowMethods: ["GET", "POST"],
    allowHeaders: ["authorization", "content-type", "idempotency-key"],
    exposeHeaders: ["retry-after"],
    maxAge: "1 hour",
  };
}
