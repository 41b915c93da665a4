import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { tryLock } from "@turnpike/stripe-emulator/lock";
import { isDataDir } from "./settings/generated.ts";
import { UserError } from "./user-error.ts";

export interface DataDirLock {
  /** Gives it back. */
  close(): void;
}

/**
 * Takes the data folder for this process, with all that is in it: two on one folder would write over each other's rows.
 * @throws UserError when another process has it, it cannot be written, or it is somebody else's: `--fresh` would delete what is there
 */
export function lockDataDir(dataDir: string): DataDirLock {
  if (!mayBeOurs(dataDir)) throw otherFolder(dataDir);
  const unlock = lock(dataDir);
  if (!unlock) {
    throw new UserError(
      `${dataDir} is in use by another Turnpike. Stop that one, or give this one a folder of its own: TURNPIKE_DATA_DIR=.turnpike-2`,
    );
  }
  return { close: unlock };
}

function lock(dataDir: string) {
  try {
    return tryLock(join(dataDir, "lock.sqlite"));
  } catch (error) {
    throw new UserError(
      `${dataDir} cannot be written: ${error instanceof Error ? error.message : error}. Take another folder: TURNPIKE_DATA_DIR`,
      { cause: error },
    );
  }
}

/** Deletes everything that is kept between runs. @throws UserError when the folder is not one of ours, or in use. */
export function deleteDataDir(dataDir: string): void {
  if (!existsSync(dataDir) || readdirSync(dataDir).length === 0) return;
  if (!isDataDir(dataDir)) throw otherFolder(dataDir);
  lockDataDir(dataDir).close();
  rmSync(dataDir, { recursive: true, force: true });
}

/** Whether nothing is there but what we made: a start that was broken off has left its lock alone. */
function mayBeOurs(dataDir: string): boolean {
  const isFolder = statSync(dataDir, { throwIfNoEntry: false })?.isDirectory();
  return !isFolder || isDataDir(dataDir) || readdirSync(dataDir).every((name) => name.startsWith("lock.sqlite"));
}

function otherFolder(dataDir: string): UserError {
  return new UserError(
    `${dataDir} holds files and no settings.json, so it may not be Turnpike's: empty it yourself, or correct TURNPIKE_DATA_DIR.`,
  );
}
