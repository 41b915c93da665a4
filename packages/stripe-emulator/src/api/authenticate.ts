import { unauthorized } from "./errors.ts";

/** Any test key will do, as a Bearer token or as the user name of Basic authentication; else 401. */
export function authenticate(request: Request): void {
  const [scheme = "", credentials = ""] = (request.headers.get("authorization") ?? "").split(" ");
  const key = scheme.toLowerCase() === "basic" ? atobOrEmpty(credentials).split(":")[0] : credentials;
  if (!key) {
    throw unauthorized(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details.",
    );
  }
  if (!/^(sk|rk)_test_\w+$/.test(key)) throw unauthorized(`Invalid API Key provided: ${key.slice(0, 8)}****`);
}

function atobOrEmpty(text: string): string {
  try {
    return atob(text);
  } catch {
    return "";
  }
}
