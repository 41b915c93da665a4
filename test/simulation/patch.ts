import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MIGRATIONS, type Mutated } from "../mutants/place.ts";

/** What begins a statement in a migration: nothing inside one stands at the beginning of a line. */
const STATEMENT = /^(?:create|select|alter|insert|do|revoke|grant|comment)\b/gm;
const REPLACEABLE = /^create (?=function|trigger|view)/;

/** A mutant as a change of a database that is migrated already: that takes a moment, and all migrations take ten seconds. */
export interface Patch {
  make: string;
  undo: string;
}

/** @returns undefined for what can only be made anew */
export function patchOf({ file, text }: Mutated): Patch | undefined {
  const before = readFileSync(join(MIGRATIONS, file), "utf8");
  let at = 0;
  while (before[at] === text[at]) at++;
  const begin = [...text.matchAll(STATEMENT)].map(({ index }) => index).findLast((index) => index <= at) ?? 0;
  const [make, undo] = [again(statementAt(text, begin)), again(statementAt(before, begin))];
  return make && undo ? { make, undo } : undefined;
}

/** A statement so that it can be run once more. */
function again(statement: string): string | undefined {
  if (statement.startsWith("create function billing.mirror(")) return `${replaceable(statement)}\n${mirrorAgain()}`;
  if (statement.startsWith("select billing.mirror(")) return statement;
  return REPLACEABLE.test(statement) ? replaceable(statement) : undefined;
}

const replaceable = (statement: string) => statement.replace(REPLACEABLE, "create or replace ");

function statementAt(text: string, begin: number): string {
  const rest = text.slice(begin);
  const end = /^create function/.test(rest) ? /\n\$\w*\$;/.exec(rest) : /;\s*$/m.exec(rest);
  return rest.slice(0, end ? end.index + end[0].length : rest.length);
}

/** What all migrations together say to be mirrored: their appliers are written anew. */
function mirrorAgain(): string {
  const files = readdirSync(MIGRATIONS).toSorted();
  const texts = files.map((file) => readFileSync(join(MIGRATIONS, file), "utf8"));
  return texts.flatMap((text) => text.match(/^select billing\.mirror\([^;]*;/gm) ?? []).join("\n");
}
