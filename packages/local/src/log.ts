/** Where the parts report to: the part (or function) and what happened. */
export type Log = (source: string, line: string) => void;
