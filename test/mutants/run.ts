import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import { runSqlMutants } from "./run-sql.ts";
import { SQL_MUTANTS } from "./sql.ts";
import { SURVIVORS } from "./survivors.ts";

/**
 * `npm run mutants`: takes guarantees out of the code one at a time, and says which of them no test misses. It fails when core's
 * score is below the bar, when a mutant lives on for which `survivors.ts` has no reason, or when a mutant of the SQL does.
 */

type MutantResult = Awaited<ReturnType<Stryker["runMutationTest"]>>[number];

const root = fileURLToPath(new URL("../..", import.meta.url));
const LEAST_SCORE = 90;
const CORE = "packages/core/src/";

const { values: only } = parseArgs({ options: { ts: { type: "boolean" }, sql: { type: "boolean" } } });
const complaints: string[] = [];
if (!only.sql) complaints.push(...(await mutateTypeScript()));
if (!only.ts) complaints.push(...(await mutateSql()));
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;

async function mutateTypeScript(): Promise<string[]> {
  process.chdir(root);
  const results = await new Stryker({ configFile: "test/mutants/stryker.config.mjs" }).runMutationTest();
  const folders = Map.groupBy(results, ({ fileName }) => folderOf(fileName));
  console.log("\nkilled by a test  lived on  folder");
  for (const [folder, mutants] of [...folders].sort()) {
    const { killed, alive, percent } = score(mutants);
    console.log(
      `${percent.toFixed(1).padStart(6)} %  ${String(killed).padStart(5)}  ${String(alive).padStart(8)}  ${folder}`,
    );
  }
  const core = score(results.filter(({ fileName }) => folderOf(fileName).startsWith(CORE)));
  console.log(
    `${core.percent.toFixed(1).padStart(6)} %  ${String(core.killed).padStart(5)}  ${String(core.alive).padStart(8)}  core`,
  );
  return [
    ...(core.percent < LEAST_SCORE ? [`Core's score is below ${LEAST_SCORE} %.`] : []),
    ...judgeSurvivors(results.filter(isAlive).map(describe)),
  ];
}

const folderOf = (fileName: string) => dirname(relative(root, fileName)).replace(/(src\/\w+)\/.*/, "$1");
const isAlive = ({ status }: MutantResult) => status === "Survived" || status === "NoCoverage";

function score(mutants: MutantResult[]) {
  const killed = mutants.filter(({ status }) => status === "Killed" || status === "Timeout").length;
  const alive = mutants.filter(isAlive).length;
  return { killed, alive, percent: (100 * killed) / Math.max(killed + alive, 1) };
}

interface Survivor {
  file: string;
  line: number;
  /** The line that the mutant changes, and the change. */
  code: string;
  change: string;
}

function describe({ fileName, location: { start, end }, replacement = "" }: MutantResult): Survivor {
  const lines = readFileSync(fileName, "utf8").split("\n");
  const code = lines[start.line - 1] ?? "";
  const original =
    start.line === end.line ? code.slice(start.column - 1, end.column - 1) : `${code.slice(start.column - 1)} …`;
  const change = `${original} → ${replacement.split("\n")[0]}`;
  return { file: relative(root, fileName), line: start.line, code: code.trim(), change };
}

function judgeSurvivors(found: Survivor[]): string[] {
  const complaints: string[] = [];
  const missed = new Set(SURVIVORS);
  console.log(`\n${found.length} lived on:`);
  for (const { file, line, code, change } of found) {
    const known = SURVIVORS.find((each) => each.file === file && each.code === code && each.change === change);
    if (known) missed.delete(known);
    console.log(`  ${file}:${line}  ${change}\n      ${known?.reason ?? `NO REASON  ${code}`}`);
    if (!known) complaints.push(`${file}:${line} lives on without a reason: ${change}`);
  }
  for (const { file, change } of missed) console.log(`  No more, its reason can go: ${file}  ${change}`);
  return complaints;
}

async function mutateSql(): Promise<string[]> {
  console.log(`\n${SQL_MUTANTS.length} mutants of the SQL:`);
  const results = await runSqlMutants(SQL_MUTANTS, ({ name }, result) => console.log(`  ${result.padEnd(8)}  ${name}`));
  const alive = [...results].filter(([, result]) => result !== "killed");
  console.log(`${results.size - alive.length} of ${results.size} were killed.`);
  return alive.map(([{ name }, result]) => `The SQL mutant "${name}" is ${result}.`);
}
