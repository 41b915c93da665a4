import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { examine, type Finding, type Subject } from "@turnpike/core/doctor";
import { type AddCommand, describeCommand, onTarget, type Session } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { explainError } from "../explain-error.ts";
import { paint } from "../output.ts";
import { PROJECT_ROOT } from "../project.ts";
import { getDepth } from "../queue/depth.ts";
import { callOn, webhookUrlOf } from "../target/call.ts";
import type { Target } from "../target/index.ts";
import { openQueue } from "../target/queues.ts";

export const addDoctor: AddCommand = (program, shell) => {
  describeCommand(program, "doctor", "looks at everything, says what is wrong, why it matters and what mends it", [
    ["doctor", "of the local system that runs"],
    ["doctor --stage prod", "of a deployed stage; exits with 3 if something is wrong"],
    ["doctor --json", "every finding, for programs"],
  ]).action(onTarget(shell, showFindings));
};

const SITE_TIMEOUT_MS = 10_000;

async function showFindings({ target, output }: Session): Promise<ExitCode> {
  const findings = await examine(await subjectOf(target));
  const wrong = findings.filter(({ state }) => state === "wrong").length;
  output.answer({ wrong, findings }, () => [
    ...findings.filter(({ awaits }) => !awaits).flatMap(linesOf),
    ...(["Stripe", "Supabase"] as const).flatMap((who) => awaitingLines(who, findings)),
    "",
    summaryOf(findings),
  ]);
  return wrong > 0 ? EXIT.wrong : EXIT.done;
}

async function subjectOf(target: Target): Promise<Subject> {
  const { clients, stripe, siteUrl } = target;
  return {
    ...clients,
    isKeyRestricted: stripe.secretKey.startsWith("rk_"),
    webhookUrl: webhookUrlOf(target),
    migrations: readMigrations(join(PROJECT_ROOT, "supabase/migrations")),
    queues: await findDepths(target),
    askSite: siteUrl ? () => askSite(siteUrl) : undefined,
    command: (line) => callOn(target, line),
  };
}

function readMigrations(folder: string): Subject["migrations"] {
  return readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const [, version, name] = /^(\d{14})_(.*)\.sql$/.exec(file) ?? [];
      return version && name ? [{ version, name, sql: readFileSync(join(folder, file), "utf8") }] : [];
    });
}

async function findDepths(target: Target): Promise<Subject["queues"]> {
  if (target.kind === "environment") return undefined;
  try {
    const [events, deadLetters] = await Promise.all([
      openQueue(target, "StripeEvents").then(getDepth),
      openQueue(target, "StripeEventsDlq").then(getDepth),
    ]);
    return { events, deadLetters };
  } catch (error) {
    // Whoever cannot reach AWS wants to hear of the rest: the finding says that the queues were not looked at, and why.
    return { failure: explainError(error, target).text };
  }
}

async function askSite(siteUrl: string): ReturnType<NonNullable<Subject["askSite"]>> {
  try {
    const answer = await fetch(`${siteUrl}/api/health`, { signal: AbortSignal.timeout(SITE_TIMEOUT_MS) });
    const text = await answer.text();
    return {
      status: answer.status,
      body: /json/.test(answer.headers.get("content-type") ?? "") ? JSON.parse(text) : null,
    };
  } catch (error) {
    const { cause, name } = error as { cause?: { code?: string }; name: string };
    return { failure: cause?.code ?? name };
  }
}

const SIGNS = {
  ok: paint("green", "✓"),
  wrong: paint("red", "✗"),
  warning: paint("yellow", "!"),
  unknown: paint("cyan", "?"),
};
const NAME_WIDTH = 20;
const MOST_DETAILS = 12;

function linesOf({ check, state, says, details, why, mend }: Finding): string[] {
  const indent = " ".repeat(NAME_WIDTH + 2);
  const beside = (label: string, text: string | null) =>
    (text ?? "").split("\n").map((line, place) => `${indent}${place === 0 ? label.padEnd(6) : " ".repeat(6)}${line}`);
  return [
    `${SIGNS[state]} ${check.padEnd(NAME_WIDTH)}${says}`,
    ...details.slice(0, MOST_DETAILS).map((detail) => `${indent}· ${detail}`),
    ...(details.length > MOST_DETAILS ? [`${indent}… ${details.length - MOST_DETAILS} more: --json has all`] : []),
    ...(why ? beside("why", why) : []),
    ...(mend ? beside("mend", mend) : []),
  ];
}

/** All that waits for one and the same answer, in one. */
function awaitingLines(who: "Stripe" | "Supabase", findings: Finding[]): string[] {
  const checks = findings.filter(({ awaits }) => awaits === who).map(({ check }) => check);
  if (checks.length === 0) return [];
  return [
    `${SIGNS.unknown} ${"not looked at".padEnd(NAME_WIDTH)}${who} did not answer what these ask: ${checks.join(", ")}`,
  ];
}

function summaryOf(findings: Finding[]): string {
  const count = (state: Finding["state"]) => findings.filter((finding) => finding.state === state).length;
  const parts = [
    `${count("wrong")} wrong`,
    `${count("warning")} to mind`,
    `${count("unknown")} not looked at`,
    `${count("ok")} well`,
  ];
  return paint("bold", parts.join(", "));
}
