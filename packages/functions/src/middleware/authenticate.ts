import type { Site } from "@turnpike/core/config";
import { BillingError } from "@turnpike/core/errors";
import { identify } from "@turnpike/core/identity";
import { config } from "../config.ts";
import { secrets } from "../secrets.ts";
import type { Middleware, RouteEvent } from "./request.ts";

/**
 * Finds out who is calling. A session that was refreshed on the way goes out with the answer.
 * @param need `optional`: a guest is welcome
 */
export function authenticate(need: "required" | "optional"): Middleware {
  return {
    before: async ({ event }) => {
      const { authorization } = event.headers;
      const supabase = { url: config.supabaseUrl, publishableKey: config.supabasePublishableKey };
      // The secrets are asked for meanwhile, so that a cold start waits for both at once. Whether they came is the
      // use-case's to find out; but nothing may be under way when the Lambda is frozen.
      const identifying = identify(supabase, { authorization, cookies: event.cookies });
      const [identity] = await Promise.allSettled([identifying, secrets.load()]);
      if (identity.status === "rejected") throw identity.reason;
      event.identity = identity.value;
      if (event.identity.via === "cookie") refuseForeignPosts(event, config.site);
      if (event.identity.user) event.user = event.identity.user;
      else if (need === "required") throw new BillingError("unauthenticated", "Sign in first");
    },
    after: setSessionCookies,
    onError: setSessionCookies,
  };
}

const setSessionCookies: Middleware["after"] = ({ event, response }) => {
  const setCookies = event.identity?.setCookies ?? [];
  if (response && setCookies.length > 0) response.cookies = [...(response.cookies ?? []), ...setCookies];
};

/**
 * A browser sends the cookie along with a post from any site; only our own pages may make one.
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
function refuseForeignPosts({ requestContext, headers }: RouteEvent, site: Site): void {
  if (requestContext.http.method !== "POST") return;
  const { origin } = headers;
  const ours = origin ? site.allowedOrigins.includes(origin) : headers["sec-fetch-site"] === "same-origin";
  if (ours) return;
  throw new BillingError(
    "cross_site_request",
    origin
      ? "This Origin may not act for the signed-in user. Add it to ALLOWED_ORIGINS if it is yours."
      : "A request with a session cookie needs an Origin header. Send one, or use a Bearer token instead.",
  );
}
