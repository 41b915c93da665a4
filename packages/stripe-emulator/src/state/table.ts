/** When a row was created, in seconds; 0 where it does not say. */
const createdOf = (row: object): number => (row as { created?: number }).created ?? 0;

/** By the second of creation; those of one second as they came. */
export const inOrder = <Row extends object>(rows: Row[]): Row[] =>
  rows.sort((one, other) => createdOf(one) - createdOf(other));

/** The names of the fields that hold a text, such as another row's id. */
export type TextField<Row> = {
  [K in keyof Row]-?: [Row[K]] extends [string | null | undefined] ? K : never;
}[keyof Row];

/** Which rows to walk over: those created from one second to another, beginning beside one of them. */
export interface Stretch {
  from?: number | undefined;
  to?: number | undefined;
  /** The id of the row that the walk begins behind. */
  behind?: string | undefined;
  /** Newest first, unless it goes from the oldest on. */
  ascending?: boolean;
}

/** Rows by id, in the order in which they were created. */
export class Table<Row extends { id: string }> {
  readonly #rows = new Map<string, Row>();
  readonly #changed: (id: string, row: Row | null, before: Row | null) => void;
  /** The ids in order; undefined until they are walked over. */
  #order: string[] | undefined;
  /** By the name of a field and the text in it, the ids of the rows; for the fields that were asked for. */
  readonly #indexes = new Map<keyof Row, Map<unknown, Set<string>>>();

  constructor(changed: (id: string, row: Row | null, before: Row | null) => void) {
    this.#changed = changed;
  }

  find(id: string | null | undefined): Row | undefined {
    return id == null ? undefined : this.#rows.get(id);
  }

  has(id: string): boolean {
    return this.#rows.has(id);
  }

  /** For ids that the emulator itself wrote down: throws when the row is missing. */
  get(id: string | null | undefined): Row {
    const row = this.find(id);
    if (!row) throw new Error(`The emulator's state has no row ${id}.`);
    return row;
  }

  all(): Row[] {
    return [...this.#rows.values()];
  }

  /** The rows with this text in that field, in the order in which they came. */
  where(field: TextField<Row>, text: string): Row[] {
    const index = this.#indexes.get(field) ?? this.#newIndex(field);
    return [...(index.get(text) ?? [])].map((id) => this.get(id));
  }

  /** Rows one after the other, without looking at those outside of the stretch. */
  *walk({ from = -Infinity, to = Infinity, behind, ascending = false }: Stretch): Generator<Row> {
    const order = this.#ordered();
    const [first, end] = [this.#lowest(order, from), this.#lowest(order, to + 1)];
    const at = behind === undefined ? -1 : this.#indexIn(order, behind);
    if (ascending) {
      for (let index = Math.max(first, at + 1); index < end; index++) yield this.get(order[index]);
    } else {
      for (let index = Math.min(end, behind === undefined ? end : at) - 1; index >= first; index--)
        yield this.get(order[index]);
    }
  }

  put(row: Row): Row {
    const before = this.#rows.get(row.id) ?? null;
    this.restore(row.id, row);
    this.#changed(row.id, row, before);
    return row;
  }

  delete(id: string): void {
    const before = this.#rows.get(id);
    if (before === undefined) return;
    this.restore(id, null);
    this.#changed(id, null, before);
  }

  /** Puts back what was read from disk, without recording it again. */
  restore(id: string, row: Row | null): void {
    const before = this.#rows.get(id);
    this.#reorder(before, row);
    for (const [field, index] of this.#indexes) {
      if (before && row && before[field] === row[field]) continue;
      if (before) index.get(before[field])?.delete(id);
      if (row) addTo(index, row[field], id);
    }
    if (row === null) this.#rows.delete(id);
    else this.#rows.set(id, row);
  }

  /** Keeps the order where a row is replaced or the newest so far; else it is made anew when it is needed. */
  #reorder(before: Row | undefined, after: Row | null): void {
    if (!this.#order) return;
    if (before && after && createdOf(before) === createdOf(after)) return;
    const isNewest = !before && after && createdOf(after) >= createdOf(this.find(this.#order.at(-1)) ?? {});
    if (isNewest) this.#order.push(after.id);
    else this.#order = undefined;
  }

  #ordered(): string[] {
    this.#order ??= inOrder(this.all()).map(({ id }) => id);
    return this.#order;
  }

  /** Of the ids in order, the index of the first that was not created before the moment. */
  #lowest(order: string[], moment: number): number {
    let [low, high] = [0, order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (createdOf(this.get(order[middle])) < moment) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #indexIn(order: string[], id: string): number {
    return order.indexOf(id, this.#lowest(order, createdOf(this.get(id))));
  }

  #newIndex(field: TextField<Row>): Map<unknown, Set<string>> {
    const index = new Map<unknown, Set<string>>();
    for (const row of this.#rows.values()) addTo(index, row[field], row.id);
    this.#indexes.set(field, index);
    return index;
  }
}

function addTo(index: Map<unknown, Set<string>>, text: unknown, id: string): void {
  const ids = index.get(text);
  if (ids) ids.add(id);
  else index.set(text, new Set([id]));
}
