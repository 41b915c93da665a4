"use client";

import type { ReactNode } from "react";
import type { Refused } from "./post.ts";

interface RefusalProps {
  error: Refused;
  /** Where to sign in. Default: this site's page, which leads back here. */
  signInUrl?: string | undefined;
  /** Another way on. */
  children?: ReactNode;
}

/** Why something was not done, and a way on. */
export function Refusal({ error, signInUrl, children }: RefusalProps) {
  return (
    <div className="refused">
      <p className="field-error" role="alert">
        {error.message}
      </p>
      {error.answer.code === "unauthenticated" ? <a href={signInUrl ?? signInPage()}>Sign in</a> : children}
    </div>
  );
}

function signInPage(): string {
  const { pathname, search } = window.location;
  // Why it is needed: the browser may hold a session that is refused.
  return `/sign-in?${new URLSearchParams({ next: pathname + search, problem: "unauthenticated" })}`;
}
