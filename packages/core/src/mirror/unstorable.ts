/**
 * Finds the text that Postgres cannot hold: one with a NUL or half a surrogate pair.
 * https://www.postgresql.org/docs/current/datatype-json.html
 * @returns where it stands, as in `metadata.note`; empty for the value itself
 */
export function findUnstorable(value: unknown): string | undefined {
  if (typeof value === "string") return value.includes("\0") || !value.isWellFormed() ? "" : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (findUnstorable(key) !== undefined) return "a key";
    const found = findUnstorable(inner);
    if (found !== undefined) return found ? `${key}.${found}` : key;
  }
  return undefined;
}
