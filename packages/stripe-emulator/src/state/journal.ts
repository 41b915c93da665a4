import { appendFileSync, existsSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { tryLock } from "./lock.ts";

/** A row written, or (with null) removed. */
export type Change = [table: string, id: string, row: unknown];

const isGroup = (value: unknown): value is Change[] =>
  Array.isArray(value) && value.every((change) => Array.isArray(change) && typeof change[1] === "string");

/** How long it waits until it tries again to write. */
const RETRY_MS = 1000;

/** Whether a line that is no JSON may be the beginning of a group. */
const isTorn = (line: string) => "[[".startsWith(line.slice(0, 2));

/**
 * The state file: one line per group of changes that belong together. A process killed in the middle of a write
 * leaves a torn last line, which is left out whole at the next start: a group is there or it is not.
 */
export class Journal {
  readonly #path: string;
  readonly #unlock: () => void;
  #pending: Change[] = [];
  #scheduled = false;
  #closed = false;
  /** How long the file is with all groups in it that were written whole. */
  #size = 0;
  #trouble: string | undefined;
  #again: NodeJS.Timeout | undefined;

  /**
   * @param locked whether whoever calls has locked the file already
   * @throws When another process has the file.
   */
  constructor(path: string, locked = false) {
    this.#path = path;
    const unlock = locked ? () => {} : tryLock(`${path}.lock`);
    if (!unlock) {
      throw new Error(`The state file ${path} is in use by another emulator. Stop that one, or choose another file.`);
    }
    this.#unlock = unlock;
  }

  /**
   * The changes of all whole lines, in the order in which they were made.
   * @throws When the file is damaged, or not a state file at all.
   */
  read(): Change[] {
    if (!existsSync(this.#path)) return [];
    const lines = readFileSync(this.#path, "utf8").split("\n");
    const changes: Change[] = [];
    for (const [index, line] of lines.entries()) {
      if (line === "") continue;
      const group = parse(line);
      if (isGroup(group)) changes.push(...group);
      else if (group === undefined && index === lines.length - 1 && isTorn(line)) break;
      else throw new Error(`The state file ${this.#path} is damaged at line ${index + 1}. Delete it to begin anew.`);
    }
    return changes;
  }

  /** Replaces the file by one that holds just these rows; atomic. */
  rewrite(rows: Change[]): void {
    const beside = `${this.#path}.new`;
    const text = Buffer.from(rows.map((row) => `${JSON.stringify([row])}\n`).join(""));
    writeFileSync(beside, text, { mode: 0o600 });
    renameSync(beside, this.#path);
    this.#size = text.length;
  }

  /** Everything recorded in one turn of the event loop is written as one group, at the end of that turn. */
  record(change: Change): void {
    if (this.#closed) return;
    this.#pending.push(change);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.flush());
  }

  /** What is in the way of writing, such as a full disk; undefined: nothing. What waits is kept, and tried again. */
  trouble(): string | undefined {
    return this.#trouble;
  }

  flush(): void {
    this.#scheduled = false;
    clearTimeout(this.#again);
    if (this.#pending.length === 0) return;
    const group = Buffer.from(`${JSON.stringify(this.#pending)}\n`);
    try {
      appendFileSync(this.#path, group);
    } catch (error) {
      this.#stop(error as Error);
      return;
    }
    this.#size += group.length;
    this.#pending = [];
    this.#trouble = undefined;
  }

  /** What was written of a group is taken back: the file still holds all that was kept before. */
  #stop({ message }: Error): void {
    try {
      truncateSync(this.#path, this.#size);
    } catch {} // What cannot be shortened ends in a torn line, which the next start leaves out.
    this.#trouble = `The state file ${this.#path} cannot be written: ${message}. Until it can, nothing is changed.`;
    this.#again = setTimeout(() => this.flush(), RETRY_MS).unref();
  }

  /** Writes what is left, and gives the file back: what comes later is not written. */
  close(): void {
    this.flush();
    this.#closed = true;
    this.#unlock();
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
