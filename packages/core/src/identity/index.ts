import { createServerClient, parseCookieHeader, serializeCookieHeader } from "@supabase/ssr";
import { AuthClient, type JwtPayload } from "@supabase/supabase-js";
import { BillingError } from "../errors/index.ts";

/** A signed-in user of the product. */
export interface User {
  /** The UUID in `auth.users`. */
  id: string;
  email: string | undefined;
}

/** Who is calling, and the cookies that the answer must set: those of a session that was refreshed on the way. */
export interface Identity {
  user: User | undefined;
  via: "bearer" | "cookie" | undefined;
  setCookies: string[];
}

interface Credentials {
  authorization?: string | undefined;
  /** `name=value` pairs, as API Gateway gives them. */
  cookies?: readonly string[] | undefined;
}

const NOBODY: Identity = { user: undefined, via: undefined, setCookies: [] };

/**
 * Reads the Supabase session of a request: a `Bearer` token, else the cookie of `@supabase/ssr`. The token is checked against
 * the project's published keys, which are cached: no network hop when warm. An expired token beside a live refresh token in
 * the cookie is refreshed.
 * @throws BillingError `unauthenticated` for a Bearer token that is not valid. A cookie that is not valid is nobody's: it may
 * linger in a browser for months.
 */
export async function identify(
  supabase: { url: string; publishableKey: string },
  credentials: Credentials,
): Promise<Identity> {
  const token = credentials.authorization?.match(/^Bearer +(\S+)$/i)?.[1];
  if (token) {
    const user = await userOf(createAuth(supabase).getClaims(token));
    if (!user) throw new BillingError("unauthenticated", "The access token is not valid, or has expired");
    return { user, via: "bearer", setCookies: [] };
  }

  const cookies = parseCookieHeader((credentials.cookies ?? []).join("; "));
  if (!cookies.some(({ name }) => /^sb-.+-auth-token/.test(name))) return NOBODY;

  const setCookies: string[] = [];
  const { auth } = createServerClient(supabase.url, supabase.publishableKey, {
    cookies: {
      getAll: () => cookies,
      setAll: (changed) => {
        for (const { name, value, options } of changed) setCookies.push(serializeCookieHeader(name, value, options));
      },
    },
  });
  const user = await userOf(auth.getClaims());
  return { user, via: user && "cookie", setCookies };
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

/** Nobody's is an answer too: an error for a token that was tampered with, a throw for what is no token or session at all. */
async function userOf(answer: Promise<{ data: { claims: JwtPayload } | null }>): Promise<User | undefined> {
  const { data } = await answer.catch(() => ({ data: null }));
  if (data?.claims.role !== "authenticated" || typeof data.claims.sub !== "string") return undefined;
  return { id: data.claims.sub, email: data.claims.email || undefined };
}
