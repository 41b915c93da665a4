import type { User } from "@supabase/supabase-js";
import { createContext, type ReactNode, use, useEffect, useState } from "react";
import { getAuth, holdsSession, whenAuthIsLoaded } from "./supabase.ts";

export type Session = { status: "loading" } | { status: "signed-out" } | { status: "signed-in"; user: User };

const SessionContext = createContext<Session>({ status: "loading" });

/** A link of an e-mail, or a provider, has brought something to sign in by, or says why not. */
const comesByLink = ({ search, hash }: Location) => /[?&#](code|error|access_token)=/.test(search + hash);

/** Who is signed in, kept current across tabs and token refreshes. Nothing needs to be asked about who holds no session. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session>(() => ({
    status: holdsSession() || comesByLink(window.location) ? "loading" : "signed-out",
  }));
  useEffect(() => {
    let subscription: { unsubscribe(): void } | undefined;
    let isOver = false;
    let isAsked = false;
    const follow = async () => {
      if (isAsked) return;
      isAsked = true;
      try {
        const auth = await getAuth();
        if (isOver) return;
        ({
          data: { subscription },
        } = auth.onAuthStateChange((_event, current) => {
          setSession(current ? { status: "signed-in", user: current.user } : { status: "signed-out" });
        }));
      } catch {
        isAsked = false;
        setSession({ status: "signed-out" });
      }
    };
    const look = () => {
      if (holdsSession()) void follow(); // signed in meanwhile, in another tab
    };
    if (comesByLink(window.location)) void follow();
    look();
    window.addEventListener("focus", look);
    const stop = whenAuthIsLoaded(() => void follow());
    return () => {
      isOver = true;
      stop();
      window.removeEventListener("focus", look);
      subscription?.unsubscribe();
    };
  }, []);
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  return use(SessionContext);
}

/** Signs out here; other devices stay signed in. False when the server did not answer: then the session goes on. */
export async function signOut(): Promise<boolean> {
  const { error } = await (await getAuth()).signOut({ scope: "local" });
  return !error;
}
