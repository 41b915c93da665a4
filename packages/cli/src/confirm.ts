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
  // A question takes Ctrl-C for itself. Whoever asked may have something to put back first.
  const interrupted = new AbortController();
  terminal.on("SIGINT", () => interrupted.abort());
  // Ctrl-D: there is nobody to answer, which is no yes.
  const ended = new AbortController();
  terminal.on("close", () => ended.abort());
  try {
    const answer = await terminal.question(`${question} [y/N] `, {
      signal: AbortSignal.any([interrupted.signal, ended.signal]),
    });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } catch (error) {
    if (interrupted.signal.aborted) throw new CliError("\nNothing was done.", EXIT.interrupted);
    if (!ended.signal.aborted) throw error;
    process.stderr.write("\n");
  } finally {
    terminal.close();
  }
  throw new CliError("Nothing was done.");
}
