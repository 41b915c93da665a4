import { appendFileSync, chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { CliError, EXIT } from "../exit-codes.ts";

const NAME = "STRIPE_WEBHOOK_SECRET";
const LINE = new RegExp(`^${NAME}=(.*)$`, "m");

/** Sees to it that the file can be written, before there is a secret that would be lost. @throws CliError */
export function assertWritable(file: string): void {
  try {
    appendFileSync(file, "", { mode: 0o600 });
  } catch (error) {
    throw new CliError(`${file} cannot be written: ${error instanceof Error ? error.message : error}`, EXIT.usage);
  }
}

/**
 * Writes the secret into a file of `NAME=value` lines, for its owner only, and leaves its other lines. One that is there already stays
 * beside the new one: both hold while the old endpoint goes on.
 */
export function keepSecret(file: string, secret: string): void {
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  const known = LINE.exec(before)?.[1]
    ?.trim()
    .replace(/^["']|["']$/g, "");
  const line = `${NAME}=${[secret, ...(known ? [known] : [])].join(",")}`;
  const after = LINE.test(before)
    ? before.replace(LINE, () => line)
    : `${before}${before && !before.endsWith("\n") ? "\n" : ""}${line}\n`;
  writeFileSync(file, after);
  chmodSync(file, 0o600);
}
