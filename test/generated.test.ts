import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { startTestSupabase } from "@turnpike/local/testing";
import { readStacks } from "@turnpike/local/testing/stacks";
import { settings } from "@turnpike/settings";
import { expect, it } from "vitest";
import { apiTypes } from "../scripts/api-types.ts";
import { databaseTypes } from "../scripts/database-types.ts";
import { migratedCatalog } from "../scripts/migrated-catalog.ts";
import { nagPage } from "../scripts/nag-page.ts";
import { openApi } from "../scripts/openapi.ts";
import { withSettingsTable } from "../scripts/settings-table.ts";

const formatted = (path: string, source: string) =>
  execFileSync("node_modules/.bin/biome", ["format", `--stdin-file-path=${path}`], { input: source, encoding: "utf8" });
const read = (path: string) => readFileSync(path, "utf8");

it("the database types are those of the migrations", async () => {
  const supabase = await startTestSupabase();
  const path = "packages/core/src/supabase/database.ts";
  try {
    expect(read(path)).toBe(formatted(path, await databaseTypes(supabase.query)));
  } finally {
    await supabase.close();
  }
});

it("what the doctor takes for a database in order is that of the migrations", async () => {
  const supabase = await startTestSupabase();
  const path = "packages/core/src/doctor/migrated.ts";
  try {
    expect(read(path)).toBe(formatted(path, await migratedCatalog(supabase.query)));
  } finally {
    await supabase.close();
  }
});

it("a column's type is the values that its check lists, or what its comment says", async () => {
  const supabase = await startTestSupabase();
  try {
    await supabase.query(`create table public.examples (
      mode text not null check (mode in ('payment', 'it''s')), free text check (free <> ''), items jsonb not null
    )`);
    await supabase.query("comment on column public.examples.items is 'What is bought. @type { id: string }[]'");
    const types = await databaseTypes(supabase.query);
    expect(types).toContain(
      `examples: { Row: { free: string | null; items: { id: string }[]; mode: "payment" | "it's" };`,
    );
  } finally {
    await supabase.close();
  }
});

it("the OpenAPI document is that of the stacks' routes, of their handlers and of the schemas", async () => {
  const { system } = await readStacks(process.cwd(), "node_modules/.cache/turnpike/openapi");
  expect(JSON.parse(read("docs/openapi.json"))).toEqual(await openApi(system, process.cwd()));
});

it("what an app of another is told of the API is what the document says", () => {
  const path = "packages/web/src/buttons/api.ts";
  expect(read(path)).toBe(formatted(path, apiTypes(JSON.parse(read("docs/openapi.json")))));
});

it("the page of accepted findings is that of the suppressions", () => {
  expect(read("docs/security/nag.md")).toBe(nagPage());
});

it("the README's table of settings is that of their declaration", () => {
  expect(read("README.md")).toBe(withSettingsTable(read("README.md")));
});

it(".env.example names every setting, and nothing else", () => {
  const named = [...read(".env.example").matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
  expect(named).toEqual(Object.keys(settings));
});

it("GitHub's deploy hands over every setting of a stage that is no secret, and no secret", () => {
  const handedOver = [...read(".github/workflows/deploy-stage.yml").matchAll(/^ {6}(\w+): \$\{\{ vars\.(\w+) \}\}$/gm)];
  const plain = Object.entries(settings).filter(([, { deployed, secret }]) => deployed && !secret);
  expect(handedOver.map(([, name]) => name)).toEqual(["url", ...plain.map(([name]) => name)]);
  for (const [, name, variable] of handedOver) if (name !== "url") expect(variable).toBe(name);
});
