import { parseConfig } from "@turnpike/core/setup";
import { ConfigFileError, readConfigFile } from "@turnpike/settings/config-file";
import type { Environment } from "@turnpike/settings/dotenv";
import { UserError } from "./user-error.ts";

/**
 * Looks at `billing.config.ts` before anything is started: the stacks read it in a thread, whose errors lose what they are.
 * @throws UserError which names the line that is wrong
 */
export async function checkConfigFile(root: string, { BILLING_CONFIG }: Environment): Promise<void> {
  await readConfigFile(root, BILLING_CONFIG, parseConfig).catch((error: unknown) => {
    throw error instanceof ConfigFileError ? new UserError(error.message) : error;
  });
}
