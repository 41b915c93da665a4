import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Database } from "./database.ts";
import { snapshotCache } from "./snapshot-cache.ts";

it("a snapshot that was found can be read, though another process saves its own meanwhile", async () => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-snapshots-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const cache = snapshotCache(dir, []);
  const databaseOf = (tar: string) =>
    ({ exec: async () => {}, dump: async () => new Blob([tar]) }) as unknown as Database;
  await cache.save(databaseOf("one"));
  const found = cache.find();
  await cache.save(databaseOf("another one"));
  expect(new TextDecoder().decode(await found?.arrayBuffer())).toBe("one");
});
