import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MIGRATIONS, type Mutated, placeMutants } from "../mutants/place.ts";
import { SQL_MUTANTS, type SqlMutant } from "../mutants/sql.ts";
import { CLIMATE_NAMES } from "./climate.ts";
import { assertPlaced, CODE_MUTANTS } from "./mutants-in-code.ts";
import { type Patch, patchOf } from "./patch.ts";
import { Player } from "./players.ts";

/**
 * Who may read what is not the simulation's matter: it sees rows past row-level security, and asks as the service role alone. Two
 * transactions at once, outages of forty days and what an operator does are not in it; in which order locks are taken is.
 */
const NOT_OURS =
  /test\/(security\/catalog|security\/row|core\/access|core\/payment-history|core\/account|core\/sync|core\/sweep|core\/explain|core\/unowned|core\/owners[-.]|core\/rows-from|core\/silent|sign-up-at-once|core\/customers-of-old|core\/paid-in|functions\/|concurrency|outages)/;
/** Nor are events that cannot be read or written, keys of another account, and what members of an organisation see. */
const NOT_PLAYED =
  /failed is never|refused|without a table|cannot be read|keeps the failure|sees the|hears? |feature|counts for as much|listed of|may not read/;

const CUSTOMERS = 12;

interface Choice {
  worlds: number;
  processes: number;
  /** Texts: a mutant is chosen when one of them is in its name. */
  only: readonly string[];
}

interface Mutant {
  name: string;
  patch?: Patch;
  /** What its process must be started with. */
  environment?: NodeJS.ProcessEnv;
}

interface Found {
  /** What did not hold; nothing when all did. */
  by: string | undefined;
  worlds: number;
  seconds: number;
}

/** Takes guarantees out of the SQL and the code, each alone, and plays worlds until something does not hold. */
export async function playMutants({ worlds, processes, only }: Choice): Promise<void> {
  const dirs: string[] = [];
  const queue = listMutants(dirs).filter(({ name }) => only.some((text) => name.includes(text)));
  let [found, tried] = [0, 0];
  console.log("| taken away | what does not hold any more | worlds | seconds |\n|---|---|---|---|");
  const work = async () => {
    const usual = new Player();
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { by, worlds: played, seconds } = await playMutant(next, usual, worlds);
      tried++;
      if (by !== undefined) found++;
      console.log(`| ${next.name} | ${by ?? "not found"} | ${played} | ${seconds.toFixed(0)} |`);
    }
    usual.close();
  };
  await Promise.all(Array.from({ length: processes }, work));
  for (const dir of dirs) rmSync(dir, { recursive: true });
  console.log(`\n${found} of ${tried} were found.`);
}

/** @param dirs what is made for them, to be removed at the end */
function listMutants(dirs: string[]): Mutant[] {
  assertPlaced(CODE_MUTANTS);
  const inSql = placeMutants(SQL_MUTANTS.filter(isOurs));
  return [
    ...CODE_MUTANTS.map((mutant) => ({
      name: mutant.name,
      environment: { CODE_MUTANT: JSON.stringify(mutant) },
    })),
    ...[...inSql].map(([{ name }, mutated]): Mutant => {
      const patch = patchOf(mutated);
      return patch ? { name, patch } : { name, environment: { MIGRATIONS_DIR: migrationsOf(mutated, dirs) } };
    }),
  ];
}

const isOurs = ({ name, tests }: SqlMutant) =>
  (!tests.every((test) => NOT_OURS.test(test)) || name.endsWith("in no order")) && !NOT_PLAYED.test(name);

function migrationsOf(mutated: Mutated, dirs: string[]): string {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-simulated-mutant-"));
  dirs.push(dir);
  cpSync(MIGRATIONS, dir, { recursive: true });
  writeFileSync(join(dir, mutated.file), mutated.text);
  return dir;
}

/** In which climates a mutant is looked for first, by its name. */
const AT_HOME: [RegExp, string[]][] = [
  [/moment that a row|brings back|after the deletion is for/, ["untrue", "catalogue"]],
  [
    /deletion|lacks something|own life|earlier state|was fetched for|done is applied|duplicates/,
    ["catalogue", "seconds"],
  ],
  [/assigned/, ["operated"]],
  [/before it is confirmed/, ["guests"]],
  [/reference|other systems|without a customer|bought|bears it|two claims/, ["elsewhere"]],
  [/cursor|overtaken|began anew/, ["again"]],
  [/sale that ran out/, ["hurry"]],
  [/before their product|keeps a problem|not arrived/, ["crowds"]],
  [/settled in no order/, ["untold"]],
  [/trial|deleted customer had/, ["trials"]],
  [/stays open/, ["tabs"]],
  [/queue forgot/, ["forgetful"]],
  [/listing|missing|lacks is not queued/, ["deaf", "forgetful"]],
  [/could not be told/, ["untold"]],
  [/message that failed|notice that failed/, ["storms"]],
  [/second|back|oldest|creation/, ["seconds", "office"]],
  [/address|guest|nobody's is not/, ["guests"]],
  [/claim|owner|owns it|no id|in two names/, ["office", "organizations", "guests"]],
  [/deleted/, ["leaving"]],
  [/seats|quantity/, ["seats"]],
  [/double|subscription|beside/, ["office"]],
];

function lineOf(name: string, world: number): string {
  const own = AT_HOME.find(([pattern]) => pattern.test(name))?.[1] ?? [];
  const climates = [...new Set([...own, ...CLIMATE_NAMES])];
  // Half of the worlds are those that it is at home in.
  const climate =
    world % 2 && own.length > 0 ? own[(world >> 1) % own.length] : climates[(world - 1) % climates.length];
  return `${world}:histories=${Array.from({ length: CUSTOMERS }, (_, number) => number)}:climate=${climate}`;
}

async function playMutant({ name, patch, environment }: Mutant, usual: Player, most: number): Promise<Found> {
  const player = environment ? new Player(environment) : usual;
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  try {
    for (let world = 1; world <= most; world++) {
      const { failures } = await player.play(lineOf(name, world), { ...(patch && { patch }) });
      const [by] = Object.keys(failures);
      if (by !== undefined) return { by, worlds: world, seconds: seconds() };
    }
    return { by: undefined, worlds: most, seconds: seconds() };
  } finally {
    if (player !== usual) player.close();
  }
}
