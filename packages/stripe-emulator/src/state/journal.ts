import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** A row written, or (with null) removed. */
export type Change = [table: string, id: string, row: unknown];

/**
 * The state file: one line per group of changes that belong together. A process killed in the middle of a write
 * leaves a torn last line, which is left out whole at the next start: a group is there or it is not.
 */
export class Journal {
  readonly #path: string;
  #pending: Change[] = [];
  #scheduled = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** The changes of all whole lines, in the order in which they were made. */
  read(): Change[] {
    if (!existsSync(this.#path)) return [];
    const lines = readFileSync(this.#path, "utf8").split("\n");
    const changes: Change[] = [];
    for (const [index, line] of lines.entries()) {
      if (line === "") continue;
      try {
        changes.push(...(JSON.parse(line) as Change[]));
      } catch {
        if (index >= lines.length - 1) break;
        throw new Error(`The state file ${this.#path} is damaged at line ${index + 1}. Delete it to begin anew.`);
      }
    }
    return changes;
  }

  /** Replaces the file by one that holds just these rows; atomic. */
  rewrite(rows: Change[]): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    const beside = `${this.#path}.new`;
    writeFileSync(beside, rows.map((row) => `${JSON.stringify([row])}\n`).join(""), { mode: 0o600 });
    renameSync(beside, this.#path);
  }

  /** Everything recorded in one turn of the event loop is written as one group, at the end of that turn. */
  record(change: Change): void {
    this.#pending.push(change);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.flush());
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#pending.length === 0) return;
    appendFileSync(this.#path, `${JSON.stringify(this.#pending)}\n`);
    this.#pending = [];
  }
}
