/**
 * Where to go after signing in: `next` when it is a path of this site, else the account page. A link that came by e-mail
 * must not be able to send somebody who has just typed a password to another site.
 */
export function safeNextPath(next: string | null, fallback = "/account"): string {
  if (!next?.startsWith("/")) return fallback;
  const here = "http://here.invalid";
  // The URL parser reads `//other.site`, `/\other.site` and `/<tab>/other.site` as another site, as browsers do.
  const target = URL.parse(next, here);
  const path = target?.origin === here && target.pathname + target.search + target.hash;
  return path && !path.startsWith("//") ? path : fallback;
}

/** The pages by which somebody comes to be signed in. */
export const SIGN_IN_PAGES = ["/sign-in", "/sign-up", "/sign-in-by-email", "/reset-password", "/new-password"] as const;
export type SignInPage = (typeof SIGN_IN_PAGES)[number];

/** The address of a page that signs in and comes back to `next` afterwards. */
export function signInPath(next: string, page: SignInPage = "/sign-in"): string {
  return `${page}?${new URLSearchParams({ next })}`;
}
