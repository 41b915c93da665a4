import type { Store } from "../state/store.ts";
import { ApiError, invalid, missingParameter, unauthorized } from "./errors.ts";

/** Whose key it is: the server's, or the one that browsers have. */
export type KeyKind = "secret" | "publishable";

/** Any test key will do, as a Bearer token or as the user name of Basic authentication; else 401. */
export function authenticate(request: Request): KeyKind {
  const [scheme = "", credentials = ""] = (request.headers.get("authorization") ?? "").split(" ");
  const key = scheme.toLowerCase() === "basic" ? atobOrEmpty(credentials).split(":")[0] : credentials;
  if (!key) {
    throw unauthorized(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details.",
    );
  }
  if (/^pk_test_\w+$/.test(key)) return "publishable";
  if (!/^(sk|rk)_test_\w+$/.test(key)) throw unauthorized(`Invalid API Key provided: ${key.slice(0, 8)}****`);
  return "secret";
}

/** A stream of meter events has a key of its own, for a quarter of an hour; 401 without it. */
export function authenticateStream(request: Request, store: Store, now: number): KeyKind {
  const [, token = ""] = (request.headers.get("authorization") ?? "").split(" ");
  const session = store.meterSessions.all().find((row) => row.token === token);
  if (session && session.expires > now) return "secret";
  if (!session) throw unauthorized(`Invalid API Key provided: ${token.slice(0, 8)}****`);
  const message = "The session has expired. Create a new meter event session.";
  throw new ApiError(400, { type: "temporary_session_expired", code: "billing_meter_event_session_expired", message });
}

function atobOrEmpty(text: string): string {
  try {
    return atob(text);
  } catch {
    return "";
  }
}

/** What browsers may do with a publishable key (https://docs.stripe.com/keys#obtain-api-keys), where they know the `client_secret`. */
const BROWSERS =
  /^(POST \/v1\/payment_methods|(GET \/v1\/(payment|setup)_intents\/:id)|(POST \/v1\/(payment|setup)_intents\/:id\/confirm))$/;

/** 401 or 400 for what browsers may not do; `secret` is the object's own, where it has one. */
export function expectAllowed(operation: string, given: unknown, secret: string | null | undefined): void {
  if (!BROWSERS.test(operation))
    throw unauthorized(
      "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.",
    );
  if (operation === "POST /v1/payment_methods" || (given !== undefined && given === secret)) return;
  throw given === undefined
    ? missingParameter("client_secret")
    : invalid("The client_secret provided does not match any associated object.", undefined, "client_secret");
}
