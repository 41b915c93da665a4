import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { getAuthSchemaSql } from "@supabase/lite";
import { PgliteConnection } from "@supabase/lite/pglite";
import { bootstrapSql } from "./bootstrap.ts";
import type { Database } from "./database.ts";
import type { Migration } from "./migrations.ts";

/** A database as it is before anybody used it. */
export interface Snapshot {
  data: Blob;
  /** What lite's REST handler knows of its tables and functions, as JSON: to read that takes longer than to open the database. */
  schema: string;
}

export interface SnapshotCache {
  /** Undefined: whoever asked makes it, and those who ask meanwhile wait. */
  find(): Promise<Snapshot | undefined>;
  save(database: Database): Promise<void>;
  /** Nobody is to wait any longer for whoever asked: it is made, or cannot be. */
  end(): void;
}

const kept = 5;

/**
 * Nobody makes databases from the templates in memory: a copy without them is two thirds as large, and opens in as much of the time.
 * With each start Postgres fills its buffers, 128 MB unless told otherwise, and all its files are in memory anyway.
 */
const MADE_SMALLER = [
  "alter system set shared_buffers = '16MB'",
  "update pg_database set datistemplate = false",
  "drop database if exists template0",
  "drop database if exists template1",
];

/** Of views: with each request lite would search it for what each column is cast to, though it knows every column's type. */
const WITHOUT_SQL = { sql: "" };

/** Databases in memory start from a copy of an earlier one that was made from the same SQL. */
export function snapshotCache(dir: string, migrations: Migration[]): SnapshotCache {
  const readsSchema = String(PgliteConnection.prototype.introspect);
  const made = [getAuthSchemaSql(), bootstrapSql, migrations, MADE_SMALLER, readsSchema, WITHOUT_SQL];
  const ingredients = JSON.stringify(made);
  const key = createHash("sha256").update(ingredients).digest("hex").slice(0, 16);
  const file = join(dir, `supabase-${key}.tar`);
  const schemaFile = join(dir, `supabase-${key}.json`);
  const turn = join(dir, `supabase-${key}.turn`);
  let isMaking = false;
  const isMade = () => existsSync(file) && existsSync(schemaFile);
  return {
    async find() {
      mkdirSync(dir, { recursive: true });
      while (!isMade() && !isMaking) {
        isMaking = takeTurn(turn);
        if (!isMaking) await sleep(100);
      }
      // Read whole: another process may put its own in the place while this one is still read.
      return isMade() ? { data: blobOf(readFileSync(file)), schema: readFileSync(schemaFile, "utf8") } : undefined;
    },
    async save(database) {
      if (!database.dump) return;
      for (const statement of MADE_SMALLER) await database.exec(statement);
      const tar = await database.dump();
      const { views, ...others } = await database.connection.introspect({ useCache: true });
      const schema = JSON.stringify({ ...others, views: views.map((view) => ({ ...view, ...WITHOUT_SQL })) });
      await database.connection.clearSchemaCache(); // whoever uses this database may make a table yet
      writeInOneStep(schemaFile, Buffer.from(schema));
      writeInOneStep(file, Buffer.from(await tar.arrayBuffer()));
      removeOldest(dir);
    },
    end() {
      if (isMaking) rmSync(turn, { recursive: true, force: true });
      isMaking = false;
    },
  };
}

/**
 * Test files start side by side, and to make it takes many times as long as to open it. Whoever was killed over it keeps the others for
 * 20 seconds; whoever takes longer is not waited for any more.
 */
function takeTurn(turn: string): boolean {
  try {
    mkdirSync(turn);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const since = statSync(turn, { throwIfNoEntry: false })?.mtimeMs;
    if (since !== undefined && since < Date.now() - 20_000) rmSync(turn, { recursive: true, force: true });
    return false;
  }
}

/** Who was killed as they made it, and who took their turn, may both save theirs. */
function writeInOneStep(file: string, bytes: Buffer): void {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, bytes);
  renameSync(unfinished, file);
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
  for (const { file } of snapshots.slice(kept)) {
    rmSync(file, { force: true });
    rmSync(file.replace(/tar$/, "json"), { force: true });
  }
}
