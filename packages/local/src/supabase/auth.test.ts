import { setTimeout as sleep } from "node:timers/promises";
import { createServerClient } from "@supabase/ssr";
import { createClient } from "@supabase/supabase-js";
import { importJWK, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestSupabase, type TestSupabase } from "../testing/supabase.ts";
import { generateSigningKey } from "./index.ts";

const signingKey = await generateSigningKey();
const password = "correct horse";
let supabase: TestSupabase;

beforeAll(async () => {
  supabase = await startTestSupabase({ signingKey });
}, 60_000);
afterAll(() => supabase.close());

const newEmail = () => `${crypto.randomUUID()}@example.com`;
const visitor = ({ url, publishableKey } = supabase) =>
  createClient(url, publishableKey, { auth: { persistSession: false, autoRefreshToken: false } });
const admin = () => createClient(supabase.url, supabase.secretKey, { auth: { persistSession: false } }).auth.admin;

async function signUp() {
  const client = visitor();
  const { data, error } = await client.auth.signUp({ email: newEmail(), password });
  expect(error).toBeNull();
  if (!data.session || !data.user) throw new Error("No session");
  return { client, user: data.user, session: data.session };
}

const sign = async (claims: JWTPayload, key = signingKey) =>
  new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: signingKey.kid }).sign(await importJWK(key, "ES256"));

const rest = (token: string) =>
  fetch(`${supabase.url}/rest/v1/customers`, {
    headers: { apikey: supabase.publishableKey, authorization: `Bearer ${token}` },
  });

describe("sessions", () => {
  test("whoever signed up signs in with the same password, and with no other", async () => {
    const { user } = await signUp();
    const email = user.email ?? "";
    const right = await visitor().auth.signInWithPassword({ email, password });
    expect(right.data.user?.id).toBe(user.id);
    const wrong = await visitor().auth.signInWithPassword({ email, password: "wrong horse" });
    expect(wrong.error).toMatchObject({ status: 400, code: "invalid_credentials" });
  });

  test("access tokens are checked against the published keys, without a call to the server", async () => {
    const { client, user, session } = await signUp();
    const { data } = await client.auth.getClaims(session.access_token);
    expect(data?.header).toMatchObject({ alg: "ES256", kid: signingKey.kid });
    expect(data?.claims).toMatchObject({
      sub: user.id,
      email: user.email,
      role: "authenticated",
      aud: "authenticated",
      iss: `${supabase.url}/auth/v1`,
      session_id: expect.any(String),
    });
  });

  test("the published key has no private part", async () => {
    const jwks = await (await fetch(`${supabase.url}/auth/v1/.well-known/jwks.json`)).json();
    expect(jwks).toEqual({ keys: [expect.not.objectContaining({ d: expect.anything() })] });
  });

  test("a refresh token gives a new session, and a sign-out ends it", async () => {
    const { client, session } = await signUp();
    const { data } = await client.auth.refreshSession();
    expect(data.session?.refresh_token).not.toBe(session.refresh_token);
    expect((await client.auth.getUser()).error).toBeNull();
    const token = data.session?.access_token;
    expect((await client.auth.signOut()).error).toBeNull();
    expect((await visitor().auth.getUser(token)).error?.name).toBe("AuthSessionMissingError");
    const gone = await visitor().auth.refreshSession({ refresh_token: data.session?.refresh_token ?? "" });
    expect(gone.error).not.toBeNull();
  });

  test.each([
    ["tampered", async (token: string) => token.replace(/\.(.)/, (_, first) => `.${first === "e" ? "f" : "e"}`)],
    [
      "signed by another key",
      async () => sign({ sub: crypto.randomUUID(), role: "service_role" }, await generateSigningKey()),
    ],
    ["of another issuer", () => sign({ role: "service_role", iss: "https://elsewhere.example/auth/v1" })],
    ["unsigned", async () => `${btoa('{"alg":"none"}')}.${btoa('{"role":"service_role"}')}.x`],
  ])("a token that is %s is refused", async (_, forge) => {
    const { session } = await signUp();
    const token = await forge(session.access_token);
    expect((await rest(token)).status).toBe(401);
    expect((await visitor().auth.getUser(token)).error?.status).toBe(403);
  });

  test("an expired token is refused as expired", async () => {
    const { user } = await signUp();
    const iss = `${supabase.url}/auth/v1`;
    const token = await sign({ sub: user.id, role: "authenticated", iss, exp: Math.floor(Date.now() / 1000) - 60 });
    const response = await rest(token);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ message: "JWT expired" });
  });

  test("a cookie session whose access token expired is refreshed, and the new cookie goes out", async () => {
    const short = await startTestSupabase({ accessTokenTtlSeconds: 4 });
    try {
      const jar = new Map<string, string>();
      const serverClient = () =>
        createServerClient(short.url, short.publishableKey, {
          cookies: {
            getAll: () => [...jar].map(([name, value]) => ({ name, value })),
            setAll: (cookies) => {
              for (const { name, value } of cookies) jar.set(name, value);
            },
          },
        });
      const { data } = await serverClient().auth.signUp({ email: newEmail(), password });
      const before = JSON.stringify([...jar]);
      await sleep(4500); // the refreshed one has as long to be checked, on however busy a machine
      const claims = await serverClient().auth.getClaims();
      expect(claims.data?.claims.sub).toBe(data.user?.id);
      expect(JSON.stringify([...jar])).not.toBe(before);
    } finally {
      await short.close();
    }
  }, 30_000);
});

describe("auth.admin", () => {
  test("creates, gets, lists, updates and deletes users", async () => {
    const email = newEmail();
    const attributes = { email, password, email_confirm: true, user_metadata: { a: 1 }, app_metadata: { plan: "pro" } };
    const { data } = await admin().createUser(attributes);
    const id = data.user?.id ?? "";
    expect((await admin().getUserById(id)).data.user).toMatchObject({ email, user_metadata: { a: 1 } });
    const list = await admin().listUsers({ page: 1, perPage: 1 });
    expect(list.data).toMatchObject({ users: [{ id, app_metadata: { plan: "pro" } }], total: expect.any(Number) });

    const changed = newEmail();
    await admin().updateUserById(id, { email: changed, password: "another horse" });
    const { error } = await visitor().auth.signInWithPassword({ email: changed, password: "another horse" });
    expect(error).toBeNull();

    expect((await admin().deleteUser(id)).error).toBeNull();
    expect((await admin().getUserById(id)).error).toMatchObject({ status: 404, code: "user_not_found" });
  });

  test("is for the secret key alone", async () => {
    const { client } = await signUp();
    expect((await client.auth.admin.listUsers()).error).toMatchObject({ status: 403, code: "not_admin" });
  });

  test("the deletion of a user leaves the customer, without an owner", async () => {
    const { user } = await signUp();
    await supabase.query("insert into customers (id, user_id) values ('cus_orphan', $1)", [user.id]);
    await admin().deleteUser(user.id);
    expect(await supabase.query("select user_id from customers where id = 'cus_orphan'")).toEqual([{ user_id: null }]);
  });
});

describe("HTTP", () => {
  test.each(["/rest/v1/products", "/auth/v1/token?grant_type=password"])(
    "a preflight of %s is answered",
    async (path) => {
      const response = await fetch(supabase.url + path, {
        method: "OPTIONS",
        headers: {
          origin: "https://shop.example",
          "access-control-request-method": "POST",
          "access-control-request-headers": "apikey,authorization,content-type,prefer,x-client-info",
        },
      });
      expect(response.status).toBe(204);
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(response.headers.get("access-control-allow-headers")).toContain("prefer");
    },
  );

  test("answers and refusals can be read by pages of other origins", async () => {
    for (const path of ["/auth/v1/user", "/rest/v1/products", "/auth/v1/.well-known/jwks.json"]) {
      expect((await fetch(supabase.url + path)).headers.get("access-control-allow-origin")).toBe("*");
    }
  });

  test("without a key nothing is served, and nothing but Auth and REST with one", async () => {
    expect((await fetch(`${supabase.url}/rest/v1/products`)).status).toBe(401);
    expect((await fetch(`${supabase.url}/_system`, { headers: { apikey: supabase.secretKey } })).status).toBe(404);
  });
});
