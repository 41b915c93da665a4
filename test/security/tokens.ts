import { createHmac, createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from "node:crypto";
import type { Person } from "../world.ts";

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");

/** A token's parts, as they are before anybody checks them. */
export function readToken(token: string) {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const decode = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, "base64url").toString());
  return { header: decode(header), claims: decode(payload), signature };
}

/** A token with any header and claims, signed by ES256 unless it is told another way. */
export function signToken(
  header: unknown,
  claims: unknown,
  signature: KeyObject | string | ((input: string) => string),
): string {
  const input = `${encode(header)}.${encode(claims)}`;
  if (typeof signature === "string") return `${input}.${signature}`;
  if (typeof signature === "function") return `${input}.${signature(input)}`;
  return `${input}.${sign("sha256", Buffer.from(input), { key: signature, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

/** The same token when its time is over. */
export function expire(token: string, key: JsonWebKey): string {
  const { header, claims } = readToken(token);
  const over = { ...claims, exp: Math.floor(Date.now() / 1000) - 1 };
  return signToken(header, over, createPrivateKey({ key, format: "jwk" }));
}

const hmac = (secret: string) => (input: string) => createHmac("sha256", secret).update(input).digest("base64url");

/**
 * Tokens in the name of `victim` that nobody issued, and some that were issued for something else.
 * @param key the project's own private key, for what only the project could have signed
 */
export function badTokens(victim: Person, key: JsonWebKey & { kid?: string }): [what: string, token: string][] {
  const { header, claims, signature } = readToken(victim.accessToken);
  const own = createPrivateKey({ key, format: "jwk" });
  const { privateKey: foreign, publicKey: foreignPublic } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { d: _, ...publicJwk } = key;
  const now = Math.floor(Date.now() / 1000);
  const { sub: _sub, ...nobody } = claims;
  const { exp: _exp, ...endless } = claims;
  return [
    ["with another user", signToken(header, { ...claims, sub: crypto.randomUUID() }, signature)],
    ["of algorithm none", signToken({ alg: "none" }, claims, "")],
    ["of algorithm none that names our key", signToken({ ...header, alg: "none" }, claims, "")],
    ["of algorithm nOnE", signToken({ ...header, alg: "nOnE" }, claims, "AA")],
    ["of an algorithm that is no text", signToken({ ...header, alg: 7 }, claims, signature)],
    ["of an algorithm that we do not know", signToken({ ...header, alg: "PS512" }, claims, signature)],
    ["of RS256 beside our ES256 key", signToken({ ...header, alg: "RS256" }, claims, signature)],
    [
      "signed by HS256 with the public key as its secret",
      signToken({ ...header, alg: "HS256" }, claims, hmac(JSON.stringify(publicJwk))),
    ],
    ["signed by HS256 with an empty secret", signToken({ alg: "HS256" }, claims, hmac(""))],
    [
      "signed by HS256 with the x of the public key",
      signToken({ alg: "HS256", typ: "JWT" }, claims, hmac(String(publicJwk.x))),
    ],
    ["of another project, under our key's name", signToken(header, claims, foreign)],
    [
      "of another project",
      signToken({ ...header, kid: "theirs" }, { ...claims, iss: "https://other.supabase.co/auth/v1" }, foreign),
    ],
    [
      "that brings its own key",
      signToken({ ...header, jwk: foreignPublic.export({ format: "jwk" }) }, claims, foreign),
    ],
    [
      "that names a key elsewhere",
      signToken(
        { ...header, kid: "../../x", jku: "https://evil.example/jwks", x5u: "https://evil.example" },
        claims,
        foreign,
      ),
    ],
    ["without a signature", signToken(header, claims, "")],
    ["that has expired", signToken(header, { ...claims, exp: now - 1 }, own)],
    ["that never expires", signToken(header, endless, own)],
    ["of a visitor", signToken(header, { ...claims, role: "anon" }, own)],
    ["of the service role", signToken(header, { ...claims, role: "service_role" }, own)],
    ["without a role", signToken(header, { ...claims, role: undefined }, own)],
    ["with a list of roles", signToken(header, { ...claims, role: ["authenticated"] }, own)],
    ["without a user", signToken(header, nobody, own)],
    ["whose user is an object", signToken(header, { ...claims, sub: { $ne: null } }, own)],
    ["whose header is null", `${encode(null)}.${encode(claims)}.${signature}`],
    ["whose claims are null", signToken(header, null, own)],
    ["whose claims are a list", signToken(header, [claims], own)],
    ["of three words", "YWJj.YWJj.YWJj"],
    ["of three dots", "..."],
    ["of nothing between two dots", ".."],
    ["of one word", "nonsense"],
    ["in five parts", `${victim.accessToken}.YWJj.YWJj`],
    ["that is 8 KB long", signToken(header, { ...claims, padding: "x".repeat(5000) }, signature)],
    [
      "with __proto__ in its header",
      `${Buffer.from('{"__proto__":{"alg":"ES256"},"kid":"x"}').toString("base64url")}.${encode(claims)}.AA`,
    ],
  ];
}
