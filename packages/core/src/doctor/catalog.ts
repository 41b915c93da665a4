import { compareGrants, compareRelation } from "./relation.ts";

export interface Column {
  type: string;
  /** It must be filled. */
  required?: boolean;
  default?: string;
  /** Postgres fills it, and nobody else. */
  generated?: string;
}

/** A table or a view, as Postgres has it: `inspect_schema` in the migrations. */
export interface Relation {
  columns: Record<string, Column>;
  row_level_security: "on" | "off" | "forced";
  /** A view that asks for its rows in the name of whoever asks it. */
  asks_as_caller: boolean;
  /** Of a view: digest of what it shows. */
  shows: string | null;
  /** Each as `create policy` has it behind the table's name. */
  policies: Record<string, string>;
  /** What each role may do: `SELECT`, or `SELECT (id, email)` with these columns alone. */
  granted: Record<string, string[]>;
  /** Each as it is written behind its name. */
  constraints: Record<string, string>;
  /** Each with the statement that makes it. */
  triggers: Record<string, { does: string; off?: boolean }>;
  indexes: Record<string, string>;
  /** By which Postgres does something else than what is asked. */
  rules: string[];
}

export interface Routine {
  /** Digest of what it does. */
  body: string;
  /** What it takes and gives, and how it is run. */
  declared: string;
  /** It runs with its owner's rights. */
  definer: boolean;
  settings: string[];
  callers: string[];
}

export interface Catalog {
  /** What each role may do with a schema. */
  schemas: Record<string, Record<string, string[]>>;
  relations: Record<string, Relation>;
  routines: Record<string, Routine>;
  /** What the migrations have written: how many rows of settings there are, and the tables by the objects that they mirror. */
  rows: { "billing.settings": number | null; "billing.mirrored": Record<string, string> };
}

/** What differs, and the statement that mends it where one does. */
export interface Difference {
  kind: "row-level security" | "grants" | "schema" | "own rows";
  says: string;
  mend: string | null;
}

// The product replaces it: see docs/organizations.md.
const OF_THE_PRODUCT = new Set(["billing.organizations_of(user_id uuid)"]);

/**
 * What of our tables, views and functions is not as the migrations made it. What a product adds beside them is its own; what it
 * grants, lets through, or demands on ours is not.
 */
export function compareCatalogs(expected: Catalog, found: Catalog): Difference[] {
  return [
    ...Object.entries(expected.schemas).flatMap(([name, granted]) =>
      compareGrants(`schema ${name}`, granted, found.schemas[name] ?? {}),
    ),
    ...Object.entries(expected.relations).flatMap(([name, relation]) =>
      compareRelation(name, relation, found.relations[name]),
    ),
    ...Object.entries(expected.routines).flatMap(([name, routine]) =>
      compareRoutine(name, routine, found.routines[name]),
    ),
    ...compareRows(expected, found),
  ];
}

function compareRoutine(name: string, expected: Routine, found: Routine | undefined): Difference[] {
  const lost = (says: string): Difference => ({ kind: "schema", says: `${name}: ${says}`, mend: null });
  if (!found) return [lost("the function is not there")];
  const differences: Difference[] = [];
  if (!OF_THE_PRODUCT.has(name)) {
    if (found.body !== expected.body) differences.push(lost("the function does something else"));
    if (found.declared !== expected.declared) {
      differences.push(lost(`the function is declared as ${found.declared}; and not as ${expected.declared}`));
    }
  }
  if (found.definer && !expected.definer) differences.push(lost("the function runs with its owner's rights"));
  if (expected.definer && !found.definer) differences.push(lost("the function runs without its owner's rights"));
  const settings = expected.settings.filter((setting) => !found.settings.includes(setting));
  if (settings.length > 0) differences.push(lost(`the function lacks the setting ${settings.join(", ")}`));
  return [...differences, ...compareCallers(name, expected.callers, found.callers)];
}

function compareCallers(name: string, expected: string[], found: string[]): Difference[] {
  const more = found.filter((role) => !expected.includes(role));
  const less = expected.filter((role) => !found.includes(role));
  return [
    ...more.map((role) => ({
      kind: "grants" as const,
      says: `${name}: ${role} may call it, and should not`,
      mend: `revoke execute on function ${name} from public, ${role};`,
    })),
    ...less.map((role) => ({
      kind: "grants" as const,
      says: `${name}: ${role} may not call it, and should`,
      mend: `grant execute on function ${name} to ${role};`,
    })),
  ];
}

function compareRows({ rows: expected, relations }: Catalog, { rows: found, relations: there }: Catalog): Difference[] {
  const lost = (says: string, mend: string | null): Difference => ({ kind: "own rows", says, mend });
  // A table that is not there is named already.
  const isThere = (name: keyof Catalog["rows"]) => name in relations && name in there;
  const settings =
    isThere("billing.settings") && found["billing.settings"] !== expected["billing.settings"]
      ? [lost("billing.settings: its only row is not there", "insert into billing.settings default values;")]
      : [];
  const mirrored = Object.entries(expected["billing.mirrored"]).flatMap(([object, target]) => {
    const now = found["billing.mirrored"][object];
    if (now === target || !isThere("billing.mirrored")) return [];
    return lost(
      `billing.mirrored: the row of ${object} ${now ? `names ${now}, and not ${target}` : "is not there"}`,
      null,
    );
  });
  return [...settings, ...mirrored];
}
