import { BillingError } from "../errors/index.ts";
import type { Site } from "./site.ts";

// Stripe takes no longer ones.
const LONGEST = 5000;

/**
 * Refuses to send anyone to a foreign site: only the configured origins are allowed, written as they are configured.
 *
 * The address is compared as text and not as a URL parser reads it: Stripe's parser, a proxy's and a browser's differ in what
 * they make of a backslash, a tab, a user name or a wide letter in front of the path, and none of them may end elsewhere.
 * @throws BillingError `redirect_not_allowed`
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html
 */
export function assertAllowedRedirect(site: Site, url: string): void {
  const ours = site.allowedOrigins.some(
    (origin) => url.startsWith(origin) && /^([/?#]|$)/.test(url.slice(origin.length)),
  );
  if (ours && url.length <= LONGEST && /^[!-~]+$/.test(url) && !/["<>\\]/.test(url)) return;
  throw new BillingError(
    "redirect_not_allowed",
    `Redirect URLs must be absolute and on one of: ${site.allowedOrigins.join(", ")}`,
  );
}
