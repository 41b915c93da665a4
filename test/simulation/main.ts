import { availableParallelism } from "node:os";
import { readArguments } from "../../scripts/arguments.ts";
import { CORPUS } from "./corpus.ts";
import { playMutants } from "./mutants.ts";
import { formatPlan, HISTORIES_IN_A_WORLD, parsePlan, shrink } from "./plan.ts";
import type { Played } from "./player.ts";
import { Player } from "./players.ts";
import { Tally } from "./tally.ts";

const USAGE = `Plays customers' months with the real handlers and the real SQL, while calls fail and processes die.

  npm run simulate                          for a minute
  npm run simulate -- --hours 8             or so many --histories; Ctrl-C ends it, with what was found
  npm run simulate -- --seed 12             one world; --trace shows all that happened in it
  npm run simulate -- --corpus              seeds that once failed; two of them twice, in two processes: both runs must be the same
  npm run simulate -- --mutants             guarantees taken out of the SQL, one at a time: which are missed, and how fast; --worlds 24 for each;
                                            --only sale for those in whose name a text is
  --from 1000                               the first seed
  --processes 2                             side by side; as many as there are cores, unless it is said
  --postgres                                on a Postgres server, in place of PGlite: each seed comes to the same
  --matrix                                  at the end: which faults befell which steps
`;

const values = readArguments(USAGE, {
  hours: { type: "string" },
  histories: { type: "string" },
  seed: { type: "string" },
  from: { type: "string", default: "1" },
  processes: { type: "string", default: String(availableParallelism()) },
  corpus: { type: "boolean" },
  mutants: { type: "boolean" },
  worlds: { type: "string", default: "24" },
  only: { type: "string", multiple: true, default: [""] },
  trace: { type: "boolean" },
  matrix: { type: "boolean" },
  postgres: { type: "boolean" },
});

const failed = ({ failures }: Played) => Object.keys(failures).length > 0;

function describe({ failures }: Played): string {
  return Object.entries(failures)
    .map(
      ([name, wrong]) =>
        `  not so: ${name}\n${wrong
          .slice(0, 5)
          .map((each) => `    ${each}`)
          .join("\n")}`,
    )
    .join("\n");
}

/** One world, as it is told. */
async function playOne(line: string): Promise<void> {
  const player = new Player();
  const played = await player.play(formatPlan(parsePlan(line)), { traced: values.trace ?? false });
  for (const happened of played.trace ?? []) console.log(happened);
  console.log(`seed=${line}  ${played.digest}  ${failed(played) ? `FAILED\n${describe(played)}` : "holds"}`);
  player.close();
  if (failed(played)) process.exitCode = 1;
}

/** In two processes, of which one begins with the first and one with the last; each then plays what the other began with. */
async function playCorpus(): Promise<void> {
  const lines = CORPUS.map(({ line }) => line);
  const waiting = [...lines];
  const played = new Map<string, Played[]>();
  const work = async (take: () => string | undefined, again: string | undefined) => {
    const player = new Player();
    const play = async (line: string) => played.set(line, [...(played.get(line) ?? []), await player.play(line)]);
    for (let line = take(); line !== undefined; line = take()) await play(line);
    if (again !== undefined) await play(again);
    player.close();
  };
  await Promise.all([work(() => waiting.shift(), lines.at(-1)), work(() => waiting.pop(), lines[0])]);
  for (const line of lines) {
    const runs = played.get(line) ?? [];
    const wrong = runs.find(failed);
    const same = new Set(runs.map(({ digest }) => digest)).size === 1;
    const word = wrong ? `FAILED\n${describe(wrong)}` : same ? "holds" : "DIFFERS from run to run";
    console.log(`seed=${line}  ${runs[0]?.digest}  ${runs.length > 1 ? "twice " : ""}${word}`);
    if (wrong || !same) process.exitCode = 1;
  }
}

/** Seed after seed, until the time is over. */
async function search(): Promise<void> {
  const until = Date.now() + Number(values.hours ?? (values.histories ? 1000 : 1 / 60)) * 3_600_000;
  const most = Number(values.histories ?? Number.POSITIVE_INFINITY);
  const tally = new Tally();
  let next = Number(values.from);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      console.log(tally.summary(values.matrix ?? false));
      const exit = () => process.exit(tally.failed > 0 ? 1 : 0);
      if (server) void server.close().finally(exit);
      else exit();
    });
  const begun = () => (next - Number(values.from)) * HISTORIES_IN_A_WORLD;
  const progress = setInterval(() => console.log(tally.progress()), 10_000);
  const work = async (player: Player) => {
    while (Date.now() < until && begun() < most) {
      const line = String(next++);
      const played = await player.play(line);
      tally.add(played);
      if (failed(played)) await report(player, line, played);
    }
    player.close();
  };
  const players = Array.from({ length: Number(values.processes) }, () => work(new Player()));
  // They have begun: from here on a Ctrl-C is not theirs.
  console.log(`Seeds from ${values.from} on, ${values.processes} at a time`);
  await Promise.all(players);
  clearInterval(progress);
  console.log(tally.summary(values.matrix ?? false));
  if (tally.failed > 0) process.exitCode = 1;
}

async function report(player: Player, line: string, played: Played): Promise<void> {
  console.log(`seed=${line} FAILED, and is made smaller\n${describe(played)}`);
  const [name = ""] = Object.keys(played.failures);
  const least = await shrink(parsePlan(line), async (plan) => name in (await player.play(formatPlan(plan))).failures);
  console.log(`seed=${formatPlan(least)}\n${describe(played)}`);
}

const server = values.postgres ? await (await import("@turnpike/local/testing")).startTestPostgres() : undefined;
// Whoever plays gets a database of their own there.
if (server) process.env.SIMULATION_POSTGRES = server.url;

if (values.seed !== undefined) await playOne(values.seed);
else if (values.corpus) await playCorpus();
else if (values.mutants)
  await playMutants({ worlds: Number(values.worlds), processes: Number(values.processes), only: values.only });
else await search();
await server?.close();
