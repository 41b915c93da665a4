import { Command, CommanderError } from "commander";
import { commands } from "./commands/index.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import { explainError } from "./explain-error.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { PROJECT_ROOT, readVersion } from "./project.ts";
import { hide, holdsKey, redact } from "./redact.ts";
import { resolveTarget, type Target } from "./target/index.ts";

const ABOUT = `
Examples:
  $ npx billing doctor        what is wrong, and what mends it
  $ npx billing sync --help   what a command does, with examples

Works on the local system that runs (npm start); on a deployed one with --stage NAME, by the keys in .env.NAME;
or on what STRIPE_SECRET_KEY, SUPABASE_URL and SUPABASE_SECRET_KEY name in the environment or .env.

Exit codes: 0 done, 1 failed, 2 wrong usage, or a wrong file or table, 3 found something wrong, 130 Ctrl-C.`;

let target: Target | undefined;

const program = new Command("billing")
  .description("Looks at, and takes care of, a Stripe billing back end.")
  .version(`billing ${readVersion()}`, "--version", "which version this is")
  .option("--stage <name>", "the deployed stage to work on")
  .option("--json", "the answer as JSON, for programs")
  .configureHelp({ showGlobalOptions: true })
  .addHelpText("after", ABOUT)
  // Help for what is no command would else be that of the program, as if all were well.
  .addHelpText("beforeAll", ({ command, error }) => {
    const name = command.commands.length > 0 && command.args.find((word) => !word.startsWith("-"));
    if (!error && name) command.error(`error: unknown command '${name}'`);
    return "";
  })
  .showHelpAfterError("Its --help says more.")
  .configureOutput({ writeErr: (text) => void process.stderr.write(redact(text)) })
  .exitOverride();

const shell = {
  findTarget(stage: string | undefined): Target {
    target = resolveTarget(PROJECT_ROOT, stage);
    hide(secretsOf(target));
    return target;
  },
  interrupt: listenForInterrupt(),
  exitWith(code: number) {
    process.exitCode = code;
  },
};
for (const add of commands) add(program, shell);

function secretsOf({ environment, stripe, supabase }: Target): Record<string, string | undefined> {
  const { secretKey, webhookSecret } = stripe;
  return {
    ...environment,
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    SUPABASE_SECRET_KEY: supabase.secretKey,
  };
}

/** A key that is pasted as an argument would be asked for, and stand in logs. */
function assertNoKey(args: string[]): void {
  if (!args.some(holdsKey)) return;
  throw new CliError(
    "The command line holds a secret, which your shell's history has now: replace it where it is from. " +
      "Keys are read from the environment, .env and .env.NAME.",
    EXIT.usage,
  );
}

// Whoever reads the answer may have enough of it: `billing … | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  assertNoKey(process.argv.slice(2));
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
