import { useCallback, useEffect, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { useOnRestored } from "./buttons/restored.ts";

/**
 * A parameter that the address brings for this once: it is taken out of the address, so that neither a reload, nor a link that is
 * passed on, nor the browser's "back" says again what it led to.
 */
export function usePassing(name: string): string | null {
  const [search] = useSearchParams();
  const [path, navigate] = useLocation();
  const brought = search.get(name);
  const [kept, keep] = useState(brought);
  useOnRestored(useCallback(() => keep(null), []));

  useEffect(() => {
    if (brought === null) return;
    keep(brought);
    // As it is by now: another parameter may have been taken out of it a moment ago.
    const rest = new URLSearchParams(window.location.search);
    rest.delete(name);
    navigate(rest.size > 0 ? `${path}?${rest}` : path, { replace: true });
  }, [brought, name, path, navigate]);

  return brought ?? kept;
}
