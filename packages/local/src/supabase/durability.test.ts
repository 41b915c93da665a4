import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@supabase/supabase-js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTestSupabase } from "../testing/supabase.ts";

const repositoryMigrations = fileURLToPath(new URL("../../../../supabase/migrations", import.meta.url));
const credentials = { email: "ada@example.com", password: "password1" };
let dir: string;
let dataDir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "turnpike-data-"));
  dataDir = join(dir, "data");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("what the API took survives kill -9", { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", signUpAndWait], {
    env: { ...process.env, DATA_DIR: dataDir },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");

  const supabase = await startTestSupabase({ dataDir });
  const client = createClient(supabase.url, supabase.publishableKey, { auth: { persistSession: false } });
  const { error } = await client.auth.signInWithPassword(credentials);
  await supabase.close();
  expect(error).toBeNull();
});

const signUpAndWait = `
  import { startTestSupabase } from ${JSON.stringify(new URL("../testing/supabase.ts", import.meta.url).href)};
  const { url, publishableKey } = await startTestSupabase({ dataDir: process.env.DATA_DIR });
  const response = await fetch(url + "/auth/v1/signup", {
    method: "POST",
    headers: { apikey: publishableKey, "content-type": "application/json" },
    body: ${JSON.stringify(JSON.stringify(credentials))},
  });
  console.log(response.status);
`;

test("a later start applies new migrations only, and refuses edited ones", { timeout: 60_000 }, async () => {
  const migrationsDir = join(dir, "migrations");
  cpSync(repositoryMigrations, migrationsDir, { recursive: true });
  const start = () => startTestSupabase({ dataDir, migrationsDir });
  await (await start()).close();

  const added = join(migrationsDir, "20991231000000_added.sql");
  writeFileSync(added, "create table added (); create index on nowhere (id);");
  await expect(start()).rejects.toThrow('Migration 20991231000000_added.sql failed: relation "nowhere" does not exist');
  writeFileSync(added, "create table added (id int);");
  const supabase = await start();
  expect(await supabase.query("select * from added")).toEqual([]);
  await supabase.close();

  writeFileSync(added, "create table added (id bigint);");
  await expect(start()).rejects.toThrow(/20991231000000_added.sql was edited .* npm start -- --fresh/);
  rmSync(added);
  await expect(start()).rejects.toThrow(/20991231000000_added.sql was removed .* npm start -- --fresh/);
});
