import { type CookieOptions, createServerClient } from "@supabase/ssr";
import { AuthClient, type JwtPayload } from "@supabase/supabase-js";
import { BillingError } from "../errors/index.ts";

/** A signed-in user of the product. */
export interface User {
  /** The UUID in `auth.users`. */
  id: string;
  email: string | undefined;
}

/** A piece of a session, as `@supabase/ssr` keeps it in a browser. */
export interface SessionCookie {
  name: string;
  value: string;
}

/** A piece that is to be kept anew, and for how long. */
export interface ChangedCookie extends SessionCookie {
  options: CookieOptions;
}

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

const NOBODY: Identity = { user: undefined, via: undefined, changedCookies: [] };

/**
 * Finds out whose session this is: the token's, else that of the cookies. A token is checked against the project's published
 * keys, which are cached: no network hop when warm. An expired token beside a live refresh token in the cookies is refreshed.
 * @throws BillingError `unauthenticated` for an access token that is not valid. A cookie that is not valid belongs to nobody: it
 * may linger in a browser for months.
 */
export async function identify(
  supabase: { url: string; publishableKey: string },
  { accessToken, cookies = [] }: Credentials,
): Promise<Identity> {
  if (accessToken) {
    const user = await userOf(createAuth(supabase).getClaims(accessToken));
    if (!user) throw new BillingError("unauthenticated", "The access token is not valid, or has expired");
    return { user, via: "token", changedCookies: [] };
  }
  if (!cookies.some(({ name }) => /^sb-.+-auth-token/.test(name))) return NOBODY;

  const changedCookies: ChangedCookie[] = [];
  const { auth } = createServerClient(supabase.url, supabase.publishableKey, {
    cookies: {
      getAll: () => [...cookies],
      setAll: (changed) => void changedCookies.push(...changed),
    },
  });
  const user = await userOf(auth.getClaims());
  return { user, via: user && "cookies", changedCookies };
}

/** Supabase's auth client alone: a whole one would be made for nothing. */
function createAuth({ url, publishableKey }: { url: string; publishableKey: string }): InstanceType<typeof AuthClient> {
  return new AuthClient({
    url: new URL("auth/v1", `${url.replace(/\/*$/, "")}/`).href,
    headers: { apikey: publishableKey },
    persistSession: false,
    autoRefreshToken: false,
    detectSessionInUrl: false,
    skipAutoInitialize: true, // there is no session to look for
  });
}

/**
 * Whose claims these are. Supabase answers with an error for a token that was tampered with, and throws at what is no token or
 * session at all: both are nobody's.
 */
async function userOf(answer: Promise<{ data: { claims: JwtPayload } | null }>): Promise<User | undefined> {
  const { data } = await answer.catch(() => ({ data: null }));
  if (data?.claims.role !== "authenticated" || typeof data.claims.sub !== "string") return undefined;
  return { id: data.claims.sub, email: data.claims.email || undefined };
}
