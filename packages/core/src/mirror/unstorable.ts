// Beyond anything of Stripe's. What is nested without end would fill the stack of whoever reads it: ours, or Postgres's.
const DEEPEST = 50;

/**
 * Finds what Postgres cannot hold: text with a NUL or half a surrogate pair, or what is nested too deep.
 * https://www.postgresql.org/docs/current/datatype-json.html
 * @param value a text, or a row: its own keys are names of ours
 * @returns where it stands, as in `metadata.note`; empty for the value itself
 */
export function findUnstorable(value: unknown, depth = 0): string | undefined {
  if (typeof value === "string") return isStorable(value) ? undefined : "";
  if (typeof value !== "object" || value === null) return undefined;
  if (depth > DEEPEST) return "";
  // It runs over each row that is written: a list of the entries would cost more than all the rest.
  for (const key in value) {
    if (depth > 0 && !isStorable(key)) return "a key";
    const found = findUnstorable((value as Record<string, unknown>)[key], depth + 1);
    if (found !== undefined) return found ? `${key}.${found}` : key;
  }
  return undefined;
}

/** The same with U+FFFD in the place of each NUL and each half of a pair: as close as Postgres comes to it. */
export function toStorable<Value>(value: Value, depth?: number): Value;
export function toStorable(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return value.toWellFormed().replaceAll("\0", "\ufffd");
  if (typeof value !== "object" || value === null || depth > DEEPEST) return value;
  if (Array.isArray(value)) return value.map((item) => toStorable(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [toStorable(key), toStorable(item, depth + 1)]));
}

const isStorable = (text: string) => text.isWellFormed() && !text.includes("\0");
