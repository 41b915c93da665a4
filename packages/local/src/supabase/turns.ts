/** The database did not come free in time. */
export class DatabaseBusyError extends Error {}

/**
 * Gives callers their turn, one at a time, in the order in which they came. A caller that has waited `limitMs` is refused
 * instead of waiting on: one call that never ends must not hang all the others without a word.
 */
export function takeTurns(limitMs: number): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const before = last;
    const turn = waitFor(before, limitMs).then(work);
    // A refused caller leaves the line; whoever comes next still waits for the one that works.
    last = Promise.allSettled([before, turn]);
    return turn;
  };
}

async function waitFor(before: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new DatabaseBusyError(`An earlier call has kept the database busy for ${limitMs / 1000} s. Start again.`));
    }, limitMs);
  });
  try {
    await Promise.race([before, limit]);
  } finally {
    clearTimeout(timer);
  }
}
