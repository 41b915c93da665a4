// A Ctrl-C reaches this process from the terminal, and again from npm and the launcher, which pass it on.
const SAME_SIGNAL_MS = 500;
const GIVE_UP_MS = 2500;

export interface Stop {
  /** Sets what has to be done before the process ends, and what is said then; until then it ends at once. */
  whenStopped(close: () => Promise<void>, goodbye: string): void;
}

/**
 * Ends the process on Ctrl-C, on SIGTERM, and when the launcher is gone; with a second Ctrl-C, or when closing takes
 * too long, at once. Nothing is lost then either: all parts survive being killed. It ends well (0): it was asked to.
 */
export function stopOnSignals(): Stop {
  let close = async () => {};
  let goodbye = "";
  let stoppedAt: number | undefined;

  async function stop(): Promise<void> {
    if (stoppedAt !== undefined) {
      if (Date.now() - stoppedAt > SAME_SIGNAL_MS) process.exit();
      return;
    }
    stoppedAt = Date.now();
    if (goodbye) console.log(goodbye);
    setTimeout(() => process.exit(), GIVE_UP_MS).unref();
    await close().catch((error: unknown) => console.error(error));
    process.exit();
  }

  for (const event of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"]) process.on(event, stop);
  return {
    whenStopped(next, words) {
      close = next;
      goodbye = words;
    },
  };
}
