import { useCallback, useRef, useState } from "react";
import { asRefused, type Refused } from "./post.ts";
import { useOnRestored } from "./restored.ts";

/**
 * What a button does: one thing at a time, so that a second click does nothing. Ready again when the visitor comes back with the
 * browser's "back".
 */
export function useAction() {
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<Refused>();
  const underWay = useRef(false); // at once; `pending` only holds from the next render on

  const stop = useCallback(() => {
    underWay.current = false;
    setPending(false);
  }, []);
  useOnRestored(stop);

  const run = async (act: () => Promise<void>) => {
    if (underWay.current) return;
    underWay.current = true;
    setPending(true);
    setError(undefined);
    try {
      await act();
    } catch (failure) {
      setError(asRefused(failure));
    }
    stop();
  };
  return { pending, error, run };
}
