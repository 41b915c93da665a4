import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getAuthSchemaSql } from "@supabase/lite";
import { bootstrapSql } from "./bootstrap.ts";
import type { Database } from "./database.ts";
import type { Migration } from "./migrations.ts";

export interface SnapshotCache {
  find(): Blob | undefined;
  save(database: Database): Promise<void>;
}

const kept = 5;

/** Databases in memory start from a copy of an earlier one that was made from the same SQL. */
export function snapshotCache(dir: string, migrations: Migration[]): SnapshotCache {
  const ingredients = JSON.stringify([getAuthSchemaSql(), bootstrapSql, migrations]);
  const key = createHash("sha256").update(ingredients).digest("hex").slice(0, 16);
  const file = join(dir, `supabase-${key}.tar`);
  return {
    // Read whole: another process may put its own in the place while this one is still read.
    find: () => (existsSync(file) ? new Blob([readFileSync(file)]) : undefined),
    async save(database) {
      const tar = await database.dump?.();
      if (!tar) return;
      mkdirSync(dir, { recursive: true });
      const unfinished = `${file}.${process.pid}`;
      writeFileSync(unfinished, Buffer.from(await tar.arrayBuffer()));
      // In one step: test files start side by side.
      renameSync(unfinished, file);
      removeOldest(dir);
    },
  };
}

function removeOldest(dir: string): void {
  const snapshots = readdirSync(dir)
    .filter((name) => name.startsWith("supabase-") && name.endsWith(".tar"))
    .map((name) => join(dir, name))
    .map((file) => ({ file, time: statSync(file).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  for (const { file } of snapshots.slice(kept)) rmSync(file, { force: true });
}
