import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";

// https://www.sqlite.org/rescode.html#busy
const SQLITE_BUSY = 5;

// A database that nothing refers to any more is closed by the garbage collector, and its lock is gone.
const held = new Set<DatabaseSync>();

/**
 * Takes a lock for this process by a file of its own, in a folder that it makes if there is none. The lock is SQLite's, so the
 * operating system takes it back however the process ends.
 * @returns what gives it back; undefined when somebody else has it
 * @throws when the file cannot be made
 */
export function tryLock(file: string): (() => void) | undefined {
  // Loaded only where a lock is taken: in memory the emulator runs on a Node.js that has no SQLite, too.
  const sqlite = process.getBuiltinModule?.("node:sqlite");
  if (!sqlite) throw new Error("To keep its state in a file the emulator needs Node.js 22.13 or newer.");
  makeFolder(dirname(file));
  const database = new sqlite.DatabaseSync(file);
  try {
    database.exec("pragma busy_timeout = 0; begin exclusive");
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  held.add(database);
  return () => {
    if (held.delete(database)) database.close();
  };
}

/** For its owner alone: what is kept there holds what customers typed. */
function makeFolder(folder: string): void {
  const isFolder = () => statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (isFolder()) return;
  // One after the other: with `recursive`, Node.js tries for ever where a folder takes none and says that it is not there, as /proc does.
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!isFolder()) throw error; // else another process has made it meanwhile
  }
}
