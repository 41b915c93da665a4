import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { startTestSupabase } from "@turnpike/local/testing";
import { expect, it } from "vitest";
import { databaseTypes } from "../scripts/database-types.ts";
import { nagPage } from "../scripts/nag-page.ts";
import { openApi } from "../scripts/openapi.ts";

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

it("the OpenAPI document is that of the schemas", () => {
  expect(JSON.parse(read("docs/openapi.json"))).toEqual(openApi());
});

it("the page of accepted findings is that of the suppressions", () => {
  expect(read("docs/security/nag.md")).toBe(nagPage());
});

it(".env.example and the README describe the same variables", () => {
  const inExample = [...read(".env.example").matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
  const inReadme = [...read("README.md").matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
  expect(inReadme.sort()).toEqual(inExample.sort());
});

it("every file that the documentation names is there", () => {
  const pages = ["README.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md")];
  const named = pages.flatMap((page) =>
    [...read(page).matchAll(/`((?:\.github|docs|packages|scripts|stacks|supabase|test)\/[\w./-]+\.\w+)`/g)].map(
      ([, path = ""]) => `${page}: ${existsSync(path) ? "there" : path}`,
    ),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((line) => !line.endsWith("there"))).toEqual([]);
});
