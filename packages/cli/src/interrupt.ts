import { EXIT } from "./exit-codes.ts";

/** The terminal and whoever started us may both pass on one and the same Ctrl-C. */
const SAME_SIGNAL_MS = 300;

export interface Interrupt {
  /** From now on the command ends by itself when this is aborted. A second Ctrl-C still ends it at once. */
  take(): AbortSignal;
  readonly happened: boolean;
}

/** Ends the process with 130 at Ctrl-C, unless the command has taken that over. */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  let taken = false;
  let since: number | undefined;
  const listener = () => {
    const now = performance.now();
    if (since !== undefined && now - since < SAME_SIGNAL_MS) return;
    if (!taken || since !== undefined) {
      process.stderr.write("\nStopped.\n");
      process.exit(EXIT.interrupted);
    }
    since = now;
    controller.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, listener);
  return {
    take() {
      taken = true;
      return controller.signal;
    },
    get happened() {
      return since !== undefined;
    },
  };
}
