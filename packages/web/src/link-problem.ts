import { useState } from "react";
import { useHistoryState } from "wouter/use-browser-location";
import { linkIn } from "./email-link.ts";
import { useSession } from "./session.tsx";

/** Why a link from an e-mail, or an account elsewhere, did not sign anybody in. */
export type LinkProblem = "expired" | "elsewhere" | "refused";

/** What a page that leads on says of the link by which it was opened. */
interface LedOn {
  linkProblem?: LinkProblem | undefined;
}

/**
 * Why the link that led here is of no use: it is used or too old, or it was asked for in another browser, which alone knows the secret
 * to it. Undefined for an address that came from no link, and while a good link signs in.
 */
export function useLinkProblem(): LinkProblem | undefined {
  const session = useSession();
  const before = useHistoryState<LedOn | null>()?.linkProblem;
  const [brought] = useState(() => linkIn(window.location));
  if (brought !== "code") return brought ?? before;
  if (session.status !== "signed-in") return session.status === "signed-out" ? "elsewhere" : undefined;
  // A good one is taken out of the address when it has signed in; another one leaves whoever is signed in as they are.
  return linkIn(window.location) === "code" ? "elsewhere" : undefined;
}
