import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SqlMutant } from "./sql.ts";

export const MIGRATIONS = fileURLToPath(new URL("../../supabase/migrations", import.meta.url));

/** A migration as a mutant leaves it. */
export interface Mutated {
  file: string;
  text: string;
}

/**
 * Finds what mutants change.
 * @throws when a mutant's text is not in the migrations, or is there more than once
 */
export function placeMutants(mutants: readonly SqlMutant[]): Map<SqlMutant, Mutated> {
  const files = readdirSync(MIGRATIONS).map((file) => ({ file, text: readFileSync(join(MIGRATIONS, file), "utf8") }));
  return new Map(mutants.map((mutant) => [mutant, place(mutant, files)]));
}

function place({ name, find, replace }: SqlMutant, files: readonly Mutated[]): Mutated {
  const found = files.flatMap((each) => Array.from({ length: each.text.split(find).length - 1 }, () => each));
  const [only, ...others] = found;
  if (!only) throw new Error(`The mutant "${name}" changes what the migrations do not have any more: ${find}`);
  if (others.length > 0)
    throw new Error(`The mutant "${name}" changes what the migrations have ${found.length} times: ${find}`);
  return { file: only.file, text: only.text.replace(find, () => replace) };
}
