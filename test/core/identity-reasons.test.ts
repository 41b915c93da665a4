import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createIdentifier, identify } from "@turnpike/core/identity";
import { beforeAll, describe, expect, it } from "vitest";
import { type LentSupabase, lendSupabase } from "../parts/index.ts";
import { expireSession, issueToken, rewriteSession, signUp } from "../parts/people.ts";
import { type Obstacle, standBeforeSupabase } from "../parts/proxy.ts";
import { signToken } from "../security/tokens.ts";

let supabase: LentSupabase;
beforeAll(async () => {
  supabase = await lendSupabase();
});

async function stand(obstacle: Obstacle = () => {}) {
  const { requests, url } = await standBeforeSupabase(supabase, obstacle);
  const identifier = createIdentifier({ url, publishableKey: supabase.publishableKey });
  return { requests, identifyBy: (shown: Parameters<typeof identify>[1]) => identify(identifier, shown) };
}
const answering =
  (part: string, json: object): Obstacle =>
  ({ url }, response) =>
    url?.includes(part) && response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(json));

const sub = randomUUID();
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

describe("the log says why a token was not taken", () => {
  it.each([
    ["it is none", () => "nonsense", "The access token is not valid: ERR_JWS_INVALID"],
    ["it is over", () => issueToken(supabase, { sub, exp: inSeconds(-60) }), "The access token has expired"],
    ["it is a service's", () => issueToken(supabase, { sub, role: "anon" }), "The access token is not a user's"],
    ["it is of a list", () => issueToken(supabase, { sub: [sub] as never }), "The access token is not a user's"],
    ["it is of more than an id", () => issueToken(supabase, { sub: `0${sub}` }), "The access token is not a user's"],
    [
      "a secret signed it",
      () => signToken({ alg: "HS256" }, { sub }, "AA"),
      "The access token is not signed with ES256, RS256, EdDSA: a project that signs with its legacy secret is not supported",
    ],
  ])("%s", async (_, token, reason) => {
    const refused = { code: "unauthenticated", reason };
    await expect((await stand()).identifyBy({ accessToken: token() })).rejects.toMatchObject(refused);
  });
});

describe("the log says why a token could not be checked", () => {
  const kid = () => supabase.signingKey.kid;
  it.each([
    ["no key", () => [], "The project publishes no signing key"],
    ["a secret alone", () => [{ kty: "oct", k: "AA", kid: "k" }], "The project publishes no signing key"],
    ["a key without a name", () => [{ ...supabase.signingKey, d: undefined, kid: undefined }], "no signing key"],
    ["no list of keys", () => [null], "The project's keys are no key set"],
    ["half a key", () => [{ kty: "EC", crv: "P-256", x: "AA", y: "AA", kid: kid() }], "cannot be used: DataError"],
  ])("the project publishes %s", async (_, keys, reason) => {
    const { identifyBy } = await stand(answering("jwks.json", { keys: keys() }));
    const failed = { code: "auth_unavailable", reason: expect.stringContaining(reason) };
    await expect(identifyBy({ accessToken: issueToken(supabase, { sub }) })).rejects.toMatchObject(failed);
  });

  it("the project signs with a key that is too short", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const keys = [{ ...publicKey.export({ format: "jwk" }), kid: "short", alg: "RS256" }];
    const { identifyBy } = await stand(answering("jwks.json", { keys }));
    const claims = { sub, role: "authenticated", exp: inSeconds(60) };
    const accessToken = signToken({ alg: "RS256", kid: "short" }, claims, (input) =>
      sign("sha256", Buffer.from(input), privateKey).toString("base64url"),
    );
    const failed = { code: "auth_unavailable", reason: "A token could not be checked: TypeError" };
    await expect(identifyBy({ accessToken })).rejects.toMatchObject(failed);
  });

  it.each([{}, { access_token: "a" }, { refresh_token: "b" }])("a refresh is answered with %j", async (answer) => {
    const { identifyBy } = await stand(answering("refresh_token", answer));
    const cookies = expireSession(supabase, await signUp(supabase));
    const reason = "Supabase Auth refreshed a session and answered with none";
    await expect(identifyBy({ cookies })).rejects.toMatchObject({ code: "auth_unavailable", reason });
  });
});

describe("a refresh", () => {
  it("is asked for in JSON, and says so", async () => {
    const types: unknown[] = [];
    const { identifyBy } = await stand(({ url, headers }) => {
      if (url?.includes("refresh_token")) types.push(headers["content-type"]);
    });
    const cookies = expireSession(supabase, await signUp(supabase));
    const { changedCookies } = await identifyBy({ cookies: [...cookies, leftOver(cookies)] });
    expect(types).toEqual(["application/json"]);
    const removed = { ...leftOver(cookies), value: "", options: expect.objectContaining({ maxAge: 0 }) };
    expect(changedCookies).toContainEqual(removed);
  });

  it("is not asked for with what is no refresh token", async () => {
    const { requests, identifyBy } = await stand();
    const cookies = rewriteSession(expireSession(supabase, await signUp(supabase)), { refresh_token: 7 });
    await expect(identifyBy({ cookies })).rejects.toMatchObject({ code: "unauthenticated" });
    expect(requests).toEqual(["GET /auth/v1/.well-known/jwks.json"]);
  });
});

/** A piece of a longer session, from before. */
const leftOver = ([first]: { name: string }[]) => ({ name: `${first?.name.replace(/\.\d+$/, "")}.9`, value: "old" });
