import { Link, useLocation } from "wouter";
import type { LinkProblem } from "../link-problem.ts";
import { SIGN_IN_PAGES } from "../next-path.ts";
import { useSession } from "../session.tsx";
import { Notice } from "./notice.tsx";

const WORDS: Record<LinkProblem, { says: string; way: string }> = {
  expired: { says: "This link has been used already, or is too old.", way: "Have a new one sent." },
  elsewhere: {
    says: "This link works only in the browser where you asked for it, and is used up now. If it was to confirm your e-mail, that is done.",
    way: "To go on here, ask for another e-mail here. To go on there, ask for one there.",
  },
  refused: { says: "That did not sign you in.", way: "Try it again, or choose another way." },
};

const HAVE_ANOTHER: string[] = [...SIGN_IN_PAGES, "/settings"];

/** Why a link from an e-mail, or an account elsewhere, did not sign anybody in; and where another one is had. */
export function LinkOfNoUse({ problem }: { problem: LinkProblem }) {
  const session = useSession();
  const [path] = useLocation();
  const { says, way } = WORDS[problem];
  const email = session.status === "signed-in" && session.user.email;
  const [href, name] = email ? ["/settings", "Sign-in settings"] : ["/sign-in", "Sign in"];
  return (
    <Notice tone="busy">
      <span>{`${says} ${email ? `You are signed in as ${email}.` : way}`}</span>
      {!HAVE_ANOTHER.includes(path) && (
        <Link href={href} className="button button-small">
          {name}
        </Link>
      )}
    </Notice>
  );
}
