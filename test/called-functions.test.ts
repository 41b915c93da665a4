import { execFileSync } from "node:child_process";
import { startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import { afterAll, beforeAll, expect, it } from "vitest";

// Migrations go before the code: between the two, and after a deploy was undone, the code of the last release runs on the new schema.

const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

/** The last release's tag; until there is one, what is here. */
function released(): string {
  try {
    return git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*").trim();
  } catch {
    return "HEAD";
  }
}

/** What the deployed packages of a version call, by name. */
function calledAt(commit: string): string[] {
  const found = git(
    "grep",
    "-hoE",
    String.raw`rpc\(\s*"\w+"`,
    commit,
    "--",
    "packages/core/src",
    "packages/functions/src",
  );
  return [...new Set([...found.matchAll(/"(\w+)"/g)].map(([, name = ""]) => name))].sort();
}

/** What each function of a version's generated types may be given, and whether it must. */
function argumentsAt(commit: string): Map<string, string[]> {
  const types = git("show", `${commit}:packages/core/src/supabase/database.ts`);
  const declared = types.matchAll(/^ {6}(\w+): \{\s+Args: (?:\{([^}]*)\}|never|Record<[^>]*>);?/gm);
  return new Map(
    [...declared].map(([, name = "", args = ""]) => [
      name,
      [...args.matchAll(/(\w+)\??:/g)].map(([, arg = ""]) => arg),
    ]),
  );
}

let supabase: TestSupabase;
beforeAll(async () => {
  supabase = await startTestSupabase();
});
afterAll(() => supabase?.close());

it("every function of the database that the last release calls is there, and takes what it was given", async () => {
  const release = released();
  const [called, given] = [calledAt(release), argumentsAt(release)];
  expect(called.length).toBeGreaterThan(10);
  const rows = await supabase.query<{ name: string; args: string[]; needed: number }>(`
    select proname as name, coalesce(proargnames[1:pronargs], '{}') as args, pronargs - pronargdefaults as needed
    from pg_proc where pronamespace = 'public'::regnamespace`);
  const lacking = called.filter((name) => {
    const args = given.get(name) ?? [];
    return !rows.some(
      (each) => each.name === name && args.every((arg) => each.args.includes(arg)) && each.needed <= args.length,
    );
  });
  expect(lacking).toEqual([]);
});
