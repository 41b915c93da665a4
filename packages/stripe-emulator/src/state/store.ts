import { type Change, Journal } from "./journal.ts";
import { type Rows, TABLE_NAMES, type TableName } from "./rows.ts";
import { Table } from "./table.ts";

export type Store = { readonly [K in TableName]: Table<Rows[K]> } & {
  /** Writes what is left, and gives the file back. */
  close(): void;
  /** Why what changes cannot be kept; undefined: it can. */
  trouble(): string | undefined;
  /** Does something when all that was changed until now is kept: at once where nothing waits to be written. */
  onceKept(act: () => void): void;
  /** Does something, and takes it back where it throws what undoes it. */
  undoing<T>(act: () => T, undoes: (error: unknown) => boolean): T;
  /** All rows, as `replace` takes them. */
  snapshot(): Change[];
  /** Throws all rows away for these ones. */
  replace(rows: Change[]): void;
};

/**
 * All state; kept in `file`, or in memory only. A file from before a table was added opens, with that table empty.
 * @param locked whether whoever calls has locked the file already
 * @throws When the file is damaged or of another version, or another process has it; the file stays as it is.
 */
export function openStore(file: string | undefined, locked = false): Store {
  const names = Object.keys(TABLE_NAMES) as TableName[];
  let journal: Journal | undefined;
  /** What rows were before what is being done, in the order of its changes. */
  let changed: Change[] | undefined;
  const open = (name: TableName) =>
    new Table<{ id: string }>((id, row, before) => {
      changed?.push([name, id, before]);
      journal?.record([name, id, row]);
    });
  const tables = Object.fromEntries(names.map((name) => [name, open(name)]));
  const snapshot = () => names.flatMap((name) => (tables[name]?.all() ?? []).map((row): Change => [name, row.id, row]));
  if (file !== undefined) {
    journal = new Journal(file, snapshot, locked);
    try {
      const unknown = new Map<string, string>();
      for (const [name, id, row] of journal.read()) {
        if (tables[name]) tables[name].restore(id, row as { id: string } | null);
        else if (row === null) unknown.delete(id);
        else unknown.set(id, name);
      }
      refuseUnknown(file, new Set(unknown.values()));
      journal.rewrite();
    } catch (error) {
      journal.close();
      throw error;
    }
  }
  const replace = (rows: Change[]) => {
    for (const [name, id] of snapshot()) tables[name]?.delete(id);
    for (const [name, , row] of rows) tables[name]?.put(row as { id: string });
  };
  const put = ([name, id, row]: Change) =>
    row === null ? tables[name]?.delete(id) : tables[name]?.put(row as { id: string });
  const undoing = <T>(act: () => T, undoes: (error: unknown) => boolean): T => {
    const before: Change[] = [];
    changed = before;
    try {
      return act();
    } catch (error) {
      changed = undefined;
      if (undoes(error)) before.reverse().forEach(put);
      throw error;
    } finally {
      changed = undefined;
    }
  };
  return {
    ...tables,
    undoing,
    close: () => journal?.close(),
    trouble: () => journal?.trouble(),
    onceKept: (act: () => void) => (journal ? journal.onceKept(act) : act()),
    snapshot,
    replace,
  } as unknown as Store;
}

/** Opening the file would lose what another version of the emulator keeps in tables that this one does not have. */
function refuseUnknown(file: string, tables: ReadonlySet<string>): void {
  if (tables.size === 0) return;
  const names = [...tables].join(", ");
  throw new Error(
    `The state file ${file} is from another version of the emulator: it has ${names}. Open it with that version, or delete it to begin anew.`,
  );
}
