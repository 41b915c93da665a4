import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { keepGeneratedSettings } from "./settings/generated.ts";
import { PROJECT_ROOT } from "./start.ts";
import { findFreePort, startTestSupabase } from "./testing/index.ts";

test("a start on data of other migrations ends with one line that says what to do", { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const migrationsDir = join(folder, "older-migrations");
  cpSync(join(PROJECT_ROOT, "supabase/migrations"), migrationsDir, { recursive: true });
  writeFileSync(join(migrationsDir, "20260101000000_older.sql"), "create table older ();");
  const dataDir = join(folder, "data");
  mkdirSync(dataDir);
  keepGeneratedSettings(dataDir);
  await (await startTestSupabase({ dataDir: join(dataDir, "postgres"), migrationsDir })).close();

  const { status, stderr } = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "packages/local/src/main.ts"],
    {
      cwd: PROJECT_ROOT,
      env: { PATH: process.env.PATH, PORT: `${await findFreePort()}`, TURNPIKE_DATA_DIR: dataDir },
      encoding: "utf8",
    },
  );
  expect(stderr).toBe(
    "\nThe local data is older than supabase/migrations: 20260101000000_older.sql was removed after it had been applied, " +
      "as happens when a newer Turnpike is pulled. Begin without that data: npm start -- --fresh\n\n",
  );
  expect(status).toBe(1);
});

test("a start that cannot write what it needs ends with its line, wherever that is", { timeout: 120_000 }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "turnpike-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  keepGeneratedSettings(dataDir);
  writeFileSync(join(dataDir, "build"), "in the way");
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "packages/local/src/main.ts"],
    {
      cwd: PROJECT_ROOT,
      env: { PATH: process.env.PATH, PORT: `${await findFreePort()}`, TURNPIKE_DATA_DIR: dataDir },
      encoding: "utf8",
    },
  );
  expect(stderr).toMatch(
    /^\n\S+\/build\S* cannot be written \(\w+\)\. The project's folder and TURNPIKE_DATA_DIR must be yours\.\n\n$/,
  );
  expect(status).toBe(1);
});

test("a start with a wrong value in the file of what is sold ends with its line, before anything is begun", () => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "billing.config.ts");
  writeFileSync(file, "export default {\n  checkout: { terms: 1 },\n};\n");
  const dataDir = join(folder, "data");
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "packages/local/src/main.ts"],
    {
      cwd: PROJECT_ROOT,
      env: { PATH: process.env.PATH, PORT: "0", TURNPIKE_DATA_DIR: dataDir, BILLING_CONFIG: file },
      encoding: "utf8",
    },
  );
  expect(stderr).toMatch(/billing\.config\.ts:2:15 checkout\.terms: terms must be true or false\n\n$/);
  expect(status).toBe(1);
  expect(existsSync(dataDir)).toBe(false);
});
