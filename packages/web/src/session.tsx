import type { User } from "@supabase/supabase-js";
import { createContext, type ReactNode, use, useEffect, useState } from "react";
import { PATIENCE_MS } from "./buttons/in-time.ts";
import { comesByLink } from "./email-link.ts";
import {
  dropSession,
  getAuth,
  heldSession,
  holdsSession,
  isAuthAway,
  isAuthFailing,
  RENEW_MS,
  whenAuthIsLoaded,
} from "./supabase.ts";

export type Session =
  | { status: "loading" }
  /** The browser holds a session that is to be renewed, and nobody answers, or the server fails. */
  | { status: "unreachable"; isOurs: boolean }
  | { status: "signed-out" }
  | { status: "signed-in"; user: User };

const SIGNED_OUT: Session = { status: "signed-out" };
const unreachable = (): Session => ({ status: "unreachable", isOurs: isAuthFailing() });

const DROPPED = "session-dropped";

const SessionContext = createContext<Session>({ status: "loading" });

/** Whether what the browser holds says by itself who is signed in. */
const isKnown = () => !comesByLink(window.location) && (heldSession() !== undefined || !holdsSession());

/** Who that is. The same person stays the same: pages begin anew with another one. */
function known(now?: Session): Session {
  const user = heldSession()?.user;
  if (!user) return SIGNED_OUT;
  return now?.status === "signed-in" && now.user.id === user.id ? now : { status: "signed-in", user };
}

/** What it is where there is no session yet, which is also said when it could not be renewed. */
function notRenewed(now: Session): Session {
  if (now.status === "loading" && isAuthAway()) return unreachable();
  return now.status === "unreachable" || (now.status === "signed-in" && holdsSession()) ? now : SIGNED_OUT;
}

/** Who is signed in, kept current across tabs and token refreshes. Nothing is asked about a session that is good, or where there is none. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session>(() => (isKnown() ? known() : { status: "loading" }));
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
        } = auth.onAuthStateChange((event, current) => {
          setSession((now) => {
            if (current) return { status: "signed-in", user: current.user };
            return event === "INITIAL_SESSION" ? notRenewed(now) : SIGNED_OUT;
          });
        }));
      } catch {
        isAsked = false;
        setSession(unreachable());
      }
    };
    const timer = setTimeout(() => setSession((now) => (now.status === "loading" ? unreachable() : now)), PATIENCE_MS);
    // Somebody has signed in, or out, in another tab meanwhile.
    let renewal: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      if (isAsked && holdsSession()) return;
      if (!isKnown()) return void follow();
      setSession(known);
      clearTimeout(renewal);
      // Our routes take the cookie as it is: whoever reads for an hour is not to be sent to sign in again.
      const end = heldSession()?.expires_at;
      if (end) renewal = setTimeout(look, end * 1000 - RENEW_MS - Date.now());
    };
    look();
    window.addEventListener("focus", look);
    window.addEventListener(DROPPED, look);
    const stop = whenAuthIsLoaded(() => void follow());
    return () => {
      isOver = true;
      clearTimeout(timer);
      clearTimeout(renewal);
      stop();
      window.removeEventListener("focus", look);
      window.removeEventListener(DROPPED, look);
      subscription?.unsubscribe();
    };
  }, []);
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  return use(SessionContext);
}

/** Ends the session of an account that is gone: Supabase knows nobody any more whom it could sign out. */
export function forgetSession(): void {
  dropSession();
  window.dispatchEvent(new Event(DROPPED));
}
