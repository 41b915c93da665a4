import { useState } from "react";
import { useSession } from "./session.tsx";

/** Why a link from an e-mail, or an account elsewhere, did not sign anybody in. */
export type LinkProblem = "expired" | "elsewhere" | "refused";

/** What the address has brought, in the query or behind the `#`. https://supabase.com/docs/guides/auth/debugging/error-codes */
export function linkIn({
  search,
  hash,
}: Pick<Location, "search" | "hash">): "expired" | "refused" | "code" | undefined {
  const query = new URLSearchParams(search);
  // Whoever is not signed in was led on to the sign-in page by the one that the link was for.
  const before = new URLSearchParams(query.get("next")?.split(/[?#]/).slice(1).join("&"));
  const said = [query, before, new URLSearchParams(hash.slice(1))];
  if (said.some((parameters) => parameters.get("error_code") === "otp_expired")) return "expired";
  if (said.some((parameters) => parameters.has("error_code") || parameters.has("error"))) return "refused";
  return query.has("code") || before.has("code") ? "code" : undefined;
}

/**
 * Why the link that led here is of no use: it is used or too old, or it was asked for in another browser, which alone knows the secret
 * to it. Undefined for an address that came from no link, and while a good link signs in.
 */
export function useLinkProblem(): LinkProblem | undefined {
  const session = useSession();
  const [brought] = useState(() => linkIn(window.location));
  if (brought === "code") return session.status === "signed-out" ? "elsewhere" : undefined;
  return brought;
}
