/**
 * `npm start`. What runs where:
 *
 *   stacks/     reads routes, queues and schedules out of `sst.config.ts`
 *   lambda/     bundles the handlers as SST does and runs each in a thread of its own
 *   gateway/    HTTP ⇄ API Gateway's events
 *   queue/      SQS, and the poller that feeds the consumers
 *   schedule/   what runs every few minutes
 *   supabase/   Supabase's API on PGlite
 *   web/        the web app with reload on save
 *   settings/   keys, secrets and addresses, made up where they are not set
 *   seed/       what the demo sells
 */
import { parseArgs } from "node:util";
import { loadEnvironment } from "@turnpike/settings/dotenv";
import { banner, goodbye, HELP } from "./banner.ts";
import { deleteDataDir } from "./data-dir.ts";
import { narrate } from "./narrate.ts";
import { readDataDir } from "./settings/settings.ts";
import { PROJECT_ROOT, startLocal } from "./start.ts";
import { stopOnSignals } from "./stop.ts";
import { UserError } from "./user-error.ts";

async function main(): Promise<void> {
  process.umask(0o077); // whatever is made from here on is its owner's alone, also in a folder that was there before
  const { fresh, help, json } = readArguments();
  if (help) return console.log(HELP);
  const seconds = () => (performance.now() / 1000).toFixed(1); // since the process began
  const stop = stopOnSignals();
  const environment = loadEnvironment(process.cwd()); // the project's folder, by `npm start`
  if (fresh) deleteDataDir(readDataDir(PROJECT_ROOT, environment));
  const color = process.stdout.isTTY && process.stdout.hasColors();
  const early: string[] = []; // shown below the banner, which they would push away
  let print: (line: string) => void = (line) => early.push(line);
  const local = await startLocal({
    environment,
    log: (source, line) => {
      const told = narrate(source, line, new Date(), { json, color });
      if (told !== undefined) print(told);
    },
    onStep: (what) => console.log(`  ${seconds().padStart(5)} s  ${what}`),
  });
  stop.whenStopped(() => local.close(), goodbye(local));
  const shown = banner(local, seconds());
  console.log(shown);
  showAgainOnEnter(shown);
  print = (line) => console.log(line);
  for (const line of early) print(line);
}

/** The lines that follow push it away. */
function showAgainOnEnter(shown: string): void {
  if (!process.stdin.isTTY) return;
  process.stdin.on("data", () => console.log(shown));
}

function readArguments() {
  try {
    return parseArgs({
      options: { fresh: { type: "boolean" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    }).values;
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : error}. Its --help says more.\n`);
    process.exit(2);
  }
}

/** What the file system refuses, wherever in the start, its user can mend: a line says which file it was. */
function isOfFiles(error: unknown): error is NodeJS.ErrnoException {
  const { code = "", path } = error as NodeJS.ErrnoException;
  return path !== undefined && ["EACCES", "EPERM", "EROFS", "EEXIST", "EISDIR", "ENOTDIR", "ENOSPC"].includes(code);
}

main().catch((failure: unknown) => {
  const error = isOfFiles(failure)
    ? new UserError(
        `${failure.path} cannot be written (${failure.code}). The project's folder and TURNPIKE_DATA_DIR must be yours.`,
      )
    : failure;
  console.error(error instanceof UserError ? `\n${error.message}\n` : error);
  process.exit(1);
});
