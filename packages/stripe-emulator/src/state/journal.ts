import { constants } from "node:buffer";
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { tryLock } from "./lock.ts";

/** A row written, or (with null) removed. */
export type Change = [table: string, id: string, row: unknown];

const isGroup = (value: unknown): value is Change[] =>
  Array.isArray(value) && value.every((change) => Array.isArray(change) && typeof change[1] === "string");

/** How long it waits until it tries again to write. */
const RETRY_MS = 1000;
/** How much is read or written at a time: the file may be longer than memory, and than a string may be. */
const CHUNK_BYTES = 2 ** 20;
/** A group that is longer is not put into one line: whoever opens the file reads it line by line. */
const LONGEST_GROUP = 2 ** 24;
/** What the file may hold of the past before it is written anew, however little is there now. */
const LEAST_PAST = 2 ** 22;

/** Whether a line that is no JSON may be the beginning of a group. */
const isTorn = (line: string) => "[[".startsWith(line.slice(0, 2));

/**
 * The state file: one line per group of changes that belong together. A process killed in the middle of a write
 * leaves a torn last line, which is left out whole at the next start: a group is there or it is not.
 * Once more of it is past than present, it is written anew: it never grows for having run for long.
 */
export class Journal {
  readonly #path: string;
  readonly #rows: () => Change[];
  readonly #unlock: () => void;
  #pending: Change[] = [];
  #scheduled = false;
  #closed = false;
  /** How long the file is with all groups in it that were written whole. */
  #size = 0;
  /** How long it may grow until it is written anew. */
  #enough = 0;
  #trouble: string | undefined;
  /** What is done once all that was recorded is in the file. */
  #onceKept: (() => void)[] = [];
  #again: NodeJS.Timeout | undefined;

  /**
   * @param rows all that is there now
   * @param locked whether whoever calls has locked the file already
   * @throws When another process has the file, or it is none that can be written anew, such as a device.
   */
  constructor(path: string, rows: () => Change[], locked = false) {
    // By its own name: behind a link, two emulators would lock two names of one file, and the first to write it anew replace the link.
    // Nor by a folder that is not there ("new/../state.jsonl"), which would be made.
    if (path.endsWith("/")) throw new Error(`${path} names a folder, and cannot keep the state. Give a file's name.`);
    this.#path = followed(resolve(path));
    this.#rows = rows;
    const unlock = locked ? () => {} : tryLock(`${this.#path}.lock`);
    if (!unlock) {
      throw new Error(`The state file ${path} is in use by another emulator. Stop that one, or choose another file.`);
    }
    this.#unlock = unlock;
  }

  /**
   * The changes of all whole lines, in the order in which they were made.
   * @throws When the file is damaged, or not a state file at all.
   */
  *read(): Generator<Change> {
    if (!statSync(this.#path, { throwIfNoEntry: false })) return;
    let number = 0;
    for (const { line, ended } of linesOf(this.#path)) {
      number++;
      if (line === "") continue;
      const group = parse(line);
      if (isGroup(group)) yield* group;
      else if (ended || group !== undefined || !isTorn(line))
        throw new Error(`The state file ${this.#path} is damaged at line ${number}. Delete it to begin anew.`);
    }
  }

  /** Replaces the file by one that holds just what is there now; atomic. */
  rewrite(): void {
    const beside = `${this.#path}.new`;
    const file = openSync(beside, "w", 0o600);
    let size = 0;
    try {
      for (const chunk of chunksOf(this.#rows())) {
        writeFully(file, chunk);
        size += chunk.length;
      }
      // Else a machine that stops has the new name and nothing behind it.
      fsyncSync(file);
    } catch (error) {
      rmSync(beside); // what little room there is, the file itself needs
      throw new Error(`${beside}: ${(error as Error).message}`);
    } finally {
      closeSync(file);
    }
    renameSync(beside, this.#path);
    this.#size = size;
    this.#enough = size + Math.max(size, LEAST_PAST);
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

  /** Does something when all that was recorded until now is kept: what is told of it outlives a kill. */
  onceKept(act: () => void): void {
    if (this.#pending.length === 0) act();
    else this.#onceKept.push(act);
  }

  flush(): void {
    this.#scheduled = false;
    clearTimeout(this.#again);
    if (this.#pending.length === 0) return;
    try {
      this.#write(this.#pending);
    } catch (error) {
      this.#stop(error as Error);
      return;
    }
    this.#pending = [];
    this.#trouble = undefined;
    if (this.#size > this.#enough) this.#compact();
    for (const act of this.#onceKept.splice(0)) act();
  }

  #write(changes: Change[]): void {
    const group = lineOf(changes);
    if (group === undefined) {
      this.rewrite();
      return;
    }
    // What could not be taken back when it went wrong.
    if (this.#trouble !== undefined) truncateSync(this.#path, this.#size);
    appendFileSync(this.#path, group);
    this.#size += group.length;
  }

  /** Where there is no room for a second file, it goes on with the one that it has. */
  #compact(): void {
    try {
      this.rewrite();
    } catch {
      this.#enough = 2 * this.#size;
    }
  }

  /** What was written of a group is taken back: the file still holds all that was kept before. */
  #stop({ message }: Error): void {
    try {
      truncateSync(this.#path, this.#size);
    } catch {} // Until it can be, it ends in a torn line, which the next start leaves out.
    this.#trouble ??= `The state file ${this.#path} cannot be written: ${message}. Until it can, nothing is changed.`;
    this.#again = setTimeout(() => this.flush(), RETRY_MS).unref();
  }

  /** Writes what is left, and gives the file back: what comes later is not written. */
  close(): void {
    this.flush();
    this.#closed = true;
    this.#unlock();
  }
}

/** The file's own name, also where it is yet to be made. */
function followed(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return realpathSync(path);
  if (found) throw new Error(`${path} is no file, and cannot keep the state. Choose another name.`);
  try {
    return followed(resolve(dirname(path), readlinkSync(path)));
  } catch {
    return path; // no link either
  }
}

/** What the file holds, line by line; the last may not be ended. Of one that is longer than any that was written, the beginning. */
function* linesOf(path: string): Generator<{ line: string; ended: boolean }> {
  const file = openSync(path, "r");
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let begun: Buffer[] = [];
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      let from = 0;
      for (let end = chunk.indexOf("\n"); end !== -1 && end < read; end = chunk.indexOf("\n", from)) {
        yield { line: Buffer.concat([...begun, chunk.subarray(from, end)]).toString(), ended: true };
        begun = [];
        from = end + 1;
      }
      if (from < read) begun.push(Buffer.from(chunk.subarray(from, read)));
      if (begun.length * CHUNK_BYTES > constants.MAX_STRING_LENGTH) begun.length = 1;
    }
    yield { line: Buffer.concat(begun).toString(), ended: false };
  } finally {
    closeSync(file);
  }
}

/** The rows as a state file has them, a line each, some at a time. */
function* chunksOf(rows: Change[]): Generator<Buffer> {
  let text = "";
  for (const row of rows) {
    text += `${JSON.stringify([row])}\n`;
    if (text.length < CHUNK_BYTES) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}

/** The group's line; undefined: it would be too long. */
function lineOf(changes: Change[]): Buffer | undefined {
  const texts: string[] = [];
  let length = 0;
  for (const change of changes) {
    const text = JSON.stringify(change);
    length += text.length;
    if (length > LONGEST_GROUP) return undefined;
    texts.push(text);
  }
  return Buffer.from(`[${texts.join(",")}]\n`);
}

/** A disk may take a part only. */
function writeFully(file: number, bytes: Buffer): void {
  for (let from = 0; from < bytes.length; ) from += writeSync(file, bytes, from);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
