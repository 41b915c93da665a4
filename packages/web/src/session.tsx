import type { User } from "@supabase/supabase-js";
import { createContext, type ReactNode, use, useEffect, useState } from "react";
import { getSupabase } from "./supabase.ts";

export type Session = { status: "loading" } | { status: "signed-out" } | { status: "signed-in"; user: User };

const SessionContext = createContext<Session>({ status: "loading" });

/** Who is signed in, kept current across tabs and token refreshes. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session>({ status: "loading" });
  useEffect(() => {
    const { data } = getSupabase().auth.onAuthStateChange((_event, current) => {
      setSession(current ? { status: "signed-in", user: current.user } : { status: "signed-out" });
    });
    return () => data.subscription.unsubscribe();
  }, []);
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  return use(SessionContext);
}

/** Signs out here; other devices stay signed in. False when the server did not answer: then the session goes on. */
export async function signOut(): Promise<boolean> {
  const { error } = await getSupabase().auth.signOut({ scope: "local" });
  return !error;
}
