import { resolve } from "node:path";
import { applySetup, type Plan, planSetup, type Step } from "@turnpike/core/setup";
import { type AddCommand, describeCommand, onTarget, type Session } from "../command.ts";
import { confirm } from "../confirm.ts";
import { CliError, EXIT, type ExitCode } from "../exit-codes.ts";
import { paint } from "../output.ts";
import { assertWritable, keepSecret } from "../setup/keep-secret.ts";
import { readConfig } from "../setup/read-config.ts";
import { eventSourceOf, webhookUrlOf } from "../target/call.ts";
import type { Target } from "../target/index.ts";

export const addSetup: AddCommand = (program, shell) => {
  describeCommand(
    program,
    "setup",
    "makes Stripe what billing.config.ts says: products, prices, portal, webhook endpoint",
    [
      ["setup", "shows what differs, asks, and does it"],
      ["setup --dry-run", "shows only; exits with 3 if something differs"],
      ["setup --stage prod --write-secret-to secret.env", "where the endpoint's signing secret goes, once it is made"],
      ["setup --stage prod --retire", "disables the endpoint of another version, once the new secret is set"],
    ],
  )
    .option("--config <file>", "another file than billing.config.ts")
    .option("--dry-run", "changes nothing")
    .option("--yes", "does not ask")
    .option("--write-secret-to <file>", "a file of NAME=value lines, such as secret.env; its other lines stay")
    .option("--retire", "lets endpoints at our address go that are of another version")
    .action(onTarget(shell, setUp));
};

interface Options {
  config?: string;
  dryRun?: boolean;
  yes?: boolean;
  writeSecretTo?: string;
  retire?: boolean;
}

async function setUp({ target, output, takeInterrupt }: Session, options: Options): Promise<ExitCode> {
  const named = options.config === undefined ? target.environment.BILLING_CONFIG : resolve(options.config);
  const config = await readConfig(named);
  const webhookUrl = webhookUrlOf(target);
  if (!config) output.note("There is no billing.config.ts: catalogue and portal stay as they are. See docs/setup.md.");
  else if (!config.products) output.note("The file names no products: catalogue and portal stay as they are.");
  if (!webhookUrl) output.note(whyNoEndpoint(target));
  const plan = await planSetup(target.clients, { config, webhookUrl, retire: options.retire });
  const document = { steps: plan.steps.map(({ run: _, ...step }) => step), byHand: plan.byHand };
  if (plan.steps.length === 0 || options.dryRun) {
    output.answer({ ...document, done: false }, () => linesOf(plan));
    return plan.steps.length + plan.byHand.length > 0 ? EXIT.wrong : EXIT.done;
  }
  for (const line of linesOf(plan)) output.note(line);
  const secretFile = secretFileFor(plan, options, target);
  const mode = target.clients.stripe.livemode ? "LIVE mode" : "test mode";
  await confirm(`Do this at Stripe, in ${mode}?`, { yes: options.yes });
  const signal = takeInterrupt();
  let left = plan.steps.length;
  await applySetup(target.clients, plan, {
    signal,
    keepWebhookSecret: async (secret) => keepSecret(secretFile, secret),
    onDone: (step) => {
      left--;
      output.note(`${paint("green", "✓")} ${titleOf(step)}`);
    },
  });
  if (left > 0) {
    output.note(
      `Stopped with ${left} of ${plan.steps.length} left to do. What is done stays; the same command does the rest.`,
    );
    return EXIT.interrupted;
  }
  output.answer({ ...document, done: true }, () => ["Done."]);
  if (secretFile) output.note(whereSecretGoes(secretFile, target));
  return plan.byHand.length > 0 ? EXIT.wrong : EXIT.done;
}

function whyNoEndpoint(target: Target): string {
  if (eventSourceOf(target)) return "No webhook endpoint is made: EventBridge brings the events. See docs/deploy.md.";
  return target.kind === "local"
    ? "No webhook endpoint is needed: the emulator, or stripe listen, brings the events to this machine."
    : "No webhook endpoint is made: SITE_URL is not set to an https:// address.";
}

/** @throws CliError when a secret comes of it that would have no place */
function secretFileFor({ steps }: Plan, { writeSecretTo }: Options, target: Target): string {
  if (!steps.some(({ what, does }) => what === "webhook endpoint" && (does === "create" || does === "replace")))
    return "";
  if (!writeSecretTo) {
    throw new CliError(
      "The new endpoint's signing secret needs a place, since it is never printed. Say where: --write-secret-to " +
        (target.stage ? "secret.env" : ".env"),
      EXIT.usage,
    );
  }
  assertWritable(writeSecretTo);
  return writeSecretTo;
}

function whereSecretGoes(file: string, { stage }: Target): string {
  if (!stage) return `The signing secret is in ${file}, as STRIPE_WEBHOOK_SECRET.`;
  return [
    `The signing secret is in ${file}. Until the stage has it, Stripe's deliveries are refused, and come again:`,
    `  npx sst secrets load ${file} --stage ${stage} && rm ${file}`,
  ].join("\n");
}

const SIGNS = {
  create: paint("green", "+"),
  change: paint("yellow", "~"),
  replace: paint("yellow", "±"),
  restore: paint("green", "↑"),
  archive: paint("red", "-"),
  delete: paint("red", "-"),
};

function titleOf({ does, what, name }: Step): string {
  return `${does} ${what} ${name}`;
}

function linesOf({ steps, byHand }: Plan): string[] {
  if (steps.length + byHand.length === 0) return ["Nothing to do."];
  return [
    ...steps.flatMap((step) => [
      `${SIGNS[step.does]} ${titleOf(step)}`,
      ...step.changes.map(({ field, from, to }) => `    ${field}: ${changeOf(from, to)}`),
      ...(step.note ? [`    ${step.note}`] : []),
    ]),
    ...byHand.flatMap(({ says, where }) => [`${paint("cyan", "!")} By hand: ${says}`, `    ${where}`]),
  ];
}

function changeOf(from: string | null, to: string | null): string {
  if (from === null) return `${to}`;
  return to === null ? `${from} → nothing` : `${from} → ${to}`;
}
