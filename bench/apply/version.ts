import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Contender, ContenderOptions } from "./contender.ts";

/** Turnpike as it was at another revision: its own code and migrations, driven by its own part of this benchmark. */
export interface Version {
  createTurnpike(options: ContenderOptions): Contender;
  /** Brings a database to the state of its migrations. */
  migrate(url: string): Promise<void>;
}

/**
 * Takes a revision's files out of the repository, without a trace in it, and links today's installed packages to them: what is
 * compared is Turnpike, not the libraries. They are gone when the process ends.
 * @throws when the repository does not hold the revision (a shallow clone), or it is from before this benchmark
 */
export async function loadVersion(root: string, revision: string): Promise<Version> {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-before-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  const archive = execFileSync("git", ["archive", "--format=tar", revision], { cwd: root, maxBuffer: 2 ** 28 });
  execFileSync("tar", ["-x", "-C", dir], { input: archive });
  linkPackages(root, dir);
  // The driver and its settings are today's as well.
  rmSync(join(dir, "bench/apply/turnpike"), { recursive: true });
  symlinkSync(join(root, "bench/apply/turnpike"), join(dir, "bench/apply/turnpike"));
  const load = (file: string) => import(pathToFileURL(join(dir, file)).href);
  const [{ createTurnpike }, { migrateTurnpike }] = await Promise.all([
    load("bench/apply/turnpike.ts"),
    load("bench/apply/postgres.ts"),
  ]);
  return { createTurnpike, migrate: (url) => migrateTurnpike(url, join(dir, "supabase/migrations")) };
}

/** Our own packages are the revision's, all others today's. */
function linkPackages(root: string, dir: string): void {
  const modules = join(dir, "node_modules");
  mkdirSync(join(modules, "@turnpike"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name !== "@turnpike") symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  for (const name of readdirSync(join(dir, "packages"))) {
    symlinkSync(join(dir, "packages", name), join(modules, "@turnpike", name));
  }
}
