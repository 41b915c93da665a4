import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { functionEnvironment } from "@turnpike/local/testing/aws";
import { readArguments } from "../../scripts/arguments.ts";
import { type Artifact, type Artifacts, buildArtifacts } from "../../test/artifacts/build.ts";
import { measure, type Subject } from "./measure.ts";
import { FLOOR, isMet, pageOf, type Result, tableOf } from "./report.ts";
import { REFUSED, requestsOf } from "./requests.ts";
import { startStandIns } from "./stand-ins.ts";

const USAGE = `Usage: npm run bench:cold -- [options]

Starts every function as SST builds it within AWS's runtime interface client, beside a function that does nothing, and writes
docs/cold-starts.md. Fails when a target is missed.

  --rounds <n>    how many starts of each the medians are of (25)
  --only <text>   only the functions whose name contains it; prints, and writes nothing
  --help`;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const REGION = "us-east-1";
const BARE_HANDLER = "export const handler = async () => ({ statusCode: 200 });\n";

const options = readArguments(USAGE, {
  rounds: { type: "string", default: "25" },
  only: { type: "string", default: "" },
});

process.exitCode = await main();
process.exit(); // what SST has opened to build would keep the process

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-cold-"));
  const standIns = await startStandIns();
  try {
    const artifacts = await buildArtifacts(ROOT, folder);
    const functions = artifacts.functions.filter(({ description }) => description.name.includes(options.only));
    const subjects = [floor(folder), ...functions.map((artifact) => subjectOf(artifact, artifacts, standIns.url))];
    console.log(`${subjects.length} functions, ${options.rounds} starts of each…`);
    const times = await measure(subjects, Number(options.rounds));
    const results = functions
      .map(({ description: { name }, ...artifact }): Result => {
        const measured = times.get(name);
        if (!measured) throw new Error(`${name} was not measured`);
        return { name, bytes: sizeOf(artifact), times: measured };
      })
      .sort((a, b) => a.name.localeCompare(b.name));
    const bare = times.get(FLOOR);
    if (!bare) throw new Error("The floor was not measured");
    console.log(tableOf(bare, results));
    if (!options.only) writeFileSync(`${ROOT}docs/cold-starts.md`, pageOf(bare, results, Number(options.rounds)));
    return results.every((result) => isMet(bare, result)) ? 0 : 1;
  } finally {
    standIns.close();
    rmSync(folder, { recursive: true });
  }
}

/** The function that does nothing. */
function floor(folder: string): Subject {
  writeFileSync(join(folder, `${FLOOR}.mjs`), BARE_HANDLER);
  const handler = `${FLOOR}.handler`;
  const description = { name: FLOOR, handler, timeoutSeconds: 20, memoryMb: 512, environment: {} };
  const nothing = { secrets: {}, queues: {}, region: REGION, sqsEndpoint: "" };
  const environment = functionEnvironment(description, nothing);
  return { name: FLOOR, taskRoot: folder, handler, environment, createEvent: () => ({}) };
}

function subjectOf({ description, taskRoot, handler }: Artifact, { system }: Artifacts, url: string): Subject {
  const createEvent = requestsOf(system, url)[description.name];
  if (!createEvent) throw new Error(`Nothing is known to ask ${description.name}: add it to bench/cold/requests.ts`);
  const queues = Object.fromEntries(
    system.queues.map(({ name }) => [name, { name, url: `${url}/000000000000/${name}`, arn: "" }]),
  );
  const names = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "SUPABASE_SECRET_KEY"];
  const secrets = Object.fromEntries(names.map((name) => [name, "__FETCH_FROM_SSM__"]));
  const environment = {
    ...functionEnvironment(description, { secrets, queues, region: REGION, sqsEndpoint: url }),
    SITE_URL: "http://localhost:3000",
    SUPABASE_URL: url,
    SUPABASE_PUBLISHABLE_KEY: "sb_publishable_bench",
    STRIPE_API_BASE: url,
  };
  return { name: description.name, taskRoot, handler, environment, createEvent, refused: REFUSED[description.name] };
}

function sizeOf({ taskRoot, handler }: Pick<Artifact, "taskRoot" | "handler">): number {
  return statSync(join(taskRoot, handler.replace(/\.handler$/, ".mjs"))).size;
}
