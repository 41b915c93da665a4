import type { Output } from "./output.ts";

const PLAIN_EVERY_MS = 10_000;
const REWRITE_LINE = "\r\u001b[K";

/** Shows how far something has come: on a terminal in one line that is written over, elsewhere in a line now and then. */
export function createProgress({ json, note }: Output) {
  const isTerminal = process.stderr.isTTY;
  let saidAt = performance.now();
  let isOpen = false;
  return {
    show(line: string): void {
      if (json) return;
      if (isTerminal) {
        process.stderr.write(REWRITE_LINE + line.slice(0, (process.stderr.columns || 80) - 1));
        isOpen = true;
      } else if (performance.now() - saidAt > PLAIN_EVERY_MS) {
        saidAt = performance.now();
        note(line);
      }
    },
    /** Takes the line away, so that what follows begins a new one. */
    end(): void {
      if (isOpen) process.stderr.write(REWRITE_LINE);
      isOpen = false;
    },
  };
}

/** A time as people say it: `45 s`, `12 min`, `3 h 20 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en");
}
