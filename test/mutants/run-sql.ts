import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createVitest, type Vitest } from "vitest/node";
import { openKilled } from "./kept.ts";
import { MIGRATIONS, type Mutated, placeMutants } from "./place.ts";
import { SQL_MUTANTS, type SqlMutant } from "./sql.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const AT_ONCE = 2;

export type SqlResult = "killed" | "survived" | "broken";

/**
 * Applies each of the mutants alone and runs the tests that should die of it.
 * @throws when a mutant's text is not in the migrations, or is there more than once
 */
export async function runSqlMutants(
  chosen: readonly SqlMutant[] = SQL_MUTANTS,
  report: (mutant: SqlMutant, result: SqlResult) => void = () => {},
): Promise<Map<SqlMutant, SqlResult>> {
  const killed = openKilled();
  const placed = [...placeMutants(chosen)];
  const queue = placed.filter(([mutant]) => !killed.has(mutant));
  const results = new Map<SqlMutant, SqlResult>();
  for (const [mutant] of placed.filter(([known]) => killed.has(known))) {
    results.set(mutant, "killed");
    report(mutant, "killed");
  }
  if (queue.length === 0) return results;
  const benches: Bench[] = [];
  for (let n = 0; n < AT_ONCE; n++) benches.push(await openBench());
  await assertHealthy(
    benches,
    queue.map(([mutant]) => mutant),
  );
  await Promise.all(
    benches.map(async (bench) => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const [mutant, mutated] = next;
        const result = await bench.run(mutant.tests, mutated);
        results.set(mutant, result);
        if (result === "killed") killed.add(mutant);
        report(mutant, result);
      }
      await bench.close();
    }),
  );
  return results;
}

/** Else what fails for another reason would pass for killed. */
async function assertHealthy(benches: Bench[], chosen: readonly SqlMutant[]): Promise<void> {
  const tests = [...new Set(chosen.flatMap((mutant) => mutant.tests))];
  const failures: string[] = [];
  await Promise.all(
    benches.map(async (bench) => {
      for (let test = tests.shift(); test; test = tests.shift()) {
        await bench.run([test], commented(test));
        failures.push(...bench.failures());
      }
    }),
  );
  if (failures.length > 0) throw new Error(`Without any mutant these fail:\n${failures.join("\n")}`);
}

/** The migrations as they are, and yet others: with them a test meets no database that one before it has left. */
function commented(test: string): Mutated {
  const [file = ""] = readdirSync(MIGRATIONS);
  return { file, text: `${readFileSync(join(MIGRATIONS, file), "utf8")}\n-- for ${test}\n` };
}

type Bench = Awaited<ReturnType<typeof openBench>>;

/** Runs test files against migrations of their own, of which one file is changed at a time. */
async function openBench() {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-mutant-"));
  process.env.MIGRATIONS_DIR = dir; // for the configuration; what runs later has it from there
  const vitest = await createVitest("test", {
    config: join(root, "test/mutants/vitest.config.ts"),
    root,
    watch: false,
    bail: 1,
    maxWorkers: 1,
    reporters: [{}],
    onConsoleLog: () => false,
    env: { MIGRATIONS_DIR: dir },
  });
  return {
    async run(tests: readonly string[], changed?: Mutated): Promise<SqlResult> {
      cpSync(MIGRATIONS, dir, { recursive: true });
      if (changed) writeFileSync(join(dir, changed.file), changed.text);
      vitest.state.filesMap.clear();
      await vitest.start([...tests]);
      return resultOf(vitest);
    },
    failures: () => failuresOf(vitest),
    async close() {
      await vitest.close();
      rmSync(dir, { recursive: true });
    },
  };
}

function resultOf(vitest: Vitest): SqlResult {
  const failures = failuresOf(vitest);
  const broken = failures.some((failure) => failure.includes("The migrations do not apply"));
  if (broken || vitest.state.getTestModules().length === 0) return "broken";
  return failures.length > 0 ? "killed" : "survived";
}

/** One line for each file or test that failed. */
function failuresOf({ state }: Vitest): string[] {
  return state
    .getTestModules()
    .flatMap((module) => [
      ...module.errors().map(({ message }) => `${module.relativeModuleId}: ${message}`),
      ...[...module.children.allTests("failed")].map(
        (test) => `${module.relativeModuleId}: ${test.fullName}: ${test.result().errors?.[0]?.message}`,
      ),
    ]);
}
