import type { LinkProblem } from "../email-link.ts";
import { Notice } from "./notice.tsx";

const WORDS: Record<LinkProblem, string> = {
  expired: "This link has been used already, or is too old. Have a new one sent.",
  elsewhere:
    "A link signs in only where it was asked for: open it in that browser, or have a new one sent from here. If it was to confirm your e-mail, that is done.",
  refused: "That did not sign you in. Try it again, or choose another way.",
};

/** Why a link from an e-mail, or an account elsewhere, did not sign anybody in. */
export function LinkOfNoUse({ problem }: { problem: LinkProblem }) {
  return (
    <Notice tone="busy">
      <span>{WORDS[problem]}</span>
    </Notice>
  );
}
