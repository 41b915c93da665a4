import { install, real } from "./stage.ts";

/** A process that plays one plan after the other, as it is told by the one that has started it. */

install();
const { Database } = await import("./database.ts");
const { play } = await import("./world.ts");
const { parsePlan } = await import("./plan.ts");

for (const level of ["log", "info", "warn", "error"] as const) console[level] = () => {};

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

process.on("message", async ({ line, traced }: { line: string; traced: boolean }) => {
  database ??= open();
  const plan = parsePlan(line);
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
