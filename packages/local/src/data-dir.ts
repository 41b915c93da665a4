import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
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
 * @throws UserError when another process has it.
 */
export function lockDataDir(dataDir: string): DataDirLock {
  mkdirSync(dataDir, { recursive: true });
  const unlock = tryLock(join(dataDir, "lock.sqlite"));
  if (!unlock) {
    throw new UserError(
      `${dataDir} is in use by another Turnpike. Stop that one, or give this one a folder of its own: TURNPIKE_DATA_DIR=.turnpike-2`,
    );
  }
  return { close: unlock };
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
