import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, it } from "vitest";
import { findThawed } from "./released-migrations.ts";

it("the migrations of released versions are as they were released", () => {
  const files = globSync("supabase/migrations/*.sql");
  const migrations = Object.fromEntries(files.map((file) => [basename(file), readFileSync(file, "utf8")]));
  expect(files).not.toEqual([]);
  expect(findThawed(readFileSync("CHANGELOG.md", "utf8"), migrations)).toEqual([]);
});

it("every migration's name begins with a moment, as Supabase's command line names them", () => {
  const names = globSync("supabase/migrations/*.sql").map((file) => basename(file));
  const isMoment = (name: string) => {
    const at = name.replace(/^(....)(..)(..)(..)(..)(..)_.*$/, "$1-$2-$3T$4:$5:$6.000Z");
    return !Number.isNaN(Date.parse(at)) && new Date(at).toISOString() === at;
  };
  expect(names.filter((name) => !isMoment(name))).toEqual([]);
});

const GUARD = "20270101000000_guard.sql";
const OBJECTS = "20270101000100_objects.sql";
const VIEWS = "20270301000000_views.sql";
const sum = (name: string, sql: string) => `${createHash("sha256").update(sql).digest("hex")}  ${name}`;
const CHANGELOG = `# Changelog

## [Unreleased]

## [0.2.0] - 2027-02-01

### Migrations

\`\`\`
${sum(GUARD, "create schema guard;")}
${sum(OBJECTS, "create table objects ();")}
\`\`\`

## 0.1.0 - 2027-01-01

    ${sum(GUARD, "create schema guard;")}
`;
const released = { [GUARD]: "create schema guard;", [OBJECTS]: "create table objects ();" };

it("one that was released may be followed by others, and is neither edited nor removed nor overtaken", () => {
  expect(findThawed(CHANGELOG, { ...released, [VIEWS]: "create view v as select 1;" })).toEqual([]);
  expect(findThawed(CHANGELOG, { ...released, [GUARD]: "create schema guard; " })).toEqual([
    `${GUARD} is not as 0.2.0 has it`,
    `${GUARD} is not as 0.1.0 has it`,
  ]);
  expect(findThawed(CHANGELOG, { [GUARD]: "create schema guard;" })).toEqual([
    `${OBJECTS} was removed, but 0.2.0 has it`,
  ]);
  expect(findThawed(CHANGELOG, { ...released, "20270101000050_late.sql": "" })).toEqual([
    `20270101000050_late.sql is new, but sorts before ${OBJECTS}, which is released`,
  ]);
});

it("a release that forgets its list is found; until the first one, migrations may be rewritten", () => {
  expect(findThawed("## [1.0.0-rc.1] - 2027-01-01\n", released)).toEqual(["1.0.0-rc.1 lists no migrations"]);
  expect(findThawed("## [Unreleased]\n", released)).toEqual([]);
});
