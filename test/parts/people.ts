import { createPrivateKey, randomUUID } from "node:crypto";
import { createServerClient } from "@supabase/ssr";
import type { SessionCookie } from "@turnpike/core/identity";
import { signToken } from "../security/tokens.ts";
import type { LentSupabase } from "./index.ts";

/** A person whom Supabase knows, and an access token of theirs. */
export async function addUser(
  supabase: LentSupabase,
  { email = `${randomUUID()}@example.com`, confirmed = true } = {},
) {
  const id = randomUUID();
  await supabase.query("insert into auth.users (id, email, email_confirmed_at) values ($1, $2, $3)", [
    id,
    email,
    confirmed ? new Date().toISOString() : null,
  ]);
  return { id, email, accessToken: issueToken(supabase, { sub: id, email }) };
}

/** A token with the project's own signature and any claims. */
export function issueToken({ url, signingKey }: LentSupabase, claims: object): string {
  const now = Math.floor(Date.now() / 1000);
  const key = createPrivateKey({ key: signingKey, format: "jwk" });
  const usual = { iss: `${url}/auth/v1`, aud: "authenticated", role: "authenticated", iat: now, exp: now + 3600 };
  return signToken({ alg: "ES256", kid: signingKey.kid, typ: "JWT" }, { ...usual, ...claims }, key);
}

/** Signs up as a browser does. The cookies are those of `@supabase/ssr`. */
export async function signUp({ url, publishableKey }: LentSupabase) {
  const jar = new Map<string, string>();
  const client = createServerClient(url, publishableKey, {
    cookies: {
      getAll: () => [...jar].map(([name, value]) => ({ name, value })),
      setAll: (cookies) => {
        for (const { name, value } of cookies) jar.set(name, value);
      },
    },
  });
  const email = `${randomUUID()}@example.com`;
  const { data, error } = await client.auth.signUp({ email, password: "correct horse battery" });
  if (error || !data.user || !data.session) throw error ?? new Error("no session after sign-up");
  const cookies = [...jar].map(([name, value]) => ({ name, value }));
  return { id: data.user.id, email, session: data.session, cookies };
}

/** The session in these cookies, whose token has expired. */
export function expireSession(supabase: LentSupabase, { id, cookies }: { id: string; cookies: SessionCookie[] }) {
  const exp = Math.floor(Date.now() / 1000) - 60;
  return rewriteSession(cookies, { access_token: issueToken(supabase, { sub: id, exp }) });
}

/** The session in these cookies, with other fields. */
export function rewriteSession(cookies: SessionCookie[], fields: object): SessionCookie[] {
  const { name, value } = sessionIn(cookies);
  const stored = JSON.parse(Buffer.from(value.replace("base64-", ""), "base64url").toString());
  const written = Buffer.from(JSON.stringify({ ...stored, ...fields })).toString("base64url");
  return [{ name, value: `base64-${written}` }];
}

/** The cookie that holds the session, which is small enough to be in one piece. */
export function sessionIn(cookies: SessionCookie[]): SessionCookie {
  const found = cookies.find(({ name }) => name.endsWith("-auth-token"));
  if (!found) throw new Error("There is no session in these cookies");
  return found;
}

/** The header that a browser sends. */
export const cookieHeader = (cookies: SessionCookie[]) =>
  cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
