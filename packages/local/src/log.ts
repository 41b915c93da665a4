/** Where the parts report to: the part (or function) and what happened. */
export type Log = (source: string, line: string) => void;

const SOURCE_WIDTH = 24;

/** `12:03:11 api                      POST /api/checkout_sessions → 303 in 45 ms`; UTC, further lines indented. */
export function formatLine(source: string, line: string, now: Date): string {
  const [first = "", ...rest] = line.split("\n");
  const time = now.toISOString().slice(11, 19);
  return [`${time} ${source.padEnd(SOURCE_WIDTH)} ${first}`, ...rest.map((text) => `    ${text}`)].join("\n");
}
