type Hash = Record<string, unknown>;

const isHash = (value: unknown): value is Hash => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * What an `*.updated` event says of the past: the old values of the attributes that changed. In hashes only the keys
 * that changed, lists and arrays whole. Undefined when nothing changed.
 */
export function previousAttributes(before: object, after: object): Hash | undefined {
  const previous: Hash = {};
  const [old, now] = [before as Hash, after as Hash];
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const [was, is] = [old[key], now[key]];
    // Rows are replaced, not mutated: what was left alone is the very same.
    if (was === is || JSON.stringify(was) === JSON.stringify(is)) continue;
    previous[key] = isHash(was) && isHash(is) && was.object !== "list" ? previousAttributes(was, is) : (was ?? null);
  }
  return Object.keys(previous).length === 0 ? undefined : previous;
}
