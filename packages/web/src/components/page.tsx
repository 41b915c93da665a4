import type { ReactNode } from "react";
import { brand } from "../brand.ts";

/** One page's main landmark and its title in the browser's tab. */
export function Page({ title, narrow, children }: { title: string; narrow?: boolean; children: ReactNode }) {
  return (
    <main className={narrow ? "page page-narrow" : "page"}>
      <title>{`${title} · ${brand.name}`}</title>
      {children}
    </main>
  );
}
