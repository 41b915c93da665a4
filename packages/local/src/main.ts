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
import { banner, HELP } from "./banner.ts";
import { deleteDataDir } from "./data-dir.ts";
import { formatLine } from "./log.ts";
import { readDataDir } from "./settings/settings.ts";
import { PROJECT_ROOT, startLocal } from "./start.ts";
import { stopOnSignals } from "./stop.ts";
import { UserError } from "./user-error.ts";

async function main(): Promise<void> {
  const { fresh, help } = readArguments();
  if (help) return console.log(HELP);
  const seconds = () => (performance.now() / 1000).toFixed(1); // since the process began
  const stop = stopOnSignals();
  const environment = loadEnvironment(process.cwd()); // the project's folder, by `npm start`
  if (fresh) deleteDataDir(readDataDir(PROJECT_ROOT, environment));
  const early: string[] = []; // shown below the banner, which they would push away
  let print: (line: string) => void = (line) => early.push(line);
  const local = await startLocal({
    environment,
    log: (source, line) => {
      if (!line.startsWith(METRICS)) print(formatLine(source, line, new Date()));
    },
    onStep: (what) => console.log(`  ${seconds().padStart(5)} s  ${what}`),
  });
  stop.whenStopped(() => local.close());
  console.log(banner(local, seconds()));
  print = (line) => console.log(line);
  for (const line of early) print(line);
}

/** How a line of metrics begins: it is for CloudWatch, and the line beside it says the same to people. */
const METRICS = '{"_aws":';

function readArguments() {
  try {
    return parseArgs({ options: { fresh: { type: "boolean" }, help: { type: "boolean", short: "h" } } }).values;
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof UserError ? `\n${error.message}\n` : error);
  process.exit(1);
});
