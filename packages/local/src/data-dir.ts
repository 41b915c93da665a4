import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isDataDir } from "./settings/generated.ts";
import { UserError } from "./user-error.ts";

export interface DataDirLock {
  /** Gives it back. */
  close(): void;
}

/**
 * Takes the data folder for this process: two on one folder would write over each other's rows. The lock is SQLite's,
 * so the operating system takes it back however the process ends.
 * @throws UserError when another process has it.
 */
export function lockDataDir(dataDir: string): DataDirLock {
  mkdirSync(dataDir, { recursive: true });
  const database = new DatabaseSync(join(dataDir, "lock.sqlite"));
  try {
    database.exec("pragma busy_timeout = 0; begin exclusive");
  } catch (error) {
    database.close();
    throw new UserError(
      `${dataDir} is in use by another Turnpike. Stop that one, or give this one a folder of its own: TURNPIKE_DATA_DIR=.turnpike-2`,
      { cause: error },
    );
  }
  return { close: () => database.close() };
}

/** Deletes everything that is kept between runs. @throws UserError when the folder is not one of ours, or in use. */
export function deleteDataDir(dataDir: string): void {
  if (!existsSync(dataDir) || readdirSync(dataDir).length === 0) return;
  if (!isDataDir(dataDir)) {
    throw new UserError(
      `${dataDir} holds no settings.json, so it may not be Turnpike's: delete it yourself, or correct TURNPIKE_DATA_DIR.`,
    );
  }
  lockDataDir(dataDir).close();
  rmSync(dataDir, { recursive: true, force: true });
}
