import { randomUUID } from "node:crypto";
import { createServerClient } from "@supabase/ssr";
import { type Credentials, createIdentifier, identify } from "@turnpike/core/identity";
import { beforeAll, describe, expect, it } from "vitest";
import { type LentSupabase, lendSupabase } from "../parts/index.ts";
import { addUser, expireSession, issueToken, rewriteSession, sessionIn, signUp } from "../parts/people.ts";
import { signToken } from "../security/tokens.ts";

let supabase: LentSupabase;
let identifyBy: (credentials: Credentials) => ReturnType<typeof identify>;
beforeAll(async () => {
  supabase = await lendSupabase();
  const identifier = createIdentifier(supabase);
  identifyBy = (credentials) => identify(identifier, credentials);
});

const NOBODY = { user: undefined, via: undefined, changedCookies: [] };
const refusal = {
  name: "BillingError",
  code: "unauthenticated",
  message: "The access token is not valid, or has expired",
};
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

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
    const sub = randomUUID();
    const { kid } = supabase.signingKey;
    const tokens = [
      "nonsense",
      issueToken(supabase, { sub, exp: inSeconds(-60) }),
      issueToken(supabase, { sub, exp: undefined }),
      issueToken(supabase, { sub, nbf: inSeconds(60) }),
      issueToken(supabase, { sub, role: "service_role" }),
      issueToken(supabase, { sub, role: "anon" }),
      issueToken(supabase, { sub: 42 }),
      issueToken(supabase, { sub: "ada" }),
      issueToken(supabase, { sub: `${sub}\n` }),
      issueToken(supabase, {}),
      issueToken({ ...supabase, signingKey: await anotherKey() }, { sub }),
      issueToken({ ...supabase, signingKey: { ...supabase.signingKey, kid: undefined } as never }, { sub }),
      signToken({ alg: "none", kid }, { sub, role: "authenticated", exp: inSeconds(60) }, ""),
    ];
    for (const accessToken of tokens) {
      await expect(identifyBy({ accessToken }), accessToken).rejects.toMatchObject(refusal);
    }
  });

  it("of a project that still signs with a secret is refused, and the log says what to do about it", async () => {
    const claims = { sub: randomUUID(), role: "authenticated", exp: inSeconds(60) };
    const accessToken = signToken({ alg: "HS256" }, claims, "c2VjcmV0");
    const reason = expect.stringContaining("legacy secret");
    await expect(identifyBy({ accessToken })).rejects.toMatchObject({ ...refusal, reason });
  });

  it("may name a user without an e-mail", async () => {
    const sub = randomUUID();
    for (const claims of [{ sub }, { sub, email: "" }, { sub, email: 42 }]) {
      const { user } = await identifyBy({ accessToken: issueToken(supabase, claims) });
      expect(user).toStrictEqual({ id: sub, email: undefined });
    }
  });

  it.each([
    ["a slash at the end", "/"],
    ["two", "//"],
  ])("is checked against a project whose address has %s", async (_, end) => {
    const { id, accessToken } = await addUser(supabase);
    const identity = await identify(createIdentifier({ ...supabase, url: supabase.url + end }), { accessToken });
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
  const inPieces = (name: string, value: string) =>
    [value.slice(0, 100), value.slice(100, 200), value.slice(200)].map((piece, n) => ({
      name: `${name}.${n}`,
      value: piece,
    }));

  it("is its user's, and stays as it is while it is valid", async () => {
    const { id, email, cookies } = await signUp(supabase);
    const identity = await identifyBy({ cookies: [...others, ...cookies] });
    expect(identity).toEqual({ user: { id, email }, via: "cookies", changedCookies: [] });
  });

  it("is valid for as long as its token, whatever stands beside it", async () => {
    const { id, cookies } = await signUp(supabase);
    const identity = await identifyBy({ cookies: rewriteSession(cookies, { expires_at: 1, refresh_token: 7 }) });
    expect(identity).toMatchObject({ user: { id }, changedCookies: [] });
  });

  it("may come in several pieces, and as plain JSON", async () => {
    const { id, session, cookies } = await signUp(supabase);
    const { name, value } = sessionIn(cookies);
    for (const kept of [inPieces(name, value), [{ name, value: JSON.stringify(session) }]]) {
      expect(await identifyBy({ cookies: kept })).toMatchObject({ user: { id }, via: "cookies" });
    }
  });

  it("that has expired is refreshed, and the new one is to be kept", async () => {
    const ada = await signUp(supabase);
    const identity = await identifyBy({ cookies: expireSession(supabase, ada) });
    expect(identity).toMatchObject({ user: { id: ada.id, email: ada.email }, via: "cookies" });
    const options = { path: "/", sameSite: "lax", httpOnly: false, maxAge: 400 * 24 * 3600 };
    const { name } = sessionIn(ada.cookies);
    expect(identity.changedCookies).toEqual([{ name, value: expect.stringMatching(/^base64-/), options }]);
    const again = await identifyBy({ cookies: identity.changedCookies });
    expect(again).toMatchObject({ user: { id: ada.id }, via: "cookies", changedCookies: [] });
  });

  it("that was refreshed is one to @supabase/ssr, however long it is, and no old piece lies about", async () => {
    const ada = await signUp(supabase);
    const expired = sessionIn(expireSession(supabase, ada));
    await supabase.query("update auth.users set raw_user_meta_data = $2 where id = $1", [
      ada.id,
      { about: "x".repeat(4000) },
    ]);
    const before = [...inPieces(expired.name, expired.value), { name: `${expired.name}.9`, value: "old" }];
    const { changedCookies } = await identifyBy({ cookies: before });
    const jar = new Map(before.map(({ name, value }) => [name, value]));
    for (const { name, value, options } of changedCookies) {
      if (options.maxAge === 0) jar.delete(name);
      else jar.set(name, value);
    }
    expect(jar.has(`${expired.name}.9`)).toBe(false);
    expect(jar.size).toBeGreaterThan(1);
    const cookies = { getAll: () => [...jar].map(([name, value]) => ({ name, value })), setAll: () => {} };
    const { data } = await createServerClient(supabase.url, supabase.publishableKey, { cookies }).auth.getSession();
    expect(data.session).toMatchObject({ refresh_token: expect.any(String), user: { id: ada.id } });
    expect(data.session?.expires_at).toBeGreaterThan(inSeconds(3000));
  });

  it("that can't be refreshed any more is refused", async () => {
    const ada = await signUp(supabase);
    const over = { code: "unauthenticated", message: "The session is over. Sign in again." };
    for (const refresh_token of ["forged", "", undefined]) {
      const dead = rewriteSession(expireSession(supabase, ada), { refresh_token });
      await expect(identifyBy({ cookies: dead })).rejects.toMatchObject(over);
    }
  });

  it("that was tampered with, or cannot be read, is refused", async () => {
    const { cookies } = await signUp(supabase);
    const { name, value } = sessionIn(cookies);
    const forged = issueToken({ ...supabase, signingKey: await anotherKey() }, { sub: randomUUID() });
    await expect(identifyBy({ cookies: rewriteSession(cookies, { access_token: forged }) })).rejects.toMatchObject(
      refusal,
    );
    const [first, second, third] = inPieces(name, value);
    const unreadable = [
      ...["garbage", "base64-e30", "base64-", "base64-!!!", "base64-bnVsbA", "base64-eyJhY2Nlc3NfdG9rZW4iOjF9"].map(
        (other) => [{ name, value: other }],
      ),
      [first, second],
      [first, third],
      [second, third],
    ];
    for (const pieces of unreadable) {
      const refused = { code: "unauthenticated", message: "The session cookie cannot be read. Sign in again." };
      const brought = pieces.flatMap((piece) => piece ?? []);
      await expect(identifyBy({ cookies: brought }), JSON.stringify(brought)).rejects.toMatchObject(refused);
    }
  });
});

describe("whoever brings neither", () => {
  it.each([
    {},
    { accessToken: "" },
    { cookies: [] },
    {
      cookies: [
        "theme",
        "auth-token",
        "sb-auth-token",
        "xsb-127-auth-token",
        "sb-127-auth-token-code-verifier",
        "sb-other-auth-token",
      ].map((name) => ({ name, value: "1" })),
    },
    { cookies: [{ name: "sb-127-auth-token", value: "" }] },
  ])("is nobody: %j", async (credentials) => {
    expect(await identifyBy(credentials)).toEqual(NOBODY);
  });
});
