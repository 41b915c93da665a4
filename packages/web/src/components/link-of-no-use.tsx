import { Link, useLocation } from "wouter";
import type { LinkProblem } from "../email-link.ts";
import { SIGN_IN_PAGES } from "../next-path.ts";
import { useSession } from "../session.tsx";
import { Notice } from "./notice.tsx";

const WORDS: Record<LinkProblem, string> = {
  expired: "This link has been used already, or is too old. Have a new one sent.",
  elsewhere:
    "This link works only in the browser where you asked for it, and is used up now. To go on here, ask for another e-mail here. To go on there, ask for one there. If it was to confirm your e-mail, that is done.",
  refused: "That did not sign you in. Try it again, or choose another way.",
};

const HAVE_ANOTHER: string[] = [...SIGN_IN_PAGES, "/settings"];

/** Why a link from an e-mail, or an account elsewhere, did not sign anybody in; and where another one is had. */
export function LinkOfNoUse({ problem }: { problem: LinkProblem }) {
  const session = useSession();
  const [path] = useLocation();
  const [way, name] = session.status === "signed-in" ? ["/settings", "Sign-in settings"] : ["/sign-in", "Sign in"];
  return (
    <Notice tone="busy">
      <span>{WORDS[problem]}</span>
      {!HAVE_ANOTHER.includes(path) && (
        <Link href={way} className="button button-small">
          {name}
        </Link>
      )}
    </Notice>
  );
}
