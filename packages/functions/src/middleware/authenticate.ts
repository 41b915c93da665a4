import type { Site } from "@turnpike/core/config";
import { BillingError } from "@turnpike/core/errors";
import {
  type Credentials,
  createIdentifier,
  type Identifier,
  type Identity,
  identify,
  type User,
} from "@turnpike/core/identity";
import { parse, serialize } from "cookie";
import { config } from "../config.ts";
import { secrets } from "../secrets.ts";
import type { Middleware, RouteEvent, RouteRequest } from "./request.ts";

let identifier: Identifier | undefined;

/** Finds out who is calling. */
export async function findIdentity({ event }: RouteRequest): Promise<{ identity: Identity }> {
  identifier ??= createIdentifier({ url: config.supabaseUrl, publishableKey: config.supabasePublishableKey });
  const identifying = identify(identifier, credentialsOf(event));
  // The use-case's secrets are loaded at the same time, so that a cold start waits for both at once, and for both to end: nothing may
  // still run when Lambda freezes the process. A use-case that came to ask for them once more would wait as long again.
  const [identity, loaded] = await Promise.allSettled([identifying, secrets.load()]);
  if (identity.status === "rejected") throw identity.reason;
  if (loaded.status === "rejected") throw loaded.reason;
  return { identity: identity.value };
}

/**
 * A `Bearer` token, and the cookies, which API Gateway hands over as `name=value` each.
 * @throws BillingError `unauthenticated`: whoever sends something else there means to be somebody
 */
function credentialsOf({ headers: { authorization }, cookies = [] }: RouteEvent): Credentials {
  const [, accessToken] = /^Bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
  if (authorization && !accessToken) {
    throw new BillingError("unauthenticated", "The Authorization header has to be: Bearer ACCESS_TOKEN");
  }
  const parsed = Object.entries(parse(cookies.join("; ")));
  return { accessToken, cookies: parsed.map(([name, value = ""]) => ({ name, value })) };
}

/** A session that was refreshed on the way goes out with the answer, whatever the answer is. */
export function setSessionCookies(): Middleware<{ identity: Identity }> {
  const set: Middleware<{ identity: Identity }>["after"] = ({ event, response }) => {
    const changed = event.identity?.changedCookies ?? [];
    if (!response || changed.length === 0) return;
    const setCookies = changed.map(({ name, value, options }) => serialize(name, value, options));
    response.cookies = [...(response.cookies ?? []), ...setCookies];
  };
  return { after: set, onError: set };
}

/** Who a route's use-case acts for; a guest only where guests are welcome. */
export type Caller<Need> = Need extends "required" ? { user: User } : { user?: User };

/**
 * Lets in only whom a route is for, and no post that another site made a browser send.
 * @param need `optional`: a guest is welcome
 */
export function authorize<Need extends "required" | "optional">(need: Need) {
  return ({ event }: RouteRequest<{ identity: Identity }>): Caller<Need> => {
    const { user, via } = event.identity;
    if (via === "cookies") refuseForeignPosts(event, config.site);
    if (!user && need === "required") throw new BillingError("unauthenticated", "Sign in first");
    return (user ? { user } : {}) as Caller<Need>;
  };
}

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
