import type { Database } from "./database.ts";
import type { Patch } from "./patch.ts";
import { parsePlan } from "./plan.ts";
import { install, real } from "./stage.ts";

/** A process that plays one plan after the other, as it is told by the one that has started it. */

install();
for (const level of ["log", "info", "warn", "error"] as const) console[level] = () => {};

/** What is to be played. */
export interface Order {
  line: string;
  traced: boolean;
  /** With which change of the schema. */
  patch: Patch | undefined;
}

export interface Played {
  digest: string;
  histories: number;
  failures: Record<string, string[]>;
  faults: [string, number][];
  steps: string[];
  ms: number;
  trace?: readonly string[];
}

async function open() {
  const { Database } = await import("./database.ts");
  const { play } = await import("./world.ts");
  const database = await Database.open(process.env.MIGRATIONS_DIR, process.env.SIMULATION_POSTGRES);
  // What is loaded when it is first used comes late that once, and the run would differ from the next.
  await play(database, parsePlan("warm-up:histories=0,1:turns=2"));
  return { database, play };
}

/** Begun at once: whoever listens only after that misses what is said meanwhile. */
const opening = open();
let patched: Patch | undefined;

/** Takes back what the last plan was played with, and makes what this one is. */
async function patch(database: Database, wanted: Patch | undefined): Promise<void> {
  if (patched?.make === wanted?.make) return;
  if (patched) await database.change(patched.undo);
  if (wanted) await database.change(wanted.make);
  patched = wanted;
}

// What it plays is for nobody any more.
process.on("disconnect", () => process.exit());

process.on("message", async ({ line, traced, patch: wanted }: Order) => {
  const plan = parsePlan(line);
  const { database, play } = await opening;
  await patch(database, wanted);
  const began = real.performanceNow();
  const { digest, failures, faults, steps, trace } = await play(database, plan);
  const played: Played = {
    digest,
    histories: plan.histories.length,
    failures,
    faults: [...faults],
    steps: [...steps],
    ms: real.performanceNow() - began,
    ...(traced && { trace }),
  };
  if (process.connected) process.send?.(played);
});
