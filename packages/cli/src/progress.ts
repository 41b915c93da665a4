import type { Estimate } from "@turnpike/core/sync";
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

/** Says how fast it goes and, once it is known about how much there is, what is left: `, 250 a second, about 4 min left`. */
export function createPaceSaying(estimate: Promise<Estimate>): (count: number) => string {
  const began = performance.now();
  let first: number | undefined;
  let total: number | undefined;
  estimate.then(
    ({ kinds }) => {
      total = kinds.reduce((sum, { objects }) => sum + objects, 0);
    },
    () => {}, // Without it there is no time left to tell.
  );
  return (count) => {
    first ??= count;
    const perSecond = ((count - first) / (performance.now() - began)) * 1000;
    if (!(perSecond > 0)) return "";
    const left = total && total > count ? `, about ${formatSeconds((total - count) / perSecond)} left` : "";
    return `, ${formatCount(perSecond)} a second${left}`;
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

/** Why a reading ended without all of a kind. */
export const sayUnread = (reason: string | null): string =>
  reason === "forbidden" ? "the key may not read it" : `could not be read whole (${reason})`;
