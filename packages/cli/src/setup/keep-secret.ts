import { accessSync, appendFileSync, constants, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { CliError, EXIT } from "../exit-codes.ts";

const NAME = "STRIPE_WEBHOOK_SECRET";
const LINE = new RegExp(`^${NAME}=(.*)$`, "m");

/** Sees to it that the file can be written, before there is a secret that would be lost. @throws CliError */
export function assertWritable(file: string): void {
  try {
    appendFileSync(file, "", { mode: 0o600 });
    accessSync(dirname(realpathSync(file)), constants.W_OK);
  } catch (error) {
    throw new CliError(`${file} cannot be written: ${error instanceof Error ? error.message : error}`, EXIT.usage);
  }
}

/**
 * Writes the secret into a file of `NAME=value` lines, for its owner only, and leaves its other lines. One that is there already stays
 * beside the new one: both hold while the old endpoint goes on. Killed at any moment, the file is whole: as it was, or as it will be.
 */
export function keepSecret(file: string, secret: string): void {
  const before = readFileSync(file, "utf8");
  const known = LINE.exec(before)?.[1]
    ?.trim()
    .replace(/^["']|["']$/g, "");
  const line = `${NAME}=${[secret, ...(known ? [known] : [])].join(",")}`;
  const after = LINE.test(before)
    ? before.replace(LINE, () => line)
    : `${before}${before && !before.endsWith("\n") ? "\n" : ""}${line}\n`;
  const place = realpathSync(file);
  writeFileSync(`${place}.new`, after, { mode: 0o600, flush: true });
  renameSync(`${place}.new`, place);
}
