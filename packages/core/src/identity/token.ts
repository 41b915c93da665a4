import { errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from "jose";
import { BillingError } from "../errors/index.ts";
import type { SigningKeys } from "./keys.ts";
import { unauthenticated, unavailable } from "./refusals.ts";

/** A signed-in user of the product. */
export interface User {
  /** The UUID in `auth.users`. */
  id: string;
  email: string | undefined;
}

/** What an access token says that the project has signed. */
export interface Token {
  user: User;
  expired: boolean;
}

// What Supabase signs with, apart from secrets: https://supabase.com/docs/guides/auth/signing-keys
const ALGORITHMS = ["ES256", "RS256", "EdDSA"];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Reads an access token that the project has signed for a user. Nothing is asked of Supabase but its published keys, and those only
 * for a token that says it is signed with one.
 * @throws BillingError `unauthenticated` for any other, `auth_unavailable` when that cannot be told
 */
export async function readToken(keys: SigningKeys, accessToken: string): Promise<Token> {
  try {
    const options = { algorithms: ALGORITHMS, requiredClaims: ["exp"] };
    const { payload } = await jwtVerify(accessToken, (header: JWTHeaderParameters) => keys.find(header), options);
    return { user: userOf(payload), expired: false };
  } catch (error) {
    if (error instanceof BillingError) throw error;
    // The signature has been found good by then.
    if (error instanceof errors.JWTExpired) return { user: userOf(error.payload), expired: true };
    if (error instanceof errors.JOSEError) throw notValid(reasonOf(error));
    throw unavailable(`A token could not be checked: ${(error as Error).name}`);
  }
}

export function notValid(reason?: string): BillingError {
  return unauthenticated("The access token is not valid, or has expired", reason);
}

function userOf({ role, sub, email }: JWTPayload): User {
  if (role !== "authenticated" || typeof sub !== "string" || !UUID.test(sub)) {
    throw notValid("The access token is not a user's");
  }
  return { id: sub, email: typeof email === "string" && email ? email : undefined };
}

function reasonOf(error: errors.JOSEError): string {
  return error instanceof errors.JOSEAlgNotAllowed
    ? `The access token is not signed with ${ALGORITHMS.join(", ")}: a project that signs with its legacy secret is not supported`
    : `The access token is not valid: ${error.code}`;
}
