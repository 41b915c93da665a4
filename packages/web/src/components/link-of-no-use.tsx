import type { LinkProblem } from "../email-link.ts";
import { Notice } from "./notice.tsx";

/** Why a link from an e-mail did not work. */
export function LinkOfNoUse({ problem }: { problem: LinkProblem }) {
  return (
    <Notice tone="busy">
      <span>
        {problem === "expired"
          ? "This link has been used already, or is too old. Have a new one sent."
          : "A link signs in only where it was asked for: open it in that browser, or have a new one sent from here. If it was to confirm your e-mail, that is done."}
      </span>
    </Notice>
  );
}
