import type { User } from "@supabase/supabase-js";
import type { ReactNode } from "react";
import { Redirect } from "wouter";
import { NotLoaded } from "../later.tsx";
import { signInPath } from "../next-path.ts";
import { useSession } from "../session.tsx";
import { Skeleton } from "./notice.tsx";

interface SignedInProps {
  /** What of theirs it is: `account`. */
  what: string;
  /** What others see. Default: the way to sign in, and back here. */
  others?: ReactNode;
  children: (user: User) => ReactNode;
}

const here = ({ pathname, search, hash }: Location) => pathname + search + hash;

/** What is for those alone who are signed in. */
export function SignedIn({ what, others, children }: SignedInProps) {
  const session = useSession();
  switch (session.status) {
    case "loading":
      return <Skeleton what={`your ${what}`} cards={1} />;
    case "unreachable":
      return <NotLoaded what={`Your ${what}`} isOurs={session.isOurs} />;
    case "signed-out":
      return others ?? <Redirect to={signInPath(here(window.location))} replace />;
    case "signed-in":
      return children(session.user);
  }
}
