import { randomUUID } from "node:crypto";
import { identify } from "@turnpike/core/identity";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type LentSupabase, lendSupabase } from "../parts/index.ts";
import { addUser, issueToken, rewriteSession, sessionIn, signUp } from "../parts/people.ts";

let supabase: LentSupabase;
beforeAll(async () => {
  supabase = await lendSupabase();
});
afterEach(() => vi.restoreAllMocks());

const NOBODY = { user: undefined, via: undefined, changedCookies: [] };
const identifyBy = (credentials: Parameters<typeof identify>[1]) => identify(supabase, credentials);
const refusal = {
  name: "BillingError",
  code: "unauthenticated",
  message: "The access token is not valid, or has expired",
};
const past = () => Math.floor(Date.now() / 1000) - 60;

describe("an access token", () => {
  it("is its user's", async () => {
    const { id, email, accessToken } = await addUser(supabase);
    expect(await identifyBy({ accessToken })).toEqual({ user: { id, email }, via: "token", changedCookies: [] });
  });

  it("goes before the cookies, valid or not", async () => {
    const [ada, grace] = await Promise.all([addUser(supabase), signUp(supabase)]);
    const { cookies } = grace;
    const identity = await identifyBy({ accessToken: ada.accessToken, cookies });
    expect(identity).toMatchObject({ user: { id: ada.id }, via: "token" });
    await expect(identifyBy({ accessToken: "nonsense", cookies })).rejects.toMatchObject(refusal);
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
    for (const accessToken of tokens) {
      await expect(identifyBy({ accessToken }), accessToken).rejects.toMatchObject(refusal);
    }
  });

  it("may name a user without an e-mail", async () => {
    const sub = randomUUID();
    for (const claims of [{ sub }, { sub, email: "" }]) {
      const { user } = await identifyBy({ accessToken: issueToken(supabase, claims) });
      expect(user).toStrictEqual({ id: sub, email: undefined });
    }
  });

  it.each([
    ["a slash at the end", "/"],
    ["two", "//"],
  ])("is checked against a project whose address has %s", async (_, end) => {
    const { id, accessToken } = await addUser(supabase);
    const identity = await identify({ ...supabase, url: supabase.url + end }, { accessToken });
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

describe("the session in cookies", () => {
  const others = [
    { name: "theme", value: "dark" },
    { name: "sb", value: "1" },
  ];

  it("is its user's, and stays as it is while it is valid", async () => {
    const { id, email, cookies } = await signUp(supabase);
    const identity = await identifyBy({ cookies: [...others, ...cookies] });
    expect(identity).toEqual({ user: { id, email }, via: "cookies", changedCookies: [] });
  });

  it("may come in several pieces", async () => {
    const { id, cookies } = await signUp(supabase);
    const { name, value } = sessionIn(cookies);
    const pieces = [value.slice(0, 100), value.slice(100)].map((piece, n) => ({ name: `${name}.${n}`, value: piece }));
    expect(await identifyBy({ cookies: pieces })).toMatchObject({ user: { id }, via: "cookies" });
  });

  it("that has expired is refreshed, and the new one is to be kept", async () => {
    const { id, cookies } = await signUp(supabase);
    const identity = await identifyBy({ cookies: rewriteSession(cookies, { expires_at: past() }) });
    expect(identity).toMatchObject({ user: { id }, via: "cookies" });
    const kept = { value: expect.stringMatching(/^base64-/), options: expect.objectContaining({ path: "/" }) };
    expect(identity.changedCookies).toEqual([{ name: sessionIn(cookies).name, ...kept }]);
    const again = await identifyBy({ cookies: identity.changedCookies });
    expect(again).toMatchObject({ user: { id }, via: "cookies", changedCookies: [] });
  });

  it("that can't be refreshed any more is nobody's, and is to be removed", async () => {
    const { cookies } = await signUp(supabase);
    vi.spyOn(console, "error").mockImplementation(() => {}); // supabase-js says so too
    const dead = rewriteSession(cookies, { expires_at: past(), refresh_token: "forged" });
    const identity = await identifyBy({ cookies: dead });
    expect(identity).toMatchObject({ user: undefined, via: undefined });
    const removed = { name: sessionIn(cookies).name, value: "", options: expect.objectContaining({ maxAge: 0 }) };
    expect(identity.changedCookies).toEqual([removed]);
  });

  it("that was tampered with, or cannot be read, is nobody's", async () => {
    const { cookies } = await signUp(supabase);
    const { name } = sessionIn(cookies);
    const forged = issueToken({ ...supabase, signingKey: await anotherKey() }, { sub: randomUUID() });
    const unreadable = ["garbage", "base64-e30", ""].map((value) => [{ name, value }]);
    for (const bad of [rewriteSession(cookies, { access_token: forged }), ...unreadable]) {
      expect(await identifyBy({ cookies: bad })).toMatchObject({ user: undefined, via: undefined });
    }
  });
});

describe("whoever brings neither", () => {
  it.each([
    {},
    { accessToken: "" },
    { cookies: [] },
    {
      cookies: ["theme", "auth-token", "sb-auth-token", "xsb-project-auth-token"].map((name) => ({ name, value: "1" })),
    },
  ])("is nobody: %j", async (credentials) => {
    expect(await identifyBy(credentials)).toEqual(NOBODY);
  });
});
