import { BillingError } from "../errors/index.ts";
import type { Site } from "./index.ts";

/**
 * Refuses to send anyone to a foreign site: only the configured origins are allowed.
 * @throws BillingError `redirect_not_allowed`
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html
 */
export function assertAllowedRedirect(site: Site, url: string): void {
  if (URL.canParse(url) && site.allowedOrigins.includes(new URL(url).origin)) return;
  throw new BillingError(
    "redirect_not_allowed",
    `Redirect URLs must be absolute and on one of: ${site.allowedOrigins.join(", ")}`,
  );
}
