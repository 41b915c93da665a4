import { useCallback, useEffect, useRef, useState } from "react";
import { useOnRestored } from "./buttons/restored.ts";
import { isAuthFailing } from "./supabase.ts";

/** `isOurs`: a server has answered that it fails. */
export type Loaded<T> = { status: "loading" } | { status: "failed"; isOurs: boolean } | { status: "ready"; data: T };

/**
 * Loads on mount and whenever `load` is another function: pass one that keeps its identity. `reload` refreshes quietly:
 * what is shown stays until the answer is there, and stays when there is none.
 */
export function useLoad<T>(load: () => Promise<T>): { loaded: Loaded<T>; reload: () => void } {
  const [loaded, setLoaded] = useState<Loaded<T>>({ status: "loading" });
  const latest = useRef(0);

  const reload = useCallback(() => {
    const turn = ++latest.current;
    const settle = (next: Loaded<T>) => {
      if (turn !== latest.current) return; // an older answer that arrives late
      setLoaded((current) => (next.status === "failed" && current.status === "ready" ? current : next));
    };
    load().then(
      (data) => settle({ status: "ready", data }),
      (error: unknown) =>
        settle({
          status: "failed",
          isOurs: isAuthFailing() || (error instanceof Error && error.name === "PostgrestError"),
        }),
    );
  }, [load]);

  useEffect(() => {
    setLoaded({ status: "loading" });
    // A moment later: React's strict mode mounts everything twice, and what it throws away at once asks nothing.
    let isOver = false;
    queueMicrotask(() => isOver || reload());
    return () => {
      isOver = true;
      latest.current++;
    };
  }, [reload]);

  return { loaded, reload };
}

/** Calls back when the page is looked at again: another tab left, or "back" pressed on Stripe's page. */
export function useOnReturn(callback: () => void): void {
  useOnRestored(callback);
  useEffect(() => {
    window.addEventListener("focus", callback);
    return () => window.removeEventListener("focus", callback);
  }, [callback]);
}

/** When to look again, in ms after something was done at Stripe: it may arrive here by webhook, a moment later. */
const LOOK_AGAIN = [1_000, 3_000, 6_000, 12_000];

/** Reloads now and a few times more. */
export function useLookAgain(reload: () => void): () => void {
  const timers = useRef<ReturnType<typeof setTimeout>[]>([]);
  const stop = useCallback(() => timers.current.forEach(clearTimeout), []);
  useEffect(() => stop, [stop]);
  return useCallback(() => {
    stop();
    reload();
    timers.current = LOOK_AGAIN.map((delay) => setTimeout(reload, delay));
  }, [stop, reload]);
}
