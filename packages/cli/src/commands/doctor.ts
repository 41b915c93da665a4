import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { examine, type Subject } from "@turnpike/core/doctor";
import { type AddCommand, describeCommand, onTarget, type Session } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { explainError } from "../explain-error.ts";
import { PROJECT_ROOT } from "../project.ts";
import { getDepth } from "../queue/depth.ts";
import { callOn, eventSourceOf, webhookUrlOf } from "../target/call.ts";
import type { Target } from "../target/index.ts";
import { openQueue } from "../target/queues.ts";
import { doctorLines } from "./doctor-lines.ts";

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
  output.answer({ wrong, findings }, () => doctorLines(findings));
  return wrong > 0 ? EXIT.wrong : EXIT.done;
}

async function subjectOf(target: Target): Promise<Subject> {
  const { clients, stripe, siteUrl } = target;
  return {
    ...clients,
    isKeyRestricted: stripe.secretKey.startsWith("rk_"),
    webhookUrl: webhookUrlOf(target),
    eventSource: eventSourceOf(target),
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
