import { loadKeys, type Project } from "./auth.ts";
import { type ChangedCookie, cookieName, readSession, type SessionCookie, writeSession } from "./cookies.ts";
import { SigningKeys } from "./keys.ts";
import { Refreshes } from "./refreshes.ts";
import { unauthenticated } from "./refusals.ts";
import { notValid, readToken, type User } from "./token.ts";

export type { Project } from "./auth.ts";
export type { ChangedCookie, SessionCookie } from "./cookies.ts";
export { assertUserExists } from "./exists.ts";
export type { User } from "./token.ts";

/** What a caller shows of a Supabase session: an access token, or the cookies that hold a whole one. */
export interface Credentials {
  accessToken?: string | undefined;
  cookies?: readonly SessionCookie[] | undefined;
}

/** Who is calling, and what the browser must keep of a session that was refreshed on the way. */
export interface Identity {
  user: User | undefined;
  /** By which of the credentials the user is known. */
  via: "token" | "cookies" | undefined;
  changedCookies: ChangedCookie[];
}

/** What is remembered of a project between requests, so that Supabase Auth is asked rarely. */
export interface Identifier {
  project: Project;
  keys: SigningKeys;
  refreshes: Refreshes;
}

/** Make it once, and keep it. */
export function createIdentifier(project: Project): Identifier {
  return { project, keys: new SigningKeys(() => loadKeys(project)), refreshes: new Refreshes(project) };
}

/**
 * Finds out whose session this is: the token's, else that of the cookies. A token is checked against the project's published
 * keys, which are kept: no network hop when warm. A session in cookies whose token has expired is refreshed.
 *
 * Supabase Auth counts calls by address, and ours is one for all customers. So what a stranger can make up leads to no call: only a
 * token with the project's own signature does. Who cannot be told is no guest: they may be signed in, and would buy outside of their account.
 * @throws BillingError `unauthenticated` for credentials that are there and no good; `auth_unavailable` when that cannot be told,
 * and then the session stays as it is
 */
export async function identify(
  { project, keys, refreshes }: Identifier,
  { accessToken, cookies = [] }: Credentials,
): Promise<Identity> {
  if (accessToken) {
    const { user, expired } = await readToken(keys, accessToken);
    if (expired) throw notValid("The access token has expired");
    return { user, via: "token", changedCookies: [] };
  }

  const name = cookieName(project.url);
  const session = await readSession(name, cookies);
  if (!session) return { user: undefined, via: undefined, changedCookies: [] };

  const { user, expired } = await readToken(keys, session.accessToken);
  if (!expired) return { user, via: "cookies", changedCookies: [] };

  const renewed = session.refreshToken && (await refreshes.refresh(session.accessToken, session.refreshToken));
  if (!renewed) throw unauthenticated("The session is over. Sign in again.");
  const { user: owner } = await readToken(keys, renewed.access_token);
  return { user: owner, via: "cookies", changedCookies: writeSession(name, cookies, renewed) };
}
