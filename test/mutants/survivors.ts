/** A mutant of the TypeScript that no test misses, and why none is asked to. */
export interface KnownSurvivor {
  file: string;
  /** The line that it changes. */
  code: string;
  /** As `npm run mutants` prints it. */
  change: string;
  reason: string;
}

export const SURVIVORS: readonly KnownSurvivor[] = [];
