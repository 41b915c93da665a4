import { existsSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createPgliteConnection, type PgliteConnection } from "@supabase/lite/pglite";
import { type Database, isoTimestamp, type Sql } from "./database.ts";
import { takeTurns } from "./turns.ts";

/** PGlite's part of `@electric-sql/pglite` that runs SQL, inside a transaction and outside. */
interface Executor {
  exec(sql: string): Promise<unknown>;
  query<Row>(sql: string, params?: unknown[]): Promise<{ rows: Row[] }>;
}

const longestWaitMs = 30_000;

/**
 * Opens Postgres compiled to WebAssembly, in this process. Each commit is handed to the operating system before its call
 * returns, so a killed process loses nothing; the disk itself is not forced (`fsync` is off), so a power cut may.
 */
export async function openPglite({ dataDir, snapshot }: { dataDir?: string; snapshot?: Blob }): Promise<Database> {
  if (dataDir && !existsSync(join(dataDir, "PG_VERSION"))) await layOut(dataDir);
  const connection = await connect(dataDir, snapshot);
  return {
    ...executorSql(connection.driver),
    connection,
    transaction: (work) => connection.driver.transaction((tx) => work(executorSql(tx))),
    // PGlite is one connection and lite's driver has no lock on it: overlapping requests would share one transaction and
    // one role, so that a visitor's query could run as the service role.
    exclusive: takeTurns(longestWaitMs),
    dump: () => connection.driver.dumpDataDir("none"),
  };
}

/** A folder cut off while its files are first written never opens again: it gets its name when it is whole. */
async function layOut(dataDir: string): Promise<void> {
  const unfinished = `${dataDir}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  const connection = await connect(unfinished);
  await connection.close();
  // Fails if something else is in there, which is not ours to remove.
  if (existsSync(dataDir)) rmdirSync(dataDir);
  renameSync(unfinished, dataDir);
}

async function connect(dataDir?: string, snapshot?: Blob): Promise<PgliteConnection> {
  const connection = await createPgliteConnection({
    url: dataDir,
    pgliteOptions: { parsers: { 1114: isoTimestamp, 1184: isoTimestamp }, loadDataDir: snapshot },
  });
  try {
    await connection.driver.waitReady;
    await forgetArraysOfRows(connection.driver);
  } catch (cause) {
    const place = dataDir ?? "memory";
    throw new Error(`The local database in ${place} does not open. Begin with an empty one: npm start -- --fresh`, {
      cause,
    });
  }
  return connection;
}

/**
 * With each result PGlite copies its table of parsers. Two thirds of them are for arrays of tables' rows, which nobody reads: without
 * them a small query takes a third less.
 */
async function forgetArraysOfRows(driver: PgliteConnection["driver"]): Promise<void> {
  const { rows } = await driver.query<{ typarray: number }>(
    "select typarray from pg_catalog.pg_type where typtype = 'c' and typarray <> 0",
  );
  for (const { typarray } of rows) delete driver.parsers[typarray];
}

function executorSql(executor: Executor): Sql {
  return {
    async exec(sql) {
      await executor.exec(sql);
    },
    query: async <Row>(sql: string, params: unknown[] = []) => (await executor.query<Row>(sql, params)).rows,
  };
}
