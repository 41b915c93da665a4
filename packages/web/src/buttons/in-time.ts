/** How long is waited for an answer, in milliseconds. Ours come within twenty seconds, whatever hangs behind them. */
export const PATIENCE_MS = 25_000;

/**
 * `fetch`, but a server that never answers is one that cannot be reached, also when it stops in the middle of its answer. A signal of
 * the caller's ends it sooner, where the browser can listen to two.
 */
export const fetchInTime: typeof fetch = (input, init) => {
  const patience = new AbortController();
  setTimeout(() => patience.abort(), PATIENCE_MS);
  const signals = [patience.signal, ...(init?.signal ? [init.signal] : [])];
  return fetch(input, { ...init, signal: "any" in AbortSignal ? AbortSignal.any(signals) : patience.signal });
};

/** What is waited for, or its failure when that takes too long. */
export function inTime<T>(awaited: Promise<T>): Promise<T> {
  return Promise.race([
    awaited,
    new Promise<never>((_, reject) => setTimeout(() => reject(new Error("No answer came in time")), PATIENCE_MS)),
  ]);
}

/** Goes to another site, and ends when the page is left, if that comes. */
export function leaveFor(url: string): Promise<unknown> {
  window.location.assign(url);
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
}
