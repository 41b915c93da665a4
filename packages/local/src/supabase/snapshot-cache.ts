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

/** Nobody makes databases from these in memory. A copy without them is two thirds as large, and opens in as much of the time. */
const WITHOUT_TEMPLATES = [
  "update pg_database set datistemplate = false",
  "drop database if exists template0",
  "drop database if exists template1",
];

/** Databases in memory start from a copy of an earlier one that was made from the same SQL. */
export function snapshotCache(dir: string, migrations: Migration[]): SnapshotCache {
  const ingredients = JSON.stringify([getAuthSchemaSql(), bootstrapSql, migrations, WITHOUT_TEMPLATES]);
  const key = createHash("sha256").update(ingredients).digest("hex").slice(0, 16);
  const file = join(dir, `supabase-${key}.tar`);
  return {
    // Read whole: another process may put its own in the place while this one is still read.
    find: () => (existsSync(file) ? blobOf(readFileSync(file)) : undefined),
    async save(database) {
      if (!database.dump) return;
      for (const statement of WITHOUT_TEMPLATES) await database.exec(statement);
      const tar = await database.dump();
      mkdirSync(dir, { recursive: true });
      const unfinished = `${file}.${process.pid}`;
      writeFileSync(unfinished, Buffer.from(await tar.arrayBuffer()));
      // In one step: test files start side by side.
      renameSync(unfinished, file);
      removeOldest(dir);
    },
  };
}

/** Node.js reads what a blob holds in small pieces; this one hands it over as it is. */
function blobOf(bytes: Buffer<ArrayBuffer>): Blob {
  return Object.assign(new Blob([]), { arrayBuffer: async () => new Uint8Array(bytes).buffer });
}

function removeOldest(dir: string): void {
  const snapshots = readdirSync(dir)
    .filter((name) => name.startsWith("supabase-") && name.endsWith(".tar"))
    .map((name) => join(dir, name))
    .map((file) => ({ file, time: statSync(file).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  for (const { file } of snapshots.slice(kept)) rmSync(file, { force: true });
}
