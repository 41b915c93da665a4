import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startDelayProxy } from "./delay-proxy.ts";
import { measureGrowth } from "./growth.ts";
import { type Comparison, type Condition, compare } from "./measure.ts";
import { migrateTurnpike, type Server, startPostgres } from "./postgres.ts";
import { pageOf, tablesOf } from "./report.ts";
import { createSyncEngine, migrateSyncEngine } from "./stripe-sync-engine.ts";
import { createPool, type Pool } from "./turnpike/pool.mjs";
import { createTurnpike } from "./turnpike.ts";
import { createWorkload } from "./workload.ts";

const USAGE = `Usage: npm run bench:apply -- [options]

Feeds the same Stripe events to Turnpike and to @supabase/stripe-sync-engine on one Postgres, and writes docs/benchmarks.md.

  --quick               2,000 events and one round (about 3 minutes); prints, and writes nothing
  --only <text>         only the conditions whose name contains it, such as "verify" or "growth"; prints, and writes nothing
  --rounds <n>          how many rounds the medians are of (3)
  --events <n>          how many events, a multiple of 10 (20,000)
  --migrations <folder> other migrations than those of supabase/migrations; prints, and writes nothing
  --help`;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ROUND_TRIP_MS = 2;
// Where every statement waits, the peer takes seven milliseconds an event: as many as are needed for a steady rate.
const DISTANT_EVENTS = 2000;
const QUICK_EVENTS = 2000;
// Their objects have to find room among the rows of the small mirror.
const GROWTH_EVENTS = 10_000;

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    rounds: { type: "string" },
    events: { type: "string" },
    migrations: { type: "string", default: `${ROOT}supabase/migrations` },
    help: { type: "boolean", default: false },
  },
});

const CONDITIONS = (["apply", "verify + apply"] as const).flatMap((stage) =>
  (["direct", "2 ms of round trip"] as const).flatMap((network) =>
    ([1, 10] as const).map((connections): Condition => ({ stage, network, connections })),
  ),
);

const nameOf = ({ stage, network, connections }: Condition) =>
  `${stage}, ${network}, ${connections === 1 ? "one connection" : `${connections} connections`}`;
const isAsked = (name: string) => name.includes(options.only);

async function measure(server: Server) {
  const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));
  const events = Number(options.events ?? (options.quick ? QUICK_EVENTS : 20_000));
  const urls = { turnpike: await server.createDatabase("turnpike"), peer: await server.createDatabase("peer") };
  await migrateTurnpike(urls.turnpike, options.migrations);
  await migrateSyncEngine(urls.peer);
  const { hostname, port } = new URL(urls.turnpike);
  const proxy = await startDelayProxy({ host: hostname, port: Number(port), roundTripMs: ROUND_TRIP_MS });
  const distant = { turnpike: at(urls.turnpike, proxy.port), peer: at(urls.peer, proxy.port) };
  const pool = createPool(urls.turnpike, 1);
  try {
    const comparisons: Comparison[] = [];
    for (const condition of CONDITIONS.filter((each) => isAsked(nameOf(each)))) {
      const isDirect = condition.network === "direct";
      log(`${nameOf(condition)}`);
      const contenders = { turnpike: createTurnpike, peer: createSyncEngine, urls: isDirect ? urls : distant };
      // So that no run pays for the one before.
      const beforeRun = () => pool.query("checkpoint");
      const run = { events: isDirect ? events : DISTANT_EVENTS, rounds, beforeRun };
      comparisons.push(await compare(contenders, condition, run, log));
    }
    return {
      postgres: await versionOf(pool),
      rounds,
      roundTripMs: await roundTripOf(distant.turnpike),
      bodyBytes: averageBytes(createWorkload(events).bodies),
      comparisons,
      growth: isAsked("growth") ? await grow(server, events, rounds) : [],
    };
  } finally {
    await pool.end();
    await proxy.close();
  }
}

async function grow(server: Server, events: number, rounds: number) {
  log("growth, one connection");
  const urls = { small: await server.createDatabase("small"), large: await server.createDatabase("large") };
  await Promise.all(Object.values(urls).map((url) => migrateTurnpike(url, options.migrations)));
  return measureGrowth(urls, { events: Math.min(events, GROWTH_EVENTS), rounds }, log);
}

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
  if (options.help) return console.log(USAGE);
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
    console.log(`\n${tablesOf(results)}`);
    const isWhole = !options.quick && options.only === "" && options.migrations.startsWith(ROOT);
    if (isWhole) writeFileSync(`${ROOT}docs/benchmarks.md`, pageOf(results));
  } catch (error) {
    // The statement under way fails when the server is stopped; that is no news.
    if (!isInterrupted) throw error;
  } finally {
    await server.close();
  }
}

await main();
