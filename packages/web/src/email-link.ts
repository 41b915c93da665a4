/** A code of Supabase's. Anybody may have put another one into an address of ours: of a voucher, of whoever recommends us. */
const isAuthCode = (code: string | null) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(code ?? "");

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
  if (said.some((parameters) => parameters.has("error_code") || parameters.has("error_description"))) return "refused";
  return isAuthCode(query.get("code")) || isAuthCode(before.get("code")) ? "code" : undefined;
}

/** A link of an e-mail, or a provider, has brought something to sign in by. */
export const comesByLink = (location: Pick<Location, "search" | "hash">): boolean =>
  linkIn(location) === "code" || location.hash.includes("access_token=");
