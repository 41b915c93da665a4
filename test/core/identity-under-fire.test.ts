import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type Credentials, createIdentifier, identify } from "@turnpike/core/identity";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type LentSupabase, lendSupabase } from "../parts/index.ts";
import { addUser, expireSession, issueToken, rewriteSession, signUp } from "../parts/people.ts";
import { type Obstacle, standBeforeSupabase } from "../parts/proxy.ts";
import { signToken } from "../security/tokens.ts";

let supabase: LentSupabase;
beforeAll(async () => {
  supabase = await lendSupabase();
});
afterEach(() => void vi.useRealTimers());

const KEYS = "GET /auth/v1/.well-known/jwks.json";
const REFRESH = "POST /auth/v1/token?grant_type=refresh_token";
const unauthenticated = { code: "unauthenticated" };
const unavailable = { code: "auth_unavailable", reason: expect.any(String) };

/** Identifies through a wire on which something may stand in the way, and knows what went over it. */
async function stand(obstacle: Obstacle = () => {}) {
  const { requests, url } = await standBeforeSupabase(supabase, obstacle);
  const identifier = createIdentifier({ url, publishableKey: supabase.publishableKey });
  return { requests, identifyBy: (credentials: Credentials) => identify(identifier, credentials) };
}

const answerWith = (response: ServerResponse, status: number, body: string) =>
  response.writeHead(status, { "content-type": "application/json" }).end(body);

/** Lets time pass at once. */
function sleep(ms: number) {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
}

const foreign = generateKeyPairSync("ec", { namedCurve: "P-256" });
const longLived = (sub: string) => issueToken(supabase, { sub, exp: Math.floor(Date.now() / 1000) + 24 * 3600 });

/** What strangers can make up. */
function forgeries(): string[] {
  const { kid } = supabase.signingKey;
  const exp = Math.floor(Date.now() / 1000);
  const claims = { sub: randomUUID(), role: "authenticated" };
  return [60, -60].flatMap((seconds) => {
    const dated = { ...claims, exp: exp + seconds };
    return [
      signToken({ alg: "ES256", kid: randomUUID() }, dated, foreign.privateKey),
      signToken({ alg: "ES256", kid }, dated, foreign.privateKey),
      signToken({ alg: "ES256" }, dated, foreign.privateKey),
      signToken({ alg: "RS256", kid }, dated, "AA"),
      signToken({ alg: "HS256", kid }, dated, "AA"),
      signToken({ alg: "none" }, dated, ""),
      "nonsense",
    ];
  });
}

async function refuseAll(identifyBy: (credentials: Credentials) => Promise<unknown>, tokens: string[]) {
  const { cookies } = await signUp(supabase);
  for (const access_token of tokens) {
    await expect(identifyBy({ accessToken: access_token })).rejects.toMatchObject(unauthenticated);
    const session = rewriteSession(cookies, { access_token, expires_at: 1 });
    await expect(identifyBy({ cookies: session })).rejects.toMatchObject(unauthenticated);
  }
}

describe("what strangers send", () => {
  it("makes us ask Supabase for its keys once, and for nothing else", async () => {
    const { requests, identifyBy } = await stand();
    await refuseAll(identifyBy, Array.from({ length: 5 }, forgeries).flat());
    expect(requests).toEqual([KEYS]);
    sleep(61_000);
    await refuseAll(identifyBy, forgeries());
    expect(requests).toEqual([KEYS, KEYS]);
  });

  it("without a key's name, or of a kind that no project's keys sign, makes us ask nothing at all", async () => {
    const { requests, identifyBy } = await stand();
    const headerOf = (token: string) => Buffer.from(token.split(".")[0] ?? "", "base64url").toString();
    const others = forgeries().filter((token) => !/^{"alg":"(ES|RS)256","kid"/.test(headerOf(token)));
    expect(others).toHaveLength(8);
    await refuseAll(identifyBy, others);
    expect(requests).toEqual([]);
  });

  it("in great numbers at once makes us ask once", async () => {
    const { requests, identifyBy } = await stand();
    const tokens = Array.from({ length: 3 }, forgeries).flat();
    await Promise.all(tokens.map((accessToken) => expect(identifyBy({ accessToken })).rejects.toThrow()));
    expect(requests).toEqual([KEYS]);
  });

  it("with a token of their own that has expired tries out one refresh token a minute", async () => {
    const { requests, identifyBy } = await stand();
    const expired = expireSession(supabase, await signUp(supabase));
    const tryOne = () =>
      expect(identifyBy({ cookies: rewriteSession(expired, { refresh_token: randomUUID() }) })).rejects.toMatchObject(
        unauthenticated,
      );
    for (let tries = 0; tries < 5; tries++) await tryOne();
    expect(requests).toEqual([KEYS, REFRESH]);
    sleep(61_000);
    await tryOne();
    expect(requests).toEqual([KEYS, REFRESH, REFRESH]);
  });
});

describe("the project's keys", () => {
  it("are asked for once, and after ten minutes again", async () => {
    const { requests, identifyBy } = await stand();
    const accessToken = longLived(randomUUID());
    for (let calls = 0; calls < 3; calls++) await identifyBy({ accessToken });
    sleep(9 * 60_000);
    await identifyBy({ accessToken });
    expect(requests).toEqual([KEYS]);
    sleep(61_000);
    await identifyBy({ accessToken });
    expect(requests).toEqual([KEYS, KEYS]);
  });

  it("hold while new ones can't be had; one that is not among them may be a new one", async () => {
    let broken = false;
    const { identifyBy } = await stand((_, response) => broken && answerWith(response, 503, "{}"));
    const accessToken = longLived(randomUUID());
    await identifyBy({ accessToken });
    broken = true;
    sleep(60 * 60_000);
    expect(await identifyBy({ accessToken })).toMatchObject({ via: "token" });
    const rotated = signToken({ alg: "ES256", kid: "new" }, {}, foreign.privateKey);
    await expect(identifyBy({ accessToken: rotated })).rejects.toMatchObject(unavailable);
  });

  it("may be new: after a minute at the most they are known, and one that was withdrawn is not", async () => {
    let published: object | undefined;
    const { identifyBy } = await stand(({ url = "" }, response) => {
      if (published && url.endsWith("jwks.json")) answerWith(response, 200, JSON.stringify({ keys: [published] }));
    });
    const before = longLived(randomUUID());
    await identifyBy({ accessToken: before });
    published = { ...foreign.publicKey.export({ format: "jwk" }), kid: "new", alg: "ES256" };
    const claims = { sub: randomUUID(), role: "authenticated", exp: Math.floor(Date.now() / 1000) + 3600 };
    sleep(61_000);
    const accessToken = signToken({ alg: "ES256", kid: "new" }, claims, foreign.privateKey);
    expect(await identifyBy({ accessToken })).toMatchObject({ user: { id: claims.sub } });
    await expect(identifyBy({ accessToken: before })).rejects.toMatchObject(unauthenticated);
  });

  it.each([
    ["RS256", generateKeyPairSync("rsa", { modulusLength: 2048 }), "sha256"],
    ["EdDSA", generateKeyPairSync("ed25519"), null],
  ] as const)("may be of %s", async (alg, { publicKey, privateKey }, digest) => {
    const keys = [{ ...publicKey.export({ format: "jwk" }), kid: "k", alg, use: "sig" }];
    const { identifyBy } = await stand((_, response) => answerWith(response, 200, JSON.stringify({ keys })));
    const claims = { sub: randomUUID(), role: "authenticated", exp: Math.floor(Date.now() / 1000) + 60 };
    const accessToken = signToken({ alg, kid: "k" }, claims, (input) =>
      sign(digest, Buffer.from(input), privateKey).toString("base64url"),
    );
    expect(await identifyBy({ accessToken })).toMatchObject({ user: { id: claims.sub } });
  });
});

/** How a service may fail; what it answers where there is an answer. */
const FAILURES: [string, (response: ServerResponse) => unknown][] = [
  ["500", (response) => answerWith(response, 500, "{}")],
  ["503", (response) => answerWith(response, 503, "")],
  ["429", (response) => answerWith(response, 429, '{"error_code":"over_request_rate_limit"}')],
  ["401", (response) => answerWith(response, 401, '{"message":"Invalid API key"}')],
  ["a reset", (response) => response.destroy()],
  ["a page", (response) => answerWith(response, 200, "<!doctype html>")],
  ["half an answer", (response) => response.writeHead(200, { "content-length": 99 }).write("{") && response.destroy()],
  ["null", (response) => answerWith(response, 200, "null")],
  ["an empty object", (response) => answerWith(response, 200, "{}")],
];

describe("while Supabase Auth fails", () => {
  const noKeys = () => [
    '{"keys":[]}',
    '{"keys":[null]}',
    '{"keys":[{}]}',
    JSON.stringify({ keys: [{ kty: "EC", crv: "P-256", x: "AA", y: "AA", kid: supabase.signingKey.kid }] }),
  ];

  it.each([
    ...FAILURES,
    ...[0, 1, 2, 3].map((n): (typeof FAILURES)[number] => [
      `keys that are none (${n})`,
      (response) => answerWith(response, 200, noKeys()[n] ?? ""),
    ]),
  ])("with %s for its keys, nobody is a stranger: who they are can't be told, and later can", async (_, fail) => {
    let broken = true;
    const { identifyBy } = await stand((__, response) => (broken ? fail(response) : undefined));
    const ada = await signUp(supabase);
    const credentials = [{ accessToken: ada.session.access_token }, { cookies: ada.cookies }];
    for (const shown of credentials) await expect(identifyBy(shown)).rejects.toMatchObject(unavailable);
    broken = false;
    sleep(61_000);
    for (const shown of credentials) expect((await identifyBy(shown)).user?.id).toBe(ada.id);
  });

  it.each([...FAILURES, ["409", (response: ServerResponse) => answerWith(response, 409, "{}")] as const])(
    "with %s for a refresh, the session stays, and goes on when it is over",
    async (_, fail) => {
      let broken = true;
      const { identifyBy } = await stand(({ url = "" }, response) => {
        if (broken && url.includes("refresh_token")) return fail(response);
      });
      const ada = await signUp(supabase);
      const cookies = expireSession(supabase, ada);
      await expect(identifyBy({ cookies })).rejects.toMatchObject(unavailable);
      broken = false;
      expect((await identifyBy({ cookies })).user?.id).toBe(ada.id);
    },
  );

  it("and does not answer at all, we do, in half of a function's time", async () => {
    const silent = await stand(() => new Promise(() => {}));
    const mute = await stand(({ url = "" }) => url.includes("refresh_token") && new Promise(() => {}));
    const ada = await addUser(supabase);
    const cookies = expireSession(supabase, await signUp(supabase));
    const began = performance.now();
    await Promise.all([
      expect(silent.identifyBy({ accessToken: ada.accessToken })).rejects.toMatchObject({
        ...unavailable,
        reason: "Supabase Auth gave no answer that can be read: TimeoutError",
      }),
      expect(mute.identifyBy({ cookies })).rejects.toMatchObject(unavailable),
    ]);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it("strangers' tokens do not make us ask it again and again", async () => {
    const { requests, identifyBy } = await stand((_, response) => answerWith(response, 500, "{}"));
    sleep(0);
    for (const accessToken of forgeries()) await expect(identifyBy({ accessToken })).rejects.toThrow();
    expect(requests).toEqual([KEYS]);
  });
});

describe("the requests of one page, that bring one expired session", () => {
  it("get the same new one, and Supabase is asked once", async () => {
    const { requests, identifyBy } = await stand();
    const ada = await signUp(supabase);
    const cookies = expireSession(supabase, ada);
    const identities = await Promise.all(Array.from({ length: 3 }, () => identifyBy({ cookies })));
    identities.push(await identifyBy({ cookies }));
    for (const identity of identities) expect(identity).toEqual(identities[0]);
    expect(identities[0]?.user?.id).toBe(ada.id);
    expect(requests).toEqual([KEYS, REFRESH]);
  });

  it("get nothing of it without its refresh token", async () => {
    const { identifyBy } = await stand();
    const ada = await signUp(supabase);
    const cookies = expireSession(supabase, ada);
    expect((await identifyBy({ cookies })).user?.id).toBe(ada.id);
    const stolen = rewriteSession(cookies, { refresh_token: "guessed" });
    await expect(identifyBy({ cookies: stolen })).rejects.toMatchObject(unauthenticated);
  });
});
