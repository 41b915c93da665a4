import { createInterface } from "node:readline/promises";
import { CliError, EXIT } from "./exit-codes.ts";

/**
 * Asks before something that cannot be taken back.
 * @throws CliError when nobody says yes: `--yes` is for where nobody can be asked
 */
export async function confirm(question: string, { yes = false }: { yes?: boolean | undefined }): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new CliError(`${question}\nNobody can be asked here: say --yes if you mean it.`, EXIT.usage);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  terminal.on("SIGINT", () => process.exit(EXIT.interrupted)); // a question takes Ctrl-C for itself
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  throw new CliError("Nothing was done.");
}
