import { useEffect } from "react";

/** Calls back when the browser's "back" or "forward" shows the page as it was left. */
export function useOnRestored(callback: () => void): void {
  useEffect(() => {
    const whenRestored = (event: PageTransitionEvent) => event.persisted && callback();
    window.addEventListener("pageshow", whenRestored);
    return () => window.removeEventListener("pageshow", whenRestored);
  }, [callback]);
}
