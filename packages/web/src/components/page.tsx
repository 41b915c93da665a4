import type { ReactNode } from "react";
import { brand } from "../brand.ts";
import { useLinkProblem } from "../link-problem.ts";
import { LinkOfNoUse } from "./link-of-no-use.tsx";

/** One page's main landmark and its title in the browser's tab. Whichever it is, a link from an e-mail that failed may lead to it. */
export function Page({ title, narrow, children }: { title: string; narrow?: boolean; children: ReactNode }) {
  const problem = useLinkProblem();
  return (
    <main className={narrow ? "page page-narrow" : "page"}>
      <title>{`${title} · ${brand.name}`}</title>
      {problem && <LinkOfNoUse problem={problem} />}
      {children}
    </main>
  );
}
