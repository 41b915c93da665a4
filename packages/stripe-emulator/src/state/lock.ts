import { DatabaseSync } from "node:sqlite";

/**
 * Takes a state file for this process: two would write over each other. The lock is SQLite's, on a file beside it, so
 * the operating system takes it back however the process ends. Returns what gives it back.
 * @throws When another process has it.
 */
export function lockFile(path: string): () => void {
  const database = new DatabaseSync(`${path}.lock`);
  try {
    database.exec("pragma busy_timeout = 0; begin exclusive");
  } catch (error) {
    database.close();
    throw new Error(`The state file ${path} is in use by another emulator. Stop that one, or choose another file.`, {
      cause: error,
    });
  }
  return () => {
    if (database.isOpen) database.close();
  };
}
