import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SqlMutant } from "./sql.ts";

/**
 * What a run has found out is kept, so that one that was stopped goes on where it was. It holds as long as the code is what it was: with
 * the first change of a package, a migration or what tests share, all is tried anew. Of tests, only those that changed run again.
 */

const root = fileURLToPath(new URL("../..", import.meta.url));
const CACHE = join(root, "node_modules/.cache/mutants");
const KILLED = join(CACHE, "sql.json");

/** Stryker's own file of a folder, which it reads when it begins and writes when it ends or is stopped. */
export function fileOfFolder(name: string): string {
  return join(CACHE, `${name.replaceAll("/", "-")}-${code().slice(0, 12)}.json`);
}

/** What runs as a module loads is traced to no test: Stryker would keep that it lives on, whatever test is added. */
export function forgetStaticSurvivors(name: string): void {
  const file = fileOfFolder(name);
  if (!existsSync(file)) return;
  const report: { files: Record<string, { mutants: { static?: boolean; status: string }[] }> } = JSON.parse(
    readFileSync(file, "utf8"),
  );
  for (const each of Object.values(report.files)) {
    each.mutants = each.mutants.filter((mutant) => !(mutant.static && mutant.status === "Survived"));
  }
  writeFileSync(file, JSON.stringify(report));
}

export function forgetAll(): void {
  rmSync(CACHE, { recursive: true, force: true });
}

/** The mutants of the SQL that died, and of what. */
export function openKilled() {
  const killed: Record<string, string> = readKilled();
  return {
    has: (mutant: SqlMutant) => killed[mutant.name] === digestOf(mutant),
    add(mutant: SqlMutant) {
      killed[mutant.name] = digestOf(mutant);
      mkdirSync(CACHE, { recursive: true });
      writeFileSync(KILLED, JSON.stringify(killed, null, 2));
    },
  };
}

function readKilled(): Record<string, string> {
  try {
    return JSON.parse(readFileSync(KILLED, "utf8"));
  } catch {
    return {}; // nothing was kept, or a run died as it wrote
  }
}

const digestOf = ({ find, replace, tests }: SqlMutant) =>
  digest([code(), find, replace, ...tests.map((test) => readFileSync(join(root, test), "utf8"))]);

let known: string | undefined;

/** All that tests run but for themselves. */
function code(): string {
  known ??= digest(
    execFileSync(
      "git",
      ["ls-files", "-co", "--exclude-standard", "packages", "supabase", "test", "package-lock.json"],
      {
        cwd: root,
        encoding: "utf8",
      },
    )
      .split("\n")
      .filter((file) => file && !file.endsWith(".test.ts") && !file.startsWith("test/mutants/"))
      .map((file) => file + readFileSync(join(root, file), "utf8")),
  );
  return known;
}

const digest = (texts: string[]) => createHash("sha256").update(JSON.stringify(texts)).digest("hex");
