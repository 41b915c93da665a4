import { randomBytes } from "node:crypto";
import {
  calculateJwkThumbprint,
  decodeJwt,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from "jose";

/** The parts of Supabase's user object that its access tokens repeat. */
export interface TokenUser {
  app_metadata?: Record<string, unknown>;
  user_metadata?: Record<string, unknown>;
}

export interface Tokens {
  /** The secret of lite's own tokens, which never leave this process. */
  liteSecret: string;
  /** The public keys, as served under `/auth/v1/.well-known/jwks.json`. */
  jwks: { keys: JWK[] };
  /** Lite's token as the access token that a hosted project issues. */
  issue(liteToken: string, user: TokenUser): Promise<string>;
  /** A caller's access token as lite's, expiry included; one that lite refuses if it was not issued here. */
  accept(accessToken: string): Promise<string>;
  /** Lite's token for a user, for calls that the runtime makes in their name. */
  liteTokenFor(userId: string): Promise<string>;
}

/** A private ES256 key with its `kid`, as hosted projects sign with. */
export async function generateSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: "ES256", use: "sig" };
}

const refused = "not.a.token";

/**
 * Hosted projects sign with ES256 and publish a JWKS, which `auth.getClaims()` checks against; lite knows only HS256.
 * So tokens are exchanged at the door, both ways.
 * @param issuer the tokens' `iss`, e.g. `http://localhost:3000/auth/v1`
 */
export async function createTokens(signingKey: JWK, issuer: string): Promise<Tokens> {
  const { d: _private, key_ops: _operations, ...publicJwk } = signingKey;
  const { kid } = signingKey;
  if (!kid) throw new Error("The signing key has no kid. Make one with generateSigningKey().");
  const privateKey = await importJWK(signingKey, "ES256");
  const publicKey = await importJWK(publicJwk, "ES256");
  const liteSecret = randomBytes(32).toString("base64url");
  const signForLite = (payload: JWTPayload) =>
    new SignJWT(payload).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(Buffer.from(liteSecret));

  return {
    liteSecret,
    jwks: { keys: [{ ...publicJwk, alg: "ES256", use: "sig", key_ops: ["verify"], ext: true }] },
    issue(liteToken, user) {
      const claims = decodeJwt(liteToken);
      return new SignJWT({
        ...claims,
        iss: issuer,
        phone: "",
        app_metadata: user.app_metadata ?? {},
        user_metadata: user.user_metadata ?? {},
        aal: "aal1",
        amr: [{ method: "password", timestamp: claims.iat }],
        is_anonymous: false,
      })
        .setProtectedHeader({ alg: "ES256", kid, typ: "JWT" })
        .sign(privateKey);
    },
    async accept(accessToken) {
      try {
        const { payload } = await jwtVerify(accessToken, publicKey, { issuer, algorithms: ["ES256"] });
        return await signForLite(payload);
      } catch (error) {
        // Passed on, so that lite says "expired" and not "invalid".
        if (error instanceof errors.JWTExpired) return signForLite(error.payload);
        return refused;
      }
    },
    liteTokenFor: (userId) =>
      signForLite({ sub: userId, role: "authenticated", exp: Math.floor(Date.now() / 1000) + 60 }),
  };
}
