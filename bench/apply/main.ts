import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readArguments } from "../../scripts/arguments.ts";
import { startDelayProxy } from "./delay-proxy.ts";
import { measureGrowth } from "./growth.ts";
import { type Comparison, type Condition, compare, type System } from "./measure.ts";
import { migrateTurnpike, type Server, startPostgres } from "./postgres.ts";
import { pageOf, type Results, tablesOf } from "./report.ts";
import { prepareSystems, type Systems } from "./systems.ts";
import { judge } from "./targets.ts";
import { measureTies } from "./ties/measure.ts";
import { createPool, type Pool } from "./turnpike/pool.mjs";
import { createWorkload } from "./workload.ts";

// The last revision whose numbers were accepted.
const ACCEPTED = "2401af2";

const USAGE = `Usage: npm run bench:apply -- [options]

Feeds the same Stripe events to Turnpike as it is now, to Turnpike as it was, to two other systems that do the same, and to Postgres
alone, and writes docs/benchmarks.md. Exits with 1 when a target is lost or a condition is slower than 0.9 times what it was.

  --before <revision>   which Turnpike to compare with; "none" for none (${ACCEPTED})
  --quick               few events, one round, no growth (under a minute); prints, writes nothing, and judges nothing
  --only <text>         only what has it in its name, such as "verify", "ties" or "growth"; prints, and writes nothing
  --rounds <n>          how many rounds the medians are of (5)
  --events <n>          how many events, a multiple of 10 (8,000)
  --migrations <folder> other migrations than those of supabase/migrations; prints, and writes nothing
  --help`;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ROUND_TRIP_MS = 2;
const WHOLE = { rounds: 5, events: 8000, distantEvents: 2000, subscriptions: 120 };
const QUICK = { rounds: 1, events: 200, distantEvents: 100, subscriptions: 18 };

const options = readArguments(USAGE, {
  before: { type: "string", default: ACCEPTED },
  quick: { type: "boolean", default: false },
  only: { type: "string", default: "" },
  rounds: { type: "string" },
  events: { type: "string" },
  migrations: { type: "string", default: `${ROOT}supabase/migrations` },
});
const size = options.quick ? QUICK : WHOLE;
const rounds = Number(options.rounds ?? size.rounds);
const events = Number(options.events ?? size.events);
const before = options.before === "none" ? undefined : options.before;

const CONDITIONS = (["apply", "verify + apply"] as const).flatMap((stage) =>
  (["direct", "2 ms of round trip"] as const).flatMap((network) =>
    ([1, 10] as const).map((connections): Condition => ({ stage, network, connections })),
  ),
);

const nameOf = ({ stage, network, connections }: Condition) =>
  `${stage}, ${network}, ${connections === 1 ? "one connection" : `${connections} connections`}`;
const isAsked = (name: string) => name.includes(options.only);

async function measure(server: Server): Promise<Results> {
  const systems = await prepareSystems(server, { root: ROOT, migrations: options.migrations, before });
  const { url = "" } = systems.turnpike[0] ?? {};
  const { hostname, port } = new URL(url);
  const proxy = await startDelayProxy({ host: hostname, port: Number(port), roundTripMs: ROUND_TRIP_MS });
  const pool = createPool(url, 1);
  // So that no run pays for the one before.
  const checkpoint = () => pool.query("checkpoint");
  try {
    const comparisons: Comparison[] = [];
    for (const condition of CONDITIONS.filter((each) => isAsked(nameOf(each)))) {
      log(nameOf(condition));
      const isDirect = condition.network === "direct";
      const entrants = entrantsOf(systems, condition).map((one) => (isDirect ? one : distant(one, proxy.port)));
      const run = { events: isDirect ? events : Math.min(events, size.distantEvents), rounds, beforeRound: checkpoint };
      comparisons.push(await compare(entrants, condition, run, log));
    }
    return {
      postgres: await versionOf(pool),
      before,
      rounds,
      roundTripMs: await roundTripOf(at(url, proxy.port)),
      bodyBytes: averageBytes(createWorkload(events).bodies),
      comparisons,
      ties: isAsked("ties") ? await tie(systems, checkpoint) : undefined,
      growth: isAsked("growth") && !options.quick ? await grow(server) : [],
    };
  } finally {
    await pool.end();
    await proxy.close();
  }
}

function entrantsOf({ turnpike, before, peers, ceilings }: Systems, { stage, network }: Condition): System[] {
  return [...peers, ...before, ...turnpike, ...(stage === "apply" && network === "direct" ? ceilings : [])];
}

function tie({ withStripe }: Systems, beforeRun: () => Promise<unknown>) {
  log("ties and unpaid invoices, one connection");
  return measureTies(withStripe, { subscriptions: size.subscriptions, beforeRun }, log);
}

async function grow(server: Server) {
  log("growth, one connection");
  const urls = { small: await server.createDatabase("small"), large: await server.createDatabase("large") };
  await Promise.all(Object.values(urls).map((url) => migrateTurnpike(url, options.migrations)));
  return measureGrowth(urls, { events, rounds: Math.min(rounds, 3) }, log);
}

const distant = (system: System, port: number): System => ({ ...system, url: at(system.url, port) });

function at(url: string, port: number): string {
  const moved = new URL(url);
  moved.port = String(port);
  return moved.href;
}

async function versionOf(pool: Pool): Promise<string> {
  const { rows } = await pool.query("show server_version");
  return (rows as [{ server_version: string }])[0].server_version;
}

async function roundTripOf(url: string): Promise<number> {
  const pool = createPool(url, 1);
  const asked = 200;
  await pool.query("select 1");
  const began = performance.now();
  for (let count = 0; count < asked; count++) await pool.query("select 1");
  const took = (performance.now() - began) / asked;
  await pool.end();
  return took;
}

function averageBytes(bodies: string[]): number {
  return bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0) / bodies.length;
}

const began = performance.now();
function log(line: string): void {
  console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);
}

async function main(): Promise<void> {
  log("starting Postgres");
  const server = await startPostgres();
  let isInterrupted = false;
  const stop = (signal: NodeJS.Signals) => {
    isInterrupted = true;
    void server.close().finally(() => process.exit(signal === "SIGINT" ? 130 : 143));
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    const results = await measure(server);
    const judgement = judge(results);
    console.log(`\n${tablesOf(results)}\n${options.quick ? "Too short to judge by." : judgement.words}`);
    if (options.quick) return;
    const isWhole = options.only === "" && before !== undefined && options.migrations.startsWith(ROOT);
    if (isWhole) writeFileSync(`${ROOT}docs/benchmarks.md`, pageOf(results));
    if (!judgement.isGood) process.exitCode = 1;
  } catch (error) {
    // The statement under way fails when the server is stopped; that is no news.
    if (!isInterrupted) throw error;
  } finally {
    await server.close();
  }
}

await main();
