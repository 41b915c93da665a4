import { EXIT } from "./exit-codes.ts";

/** The terminal and whoever started us may both pass on one and the same Ctrl-C. */
const SAME_SIGNAL_MS = 300;

export interface Interrupt {
  /** From now on the command ends by itself when this is aborted. A second Ctrl-C still ends it at once. */
  take(): AbortSignal;
  readonly happened: boolean;
}

/**
 * Ends the process with 130 at Ctrl-C, unless the command has taken that over. SIGTERM asks for the same, and however often it comes it is no
 * second Ctrl-C: where Ctrl-C ends the shell that npx has started us by, our launcher finds itself alone and says so by SIGTERM, again and again.
 */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  let taken = false;
  let since: number | undefined;
  const endNow = () => {
    process.stderr.write("\nStopped.\n");
    process.exit(EXIT.interrupted);
  };
  const askToEnd = () => {
    if (!taken) endNow();
    controller.abort();
  };
  process.on("SIGTERM", askToEnd);
  process.on("SIGINT", () => {
    const now = performance.now();
    if (since !== undefined && now - since >= SAME_SIGNAL_MS) endNow();
    since ??= now;
    askToEnd();
  });
  return {
    take() {
      taken = true;
      return controller.signal;
    },
    get happened() {
      return controller.signal.aborted;
    },
  };
}
