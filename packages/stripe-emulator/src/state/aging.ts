import { type Rows, TABLE_NAMES, type TableName } from "./rows.ts";
import type { Store } from "./store.ts";

/**
 * Moves what there is into the past, as if all of it had been made so many seconds earlier: the `created` of events and of what they
 * show, and, with `objects`, of the objects themselves. When periods end, and what is due then, stays as it is.
 */
export function age(store: Store, seconds: number, objects: boolean): void {
  const names = (Object.keys(TABLE_NAMES) as TableName[]).filter((name) => objects && name !== "events");
  for (const name of names) ageTable(store, name, (row) => olderBy(seconds, row));
  ageTable(store, "events", (row) => (objects ? olderBy(seconds, row) : { ...row, created: row.created - seconds }));
}

function ageTable<K extends TableName>(store: Store, name: K, older: (row: Rows[K]) => Rows[K]): void {
  const table = store[name] as unknown as { all(): Rows[K][]; put(row: Rows[K]): Rows[K] };
  for (const row of table.all()) {
    const aged = older(row);
    if (aged !== row) table.put(aged);
  }
}

/** A copy in which every `created` is earlier; the value itself where it has none. */
function olderBy<T>(seconds: number, value: T): T {
  if (typeof value !== "object" || value === null) return value;
  const before = Object.entries(value);
  const after = before.map(([key, inner]): [string, unknown] => [
    key,
    key === "created" && typeof inner === "number" ? inner - seconds : olderBy(seconds, inner),
  ]);
  if (after.every(([, inner], index) => inner === before[index]?.[1])) return value;
  return (Array.isArray(value) ? after.map(([, inner]) => inner) : Object.fromEntries(after)) as T;
}
