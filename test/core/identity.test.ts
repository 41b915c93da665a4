import { randomUUID } from "node:crypto";
import { identify } from "@turnpike/core/identity";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type LentSupabase, lendSupabase } from "../parts/index.ts";
import { addUser, issueToken, rewriteSession, signUp } from "../parts/people.ts";

let supabase: LentSupabase;
beforeAll(async () => {
  supabase = await lendSupabase();
});

afterEach(() => vi.restoreAllMocks());

const NOBODY = { user: undefined, via: undefined, setCookies: [] };
const identifyBy = (credentials: Parameters<typeof identify>[1]) => identify(supabase, credentials);
const refusal = {
  name: "BillingError",
  code: "unauthenticated",
  message: "The access token is not valid, or has expired",
};
const past = () => Math.floor(Date.now() / 1000) - 60;

describe("a Bearer token", () => {
  it.each(["Bearer ", "bearer ", "BEARER   "])("is read after %j", async (scheme) => {
    const { id, email, accessToken } = await addUser(supabase);
    expect(await identifyBy({ authorization: `${scheme}${accessToken}` })).toEqual({
      user: { id, email },
      via: "bearer",
      setCookies: [],
    });
  });

  it("goes before the cookie, valid or not", async () => {
    const [ada, grace] = await Promise.all([addUser(supabase), signUp(supabase)]);
    const { cookies } = grace;
    const identity = await identifyBy({ authorization: `Bearer ${ada.accessToken}`, cookies });
    expect(identity).toMatchObject({ user: { id: ada.id }, via: "bearer" });
    await expect(identifyBy({ authorization: "Bearer nonsense", cookies })).rejects.toMatchObject(refusal);
  });

  it("is refused where its user cannot be told from it, or is no person", async () => {
    const tokens = [
      "nonsense",
      issueToken(supabase, { sub: randomUUID(), exp: past() }),
      issueToken(supabase, { sub: randomUUID(), role: "service_role" }),
      issueToken(supabase, { sub: randomUUID(), role: "anon" }),
      issueToken(supabase, { sub: 42 }),
      issueToken(supabase, {}),
      issueToken({ ...supabase, signingKey: await anotherKey() }, { sub: randomUUID() }),
    ];
    for (const token of tokens) {
      await expect(identifyBy({ authorization: `Bearer ${token}` }), token).rejects.toMatchObject(refusal);
    }
  });

  it("may name a user without an e-mail", async () => {
    const sub = randomUUID();
    for (const claims of [{ sub }, { sub, email: "" }]) {
      const { user } = await identifyBy({ authorization: `Bearer ${issueToken(supabase, claims)}` });
      expect(user).toStrictEqual({ id: sub, email: undefined });
    }
  });

  it.each([
    ["a slash at the end", "/"],
    ["two", "//"],
  ])("is checked against a project whose address has %s", async (_, end) => {
    const { id, accessToken } = await addUser(supabase);
    const identity = await identify(
      { ...supabase, url: supabase.url + end },
      { authorization: `Bearer ${accessToken}` },
    );
    expect(identity.user?.id).toBe(id);
  });
});

/** A key of another project, under the name of this one's. */
async function anotherKey() {
  const { privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  return { ...(await crypto.subtle.exportKey("jwk", privateKey)), kid: supabase.signingKey.kid };
}

describe("the session in a cookie", () => {
  it("is its user's, and stays as it is while it is valid", async () => {
    const { id, email, cookies } = await signUp(supabase);
    const identity = await identifyBy({ cookies: ["theme=dark", ...cookies, "sb=1"] });
    expect(identity).toEqual({ user: { id, email }, via: "cookie", setCookies: [] });
  });

  it("may come in several pieces", async () => {
    const { id, cookies } = await signUp(supabase);
    const [, name, value = ""] = cookies.join("; ").match(/(sb-[\w-]+-auth-token)=([\w-]+)/) ?? [];
    const [left, right] = [value.slice(0, 100), value.slice(100)];
    const identity = await identifyBy({ cookies: [`${name}.0=${left}`, `${name}.1=${right}`] });
    expect(identity).toMatchObject({ user: { id }, via: "cookie" });
  });

  it("that has expired is refreshed, and the new one is to be set", async () => {
    const { id, cookies } = await signUp(supabase);
    const identity = await identifyBy({ cookies: rewriteSession(cookies, { expires_at: past() }) });
    expect(identity).toMatchObject({ user: { id }, via: "cookie" });
    expect(identity.setCookies).toEqual([expect.stringMatching(/^sb-[\w-]+-auth-token=base64-[\w-]+; .*Path=\//)]);
    const renewed = identity.setCookies.map((cookie) => cookie.split(";")[0] ?? "");
    expect(await identifyBy({ cookies: renewed })).toMatchObject({ user: { id }, via: "cookie", setCookies: [] });
  });

  it("that can't be refreshed any more is nobody's, and is to be removed", async () => {
    const { cookies } = await signUp(supabase);
    vi.spyOn(console, "error").mockImplementation(() => {}); // supabase-js says so too
    const dead = rewriteSession(cookies, { expires_at: past(), refresh_token: "forged" });
    const identity = await identifyBy({ cookies: dead });
    expect(identity).toMatchObject({ user: undefined, via: undefined });
    expect(identity.setCookies).toEqual([expect.stringMatching(/^sb-[\w-]+-auth-token=; .*Max-Age=0/)]);
  });

  it("that was tampered with, or cannot be read, is nobody's", async () => {
    const { cookies } = await signUp(supabase);
    const [name] = cookies.join("; ").match(/sb-[\w-]+-auth-token/) ?? [];
    const forged = issueToken({ ...supabase, signingKey: await anotherKey() }, { sub: randomUUID() });
    for (const bad of [
      rewriteSession(cookies, { access_token: forged }),
      [`${name}=garbage`],
      [`${name}=base64-e30`],
    ]) {
      expect(await identifyBy({ cookies: bad })).toMatchObject({ user: undefined, via: undefined });
    }
  });
});

describe("whoever brings neither", () => {
  it.each([
    {},
    { authorization: "" },
    { authorization: "Basic YTpi" },
    { authorization: "Bearer" },
    { authorization: "Bearer two words" },
    { authorization: "x Bearer token" },
    { cookies: [] },
    { cookies: ["theme=dark", "auth-token=1", "sb-auth-token=1", "xsb-project-auth-token=1"] },
  ])("is nobody: %j", async (credentials) => {
    expect(await identifyBy(credentials)).toEqual(NOBODY);
  });
});
