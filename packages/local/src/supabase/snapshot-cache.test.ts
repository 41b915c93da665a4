import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startTestSupabase } from "../testing/supabase.ts";
import type { Database } from "./database.ts";
import { snapshotCache } from "./snapshot-cache.ts";

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-snapshots-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const databaseOf = (tar: string) =>
  ({
    exec: async () => {},
    dump: async () => new Blob([tar]),
    connection: { introspect: async () => ({ views: [] }), clearSchemaCache: async () => {} },
  }) as unknown as Database;

it("of those who start side by side one makes the snapshot; where it cannot, the next does", async () => {
  const dir = newFolder();
  const first = snapshotCache(dir, []);
  expect(await first.find()).toBeUndefined();
  const others = [snapshotCache(dir, []), snapshotCache(dir, [])];
  const found = others.map((cache) => cache.find());
  first.end();
  const next = await Promise.race(found.map((asked, n) => asked.then(() => n)));
  await others[next]?.save(databaseOf("made"));
  others[next]?.end();
  expect(new TextDecoder().decode(await (await found[1 - next])?.data.arrayBuffer())).toBe("made");
});

it("a snapshot that was found can be read, though another process saves its own meanwhile", async () => {
  const dir = newFolder();
  const cache = snapshotCache(dir, []);
  await cache.find();
  await cache.save(databaseOf("one"));
  const found = await cache.find();
  await cache.save(databaseOf("another one"));
  expect(new TextDecoder().decode(await found?.data.arrayBuffer())).toBe("one");
});

it("a database from a snapshot answers about the tables that it came with, and about those made before its first request", async () => {
  const snapshotDir = newFolder();
  const migrationsDir = join(newFolder(), "migrations");
  mkdirSync(migrationsDir);
  writeFileSync(join(migrationsDir, "20260101000000_notes.sql"), tableNamed("notes"));
  const open = async () => {
    const { url, secretKey, query, close } = await startTestSupabase({ migrationsDir, snapshotDir });
    onTestFinished(close);
    const statusOf = async (table: string) =>
      (await fetch(`${url}/rest/v1/${table}`, { headers: { apikey: secretKey } })).status;
    return { query, statusOf };
  };
  const first = await open();
  expect(await first.statusOf("notes")).toBe(200);
  const second = await open();
  for (const statement of tableNamed("letters").split(";")) await second.query(statement);
  expect([await second.statusOf("notes"), await second.statusOf("letters")]).toEqual([200, 200]);
}, 120_000);

const tableNamed = (name: string) =>
  `create table public.${name} (id int); grant all on public.${name} to service_role`;
