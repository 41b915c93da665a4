import { describeProblem, referenceOf } from "../problem.ts";
import { Notice } from "./notice.tsx";

interface ProblemProps {
  code: string;
  /** By which support finds it. */
  reference: string | null;
}

/** What was refused on the way here. */
export function Problem({ code, reference: brought }: ProblemProps) {
  const reference = referenceOf(brought);
  return (
    <Notice tone="bad">
      <p>
        {describeProblem(code)}
        {reference && (
          <>
            {" "}
            If it happens again, tell support the reference <code>{reference}</code>.
          </>
        )}
      </p>
    </Notice>
  );
}
