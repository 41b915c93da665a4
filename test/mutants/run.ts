import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Stryker } from "@stryker-mutator/core";
import { readArguments } from "../../scripts/arguments.ts";
import { FOLDERS, type MutatedFolder } from "./folders.ts";
import { fileOfFolder, forgetAll, forgetStaticSurvivors } from "./kept.ts";
import { runSqlMutants } from "./run-sql.ts";
import { SQL_MUTANTS } from "./sql.ts";
import { SURVIVORS } from "./survivors.ts";

/**
 * `npm run mutants`: takes guarantees out of the code one at a time, and says which of them no test misses. It fails when core's
 * score is below the bar, when a mutant lives on for which `survivors.ts` has no reason, or when a mutant of the SQL does.
 */

type MutantResult = Awaited<ReturnType<Stryker["runMutationTest"]>>[number];

interface Score {
  name: string;
  killed: number;
  alive: number;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const LEAST_SCORE = 90;

const USAGE = `Takes guarantees out of the code one at a time, and says which of them no test misses.

  npm run mutants                                all of them, anew where something has changed
  npm run mutants -- --ts                        of TypeScript alone; --sql: of the SQL alone
  npm run mutants -- --folder F --range R        of one folder, and of some of its lines
  npm run mutants -- --fresh                     forgets what was seen before`;

async function main(): Promise<void> {
  const values = readArguments(USAGE, {
    ts: { type: "boolean" },
    sql: { type: "boolean" },
    fresh: { type: "boolean" },
    folder: { type: "string" },
    range: { type: "string", multiple: true },
  });
  const chosen = FOLDERS.filter(({ name }) => !values.folder || name === values.folder);
  if (chosen.length === 0) throw new Error(`The folders are ${FOLDERS.map(({ name }) => name).join(", ")}.`);
  if (values.fresh) forgetAll();
  const complaints: string[] = [];
  if (!values.sql) complaints.push(...(await mutateTypeScript(chosen, values.range)));
  if (!values.ts && !values.folder) complaints.push(...(await mutateSql()));
  for (const complaint of complaints) console.error(complaint);
  process.exitCode = complaints.length > 0 ? 1 : 0;
}

async function mutateTypeScript(folders: readonly MutatedFolder[], ranges?: string[]): Promise<string[]> {
  process.chdir(root);
  const scores: Score[] = [];
  const complaints: string[] = [];
  for (const folder of folders) {
    const results = await mutateFolder(folder, ranges);
    scores.push(score(folder.name, results));
    complaints.push(...judgeSurvivors(results.filter(isAlive).map(describe)));
  }
  const ofCore = scores.filter(({ name }) => name.startsWith("core/"));
  const core = {
    name: "core",
    killed: ofCore.reduce((sum, { killed }) => sum + killed, 0),
    alive: ofCore.reduce((sum, { alive }) => sum + alive, 0),
  };
  console.log("\nkilled by a test  lived on  folder");
  for (const each of [...scores, core]) {
    const { name, killed, alive } = each;
    console.log(
      `${percent(each).toFixed(1).padStart(6)} %  ${String(killed).padStart(5)}  ${String(alive).padStart(8)}  ${name}`,
    );
  }
  if (percent(core) < LEAST_SCORE) complaints.push(`Core's score is below ${LEAST_SCORE} %.`);
  return complaints;
}

function mutateFolder({ name, mutate, tests }: MutatedFolder, ranges?: string[]): Promise<MutantResult[]> {
  if (!ranges) forgetStaticSurvivors(name);
  process.env.MUTANT_TESTS = JSON.stringify(tests); // for the configuration of vitest, in Stryker's processes
  return new Stryker({
    configFile: "test/mutants/stryker.config.mjs",
    mutate: [...(ranges ?? mutate), "!**/*.test.ts"],
    // What is named is tried once more, whatever is known of it.
    ...(!ranges && { incremental: true, incrementalFile: fileOfFolder(name) }),
  }).runMutationTest();
}

const isAlive = ({ status }: MutantResult) => status === "Survived" || status === "NoCoverage";
const percent = ({ killed, alive }: Score) => (killed + alive === 0 ? 100 : (100 * killed) / (killed + alive));

const score = (name: string, mutants: MutantResult[]): Score => ({
  name,
  killed: mutants.filter(({ status }) => status === "Killed" || status === "Timeout").length,
  alive: mutants.filter(isAlive).length,
});

interface Survivor {
  file: string;
  /** As the option `range` takes it: with columns from 0. */
  range: string;
  /** The line that the mutant changes, and the change. */
  code: string;
  change: string;
}

function describe({ fileName, location: { start, end }, replacement = "" }: MutantResult): Survivor {
  const file = relative(root, fileName);
  const code = readFileSync(fileName, "utf8").split("\n")[start.line - 1] ?? "";
  const original =
    start.line === end.line ? code.slice(start.column - 1, end.column - 1) : `${code.slice(start.column - 1)} …`;
  return {
    file,
    range: `${file}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`,
    code: code.trim(),
    change: `${original} → ${replacement.split("\n")[0]}`,
  };
}

function judgeSurvivors(found: Survivor[]): string[] {
  const complaints: string[] = [];
  console.log(`\n${found.length} lived on:`);
  for (const { file, range, code, change } of found) {
    const known = SURVIVORS.find((each) => each.file === file && each.code === code && each.change === change);
    console.log(`  ${range}  ${change}\n      ${known?.reason ?? `NO REASON  ${code}`}`);
    if (!known) complaints.push(`${range} lives on without a reason: ${change}`);
  }
  return complaints;
}

async function mutateSql(): Promise<string[]> {
  console.log(`\n${SQL_MUTANTS.length} mutants of the SQL:`);
  const results = await runSqlMutants(SQL_MUTANTS, ({ name }, result) => console.log(`  ${result.padEnd(8)}  ${name}`));
  const alive = [...results].filter(([, result]) => result !== "killed");
  console.log(`${results.size - alive.length} of ${results.size} were killed.`);
  return alive.map(([{ name }, result]) => `The SQL mutant "${name}" is ${result}.`);
}

await main();
