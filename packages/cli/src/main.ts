import { Command, CommanderError } from "commander";
import { commands } from "./commands/index.ts";
import { EXIT } from "./exit-codes.ts";
import { explainError } from "./explain-error.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { PROJECT_ROOT } from "./project.ts";
import { resolveTarget, type Target } from "./target/index.ts";

const ABOUT = `
Works on the local system that runs (npm start); on a deployed one with --stage NAME, by the keys in .env.NAME;
or on what STRIPE_SECRET_KEY, SUPABASE_URL and SUPABASE_SECRET_KEY name in the environment or .env.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 found something wrong, 130 Ctrl-C.`;

let target: Target | undefined;

const program = new Command("billing")
  .description("Looks at, and takes care of, a Stripe billing back end.")
  .option("--stage <name>", "the deployed stage to work on")
  .option("--json", "the answer as JSON, for programs")
  .configureHelp({ showGlobalOptions: true })
  .addHelpText("after", ABOUT)
  .showHelpAfterError("Its --help says more.")
  .exitOverride();

const shell = {
  findTarget(stage: string | undefined): Target {
    target = resolveTarget(PROJECT_ROOT, stage);
    return target;
  },
  interrupt: listenForInterrupt(),
  exitWith(code: number) {
    process.exitCode = code;
  },
};
for (const add of commands) add(program, shell);

// Whoever reads the answer may have enough of it: `billing … | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  } else {
    const { text, exitCode } = explainError(error, target);
    console.error(text);
    process.exitCode = exitCode;
  }
}
