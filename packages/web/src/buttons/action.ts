import { useCallback, useRef, useState, useSyncExternalStore } from "react";
import { asRefused, type Refused } from "./post.ts";
import { useOnRestored } from "./restored.ts";

/**
 * The button whose press is under way, of all that are on the page: the server has one sale at a time, so that a second press would
 * end the checkout that the first one is about to lead to.
 */
let underWay: object | undefined;
const lookers = new Set<() => void>();

function setUnderWay(button: object | undefined) {
  underWay = button;
  for (const look of lookers) look();
}

function subscribe(look: () => void) {
  lookers.add(look);
  return () => void lookers.delete(look);
}

const useUnderWay = () =>
  useSyncExternalStore(
    subscribe,
    () => underWay,
    () => undefined,
  );

/** Whether a press is under way, of whichever button. */
export const useIsBusy = () => useUnderWay() !== undefined;

/**
 * What a button does: one thing at a time, so that a second click does nothing, there or beside it. Ready again when the visitor
 * comes back with the browser's "back".
 */
export function useAction() {
  const { current: button } = useRef({});
  const [error, setError] = useState<Refused>();
  const pending = useUnderWay() === button;
  useOnRestored(useCallback(() => setUnderWay(undefined), []));

  const run = async (act: () => Promise<void>) => {
    if (underWay) return;
    setUnderWay(button);
    setError(undefined);
    try {
      await act();
    } catch (failure) {
      setError(asRefused(failure));
    }
    if (underWay === button) setUnderWay(undefined);
  };
  return { pending, error, run };
}
