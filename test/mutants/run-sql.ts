import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SQL_MUTANTS, type SqlMutant } from "./sql.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const migrations = join(root, "supabase/migrations");
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
  const files = readdirSync(migrations).map((name) => ({ name, text: readFileSync(join(migrations, name), "utf8") }));
  const queue = chosen.map((mutant) => ({ mutant, ...place(mutant, files) }));
  const results = new Map<SqlMutant, SqlResult>();
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const result = await runTests(next.mutant.tests, next);
      results.set(next.mutant, result);
      report(next.mutant, result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

function place({ name, find, replace }: SqlMutant, files: { name: string; text: string }[]) {
  const found = files.flatMap((file) => Array.from({ length: file.text.split(find).length - 1 }, () => file));
  const [file, ...others] = found;
  if (!file) throw new Error(`The mutant "${name}" changes what the migrations do not have any more: ${find}`);
  if (others.length > 0)
    throw new Error(`The mutant "${name}" changes what the migrations have ${found.length} times: ${find}`);
  return { file: file.name, text: file.text.replace(find, () => replace) };
}

/** Runs test files against the migrations with one file changed. */
async function runTests(tests: readonly string[], { file, text }: { file: string; text: string }): Promise<SqlResult> {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-mutant-"));
  try {
    cpSync(migrations, dir, { recursive: true });
    writeFileSync(join(dir, file), text);
    const args = ["node_modules/vitest/vitest.mjs", "run", "--config", "test/mutants/vitest.config.ts", "--bail", "1"];
    const { code, output } = await run([...args, "--maxWorkers", "1", ...tests], { MIGRATIONS_DIR: dir });
    if (output.includes("The migrations do not apply")) return "broken";
    if (code === 0) return "survived";
    return /Tests .*\d+ failed/.test(output) ? "killed" : "broken";
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function run(args: string[], env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env, NO_COLOR: "1" } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}
