/**
 * Prints how Checkout is opened, as `billing.config.ts` says, for the stacks: the Node.js that runs `sst deploy` may be too old to
 * read the file. What is wrong with it goes to stderr.
 */
import { resolve } from "node:path";
import { parseConfig } from "@turnpike/core/setup";
import { readSetting } from "@turnpike/settings";
import { ConfigFileError, readConfigFile } from "@turnpike/settings/config-file";

const root = resolve(import.meta.dirname, "..");
try {
  const config = await readConfigFile(root, readSetting("BILLING_CONFIG"), parseConfig);
  if (config?.checkout) console.log(JSON.stringify(config.checkout));
} catch (error) {
  if (!(error instanceof ConfigFileError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
