import { existsSync } from "node:fs";
import { parseConfig } from "@turnpike/core/setup";
import { CONFIG_FILE, ConfigFileError, readConfigFile } from "@turnpike/settings/config-file";
import { CliError, EXIT } from "../exit-codes.ts";
import { PROJECT_ROOT } from "../project.ts";

/**
 * Reads what is to be sold.
 * @param named another file than `billing.config.ts`, from the project's root
 * @returns nothing when no file was named and there is none
 * @throws CliError which says what is wrong where, or that a file of that name is in the folder that we are called in alone
 */
export async function readConfig(named: string | undefined) {
  const config = await readConfigFile(PROJECT_ROOT, named, parseConfig).catch((error: unknown) => {
    throw error instanceof ConfigFileError ? new CliError(error.message, EXIT.usage) : error;
  });
  if (config || !existsSync(CONFIG_FILE)) return config;
  throw new CliError(
    `There is a ${CONFIG_FILE} in this folder, and none at the project's root, ${PROJECT_ROOT}: say --config ${CONFIG_FILE} if it is meant.`,
    EXIT.usage,
  );
}
