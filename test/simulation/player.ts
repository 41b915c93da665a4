import type { Patch } from "./patch.ts";
import { install, real } from "./stage.ts";

/** A process that plays one plan after the other, as it is told by the one that has started it. */

install();
const { Database } = await import("./database.ts");
const { play } = await import("./world.ts");
const { parsePlan } = await import("./plan.ts");

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

let database: ReturnType<typeof Database.open> | undefined;

async function open(): Promise<Awaited<ReturnType<typeof Database.open>>> {
  const opened = await Database.open(process.env.MIGRATIONS_DIR);
  // What is loaded when it is first used comes late that once, and the run would differ from the next.
  await play(opened, parsePlan("warm-up:histories=0,1:turns=2"));
  return opened;
}

let patched: Patch | undefined;

/** Takes back what the last plan was played with, and makes what this one is. */
async function patch(opened: Awaited<typeof database>, wanted: Patch | undefined): Promise<void> {
  if (patched?.make === wanted?.make) return;
  if (patched) await opened?.change(patched.undo);
  if (wanted) await opened?.change(wanted.make);
  patched = wanted;
}

process.on("message", async ({ line, traced, patch: wanted }: Order) => {
  database ??= open();
  const plan = parsePlan(line);
  await patch(await database, wanted);
  const began = real.performanceNow();
  const { digest, failures, faults, steps, trace } = await play(await database, plan);
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
