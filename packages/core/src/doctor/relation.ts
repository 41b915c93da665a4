import type { Column, Difference, Relation } from "./catalog.ts";

/** What of a table or a view is not as the migrations made it. */
export function compareRelation(name: string, expected: Relation, found: Relation | undefined): Difference[] {
  if (!found) return [{ kind: "schema", says: `${name}: it is not there`, mend: null }];
  const triggers = compareTriggers(name, expected.triggers, found.triggers);
  // Supabase's own table is looked at for our triggers.
  if (name === "auth.users") return triggers;
  return [
    ...compareSecurity(name, expected, found),
    ...comparePolicies(name, expected.policies, found.policies),
    ...compareGrants(name, expected.granted, found.granted),
    ...compareColumns(name, expected.columns, found.columns),
    ...compareConstraints(name, expected.constraints, found.constraints),
    ...triggers,
    ...compareIndexes(name, expected.indexes, found.indexes),
    ...compareRewriting(name, expected, found),
  ];
}

function compareSecurity(name: string, expected: Relation, found: Relation): Difference[] {
  const open = (says: string, mend: string): Difference => ({
    kind: "row-level security",
    says: `${name}: ${says}`,
    mend,
  });
  const differences: Difference[] = [];
  if (expected.row_level_security === "on" && found.row_level_security === "off") {
    differences.push(open("it is off", `alter table ${name} enable row level security;`));
  }
  if (expected.row_level_security !== "forced" && found.row_level_security === "forced") {
    const mend = `alter table ${name} no force row level security;`;
    differences.push(open("it holds for the owner, too, with whose rights our functions write", mend));
  }
  if (expected.asks_as_caller && !found.asks_as_caller) {
    differences.push(open("the view shows everybody's rows", `alter view ${name} set (security_invoker = true);`));
  }
  return differences;
}

function comparePolicies(name: string, expected: Relation["policies"], found: Relation["policies"]): Difference[] {
  const open = (says: string, mend: string): Difference => ({
    kind: "row-level security",
    says: `${name}: the policy ${says}`,
    mend,
  });
  const drop = (policy: string) => `drop policy "${policy}" on ${name};`;
  return [
    ...Object.entries(expected).flatMap(([policy, says]) => {
      const now = found[policy];
      const create = `create policy "${policy}" on ${name} ${says};`;
      if (!now) return open(`"${policy}" is not there`, create);
      return now === says ? [] : open(`"${policy}" says something else`, `${drop(policy)}\n${create}`);
    }),
    ...without(found, expected).map((policy) => open(`"${policy}" is none of the migrations'`, drop(policy))),
  ];
}

/** @param name as `grant` has it behind `on`: of a table, or `schema billing` */
export function compareGrants(
  name: string,
  expected: Record<string, string[]>,
  found: Record<string, string[]>,
): Difference[] {
  const grants = (says: string, mend: string): Difference => ({ kind: "grants", says: `${name}: ${says}`, mend });
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])].flatMap((role) => {
    const has = found[role] ?? [];
    const should = expected[role] ?? [];
    const more = has.filter((privilege) => !should.includes(privilege));
    const less = should.filter((privilege) => !has.includes(privilege));
    const list = (privileges: string[]) => privileges.join(", ").toLowerCase();
    const say = (privileges: string[]) => list(privileges).replace("usage", "use it");
    return [
      ...(more.length > 0
        ? [grants(`${role} may ${say(more)}, and should not`, `revoke ${list(more)} on ${name} from ${role};`)]
        : []),
      ...(less.length > 0
        ? [grants(`${role} may not ${say(less)}, and should`, `grant ${list(less)} on ${name} to ${role};`)]
        : []),
    ];
  });
}

function compareColumns(name: string, expected: Relation["columns"], found: Relation["columns"]): Difference[] {
  return [
    ...Object.entries(expected).flatMap(([column, should]) => compareColumn(name, column, should, found[column])),
    ...without(found, expected).flatMap((column) => {
      const { required, default: value, generated } = found[column] as Column;
      if (!required || value || generated) return [];
      return {
        kind: "schema" as const,
        says: `${name}: its column ${column} is none of the migrations', and must be filled`,
        mend: `alter table ${name} alter column ${column} drop not null;`,
      };
    }),
  ];
}

function compareColumn(name: string, column: string, expected: Column, found: Column | undefined): Difference[] {
  const lost = (says: string, mend: string | null = null): Difference => ({
    kind: "schema",
    says: `${name}: its column ${column} ${says}`,
    mend,
  });
  if (!found) return [lost("is not there")];
  if (found.type !== expected.type) return [lost(`is ${found.type}, and not ${expected.type}`)];
  if (found.generated !== expected.generated) {
    return [lost(expected.generated ? "is no longer filled by Postgres" : "is filled by Postgres alone")];
  }
  const alter = `alter table ${name} alter column ${column}`;
  const differences: Difference[] = [];
  if (found.default !== expected.default) {
    const said = (value: string | undefined) => (value === undefined ? "no default" : `the default ${value}`);
    const mend = expected.default === undefined ? "drop default" : `set default ${expected.default}`;
    differences.push(lost(`has ${said(found.default)}; it should have ${said(expected.default)}`, `${alter} ${mend};`));
  }
  if (expected.required && !found.required) differences.push(lost("may be empty", `${alter} set not null;`));
  if (!expected.required && found.required) differences.push(lost("must be filled", `${alter} drop not null;`));
  return differences;
}

function compareConstraints(
  name: string,
  expected: Relation["constraints"],
  found: Relation["constraints"],
): Difference[] {
  const lost = (says: string, mend: string): Difference => ({
    kind: "schema",
    says: `${name}: its constraint ${says}`,
    mend: `alter table ${name} ${mend};`,
  });
  return [
    ...Object.entries(expected).flatMap(([constraint, says]) => {
      const now = found[constraint];
      const add = `add constraint ${constraint} ${says}`;
      if (now === says) return [];
      if (!now) return lost(`${constraint} is not there`, add);
      if (now === `${says} NOT VALID`) {
        return lost(`${constraint} was never checked for older rows`, `validate constraint ${constraint}`);
      }
      return lost(`${constraint} is ${now}, and not ${says}`, `drop constraint ${constraint}, ${add}`);
    }),
    ...without(found, expected).map((constraint) =>
      lost(
        `${constraint} is none of the migrations', and may refuse what Stripe holds: ${found[constraint]}`,
        `drop constraint ${constraint}`,
      ),
    ),
  ];
}

function compareTriggers(name: string, expected: Relation["triggers"], found: Relation["triggers"]): Difference[] {
  const lost = (says: string, mend: string): Difference => ({
    kind: "schema",
    says: `${name}: its trigger ${says}`,
    mend,
  });
  // A dump that was restored has its conditions in other brackets.
  const words = (statement: string) => statement.replace(/[()]/g, "");
  return Object.entries(expected).flatMap(([trigger, { does }]) => {
    const now = found[trigger];
    if (!now) return lost(`${trigger} is not there`, `${does};`);
    if (words(now.does) !== words(does))
      return lost(`${trigger} does something else`, `drop trigger ${trigger} on ${name};\n${does};`);
    return now.off ? lost(`${trigger} is off`, `alter table ${name} enable trigger ${trigger};`) : [];
  });
}

function compareIndexes(name: string, expected: Relation["indexes"], found: Relation["indexes"]): Difference[] {
  const [schema] = name.split(".");
  return Object.entries(expected).flatMap(([index, makes]) => {
    const now = found[index];
    if (now === makes) return [];
    return {
      kind: "schema" as const,
      says: `${name}: its index ${index} is ${now ? "another" : "not there"}`,
      mend: `drop index if exists ${schema}.${index};\n${makes};`,
    };
  });
}

function compareRewriting(name: string, expected: Relation, found: Relation): Difference[] {
  const lost = (says: string, mend: string | null): Difference => ({ kind: "schema", says: `${name}: ${says}`, mend });
  const rules = found.rules.filter((rule) => !expected.rules.includes(rule));
  return [
    ...rules.map((rule) =>
      lost(`the rule ${rule} does something else than what is asked`, `drop rule ${rule} on ${name};`),
    ),
    ...(found.shows === expected.shows ? [] : [lost("the view shows something else", null)]),
  ];
}

function without(all: object, others: object): string[] {
  return Object.keys(all).filter((each) => !(each in others));
}
