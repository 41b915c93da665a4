/** A table or a view, as Postgres has it: `inspect_schema` in the migrations. */
export interface Relation {
  /** Each with its type. */
  columns: Record<string, string>;
  row_level_security: boolean;
  /** A view that asks for its rows in the name of whoever asks it. */
  asks_as_caller: boolean;
  /** Each with a digest of what it says. */
  policies: Record<string, string>;
  /** What each role may do, if only with single columns. */
  granted: Record<string, string[]>;
  triggers: string[];
  indexes: string[];
}

export interface Routine {
  /** Digest of what it does. */
  body: string;
  /** It runs with its owner's rights. */
  definer: boolean;
  settings: string[];
  callers: string[];
}

export interface Catalog {
  relations: Record<string, Relation>;
  routines: Record<string, Routine>;
}

/** What differs, and the statement that mends it where one does. */
export interface Difference {
  kind: "row-level security" | "grants" | "schema";
  says: string;
  mend: string | null;
}

// The product replaces it: see docs/organizations.md.
const OF_THE_PRODUCT = new Set(["billing.organizations_of(user_id uuid)"]);

/**
 * What of our tables, views and functions is not as the migrations made it. What a product adds beside them is its own; what it
 * grants, or lets through, on ours is not.
 */
export function compareCatalogs(expected: Catalog, found: Catalog): Difference[] {
  return [
    ...Object.entries(expected.relations).flatMap(([name, relation]) =>
      compareRelation(name, relation, found.relations[name]),
    ),
    ...Object.entries(expected.routines).flatMap(([name, routine]) =>
      compareRoutine(name, routine, found.routines[name]),
    ),
  ];
}

function compareRelation(name: string, expected: Relation, found: Relation | undefined): Difference[] {
  const lost = (says: string): Difference => ({ kind: "schema", says: `${name}: ${says}`, mend: null });
  if (!found) return [lost("it is not there")];
  const columns = Object.entries(expected.columns).flatMap(([column, type]) => {
    const now = found.columns[column];
    if (now === type) return [];
    return lost(now ? `its column ${column} is ${now}, and not ${type}` : `its column ${column} is not there`);
  });
  const triggers = without(expected.triggers, found.triggers).map((trigger) =>
    lost(`its trigger ${trigger} is gone, or off`),
  );
  const indexes = without(expected.indexes, found.indexes).map((index) => lost(`its index ${index} is not there`));
  // Supabase's own table is looked at for our triggers.
  if (name === "auth.users") return triggers;
  return [
    ...compareSecurity(name, expected, found),
    ...compareGrants(name, expected.granted, found.granted),
    ...columns,
    ...triggers,
    ...indexes,
  ];
}

function compareSecurity(name: string, expected: Relation, found: Relation): Difference[] {
  const open = (says: string, mend: string | null): Difference => ({
    kind: "row-level security",
    says: `${name}: ${says}`,
    mend,
  });
  const differences: Difference[] = [];
  if (expected.row_level_security && !found.row_level_security) {
    differences.push(open("it is off", `alter table ${name} enable row level security;`));
  }
  if (expected.asks_as_caller && !found.asks_as_caller) {
    differences.push(open("the view shows everybody's rows", `alter view ${name} set (security_invoker = true);`));
  }
  for (const [policy, says] of Object.entries(expected.policies)) {
    const now = found.policies[policy];
    if (!now) differences.push(open(`the policy "${policy}" is not there`, null));
    else if (now !== says) differences.push(open(`the policy "${policy}" says something else`, null));
  }
  for (const policy of without(Object.keys(found.policies), Object.keys(expected.policies))) {
    const statement = `drop policy "${policy}" on ${name};`;
    differences.push(open(`the policy "${policy}" is none of the migrations'`, statement));
  }
  return differences;
}

function compareGrants(
  name: string,
  expected: Record<string, string[]>,
  found: Record<string, string[]>,
): Difference[] {
  const grants = (says: string, mend: string): Difference => ({ kind: "grants", says: `${name}: ${says}`, mend });
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])].flatMap((role) => {
    const more = without(found[role] ?? [], expected[role] ?? []);
    const less = without(expected[role] ?? [], found[role] ?? []);
    const list = (privileges: string[]) => privileges.join(", ").toLowerCase();
    return [
      ...(more.length > 0
        ? [grants(`${role} may ${list(more)}, and should not`, `revoke ${list(more)} on ${name} from ${role};`)]
        : []),
      ...(less.length > 0
        ? [grants(`${role} may not ${list(less)}, and should`, `grant ${list(less)} on ${name} to ${role};`)]
        : []),
    ];
  });
}

function compareRoutine(name: string, expected: Routine, found: Routine | undefined): Difference[] {
  const lost = (says: string): Difference => ({ kind: "schema", says: `${name}: ${says}`, mend: null });
  if (!found) return [lost("the function is not there")];
  const differences: Difference[] = [];
  if (!OF_THE_PRODUCT.has(name) && found.body !== expected.body)
    differences.push(lost("the function does something else"));
  if (found.definer && !expected.definer) differences.push(lost("the function runs with its owner's rights"));
  if (expected.definer && !found.definer) differences.push(lost("the function runs without its owner's rights"));
  const settings = without(expected.settings, found.settings);
  if (settings.length > 0) differences.push(lost(`the function lacks the setting ${settings.join(", ")}`));
  return [...differences, ...compareCallers(name, expected.callers, found.callers)];
}

function compareCallers(name: string, expected: string[], found: string[]): Difference[] {
  const statement = (verb: string) => name.replace(/^/, `${verb} execute on function `);
  return [
    ...without(found, expected).map((role) => ({
      kind: "grants" as const,
      says: `${name}: ${role} may call it, and should not`,
      mend: `${statement("revoke")} from public, ${role};`,
    })),
    ...without(expected, found).map((role) => ({
      kind: "grants" as const,
      says: `${name}: ${role} may not call it, and should`,
      mend: `${statement("grant")} to ${role};`,
    })),
  ];
}

function without(all: string[], others: string[]): string[] {
  return all.filter((each) => !others.includes(each));
}
