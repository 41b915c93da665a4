import { existsSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createPgliteConnection, type PgliteConnection } from "@supabase/lite/pglite";
import { type Database, isoTimestamp, type Sql } from "./database.ts";
import type { Snapshot } from "./snapshot-cache.ts";
import { takeTurns } from "./turns.ts";

/** PGlite's part of `@electric-sql/pglite` that runs SQL, inside a transaction and outside. */
interface Executor {
  exec(sql: string): Promise<{ rows: unknown[] }[]>;
  query<Row>(sql: string, params?: unknown[]): Promise<{ rows: Row[] }>;
}

const longestWaitMs = 30_000;

/**
 * Opens Postgres compiled to WebAssembly, in this process. Each commit is handed to the operating system before its call
 * returns, so a killed process loses nothing; the disk itself is not forced (`fsync` is off), so a power cut may.
 */
export async function openPglite({ dataDir, snapshot }: { dataDir?: string; snapshot?: Snapshot }): Promise<Database> {
  if (dataDir && !existsSync(join(dataDir, "PG_VERSION"))) await layOut(dataDir);
  const connection = await connect(dataDir, snapshot);
  const sql = executorSql(connection.driver);
  return {
    ...sql,
    query: (text, params = []) => (params.length > 0 ? sql.query(text, params) : ask(connection.driver, text)),
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

async function connect(dataDir?: string, snapshot?: Snapshot): Promise<PgliteConnection> {
  const connection = await createPgliteConnection({
    url: dataDir,
    schemaCache: { get: async () => snapshot?.schema || undefined, set: async () => {}, delete: async () => {} },
    pgliteOptions: { parsers: { 1114: isoTimestamp, 1184: isoTimestamp }, loadDataDir: snapshot?.data },
  });
  try {
    await connection.driver.waitReady;
    await forgetParsers(connection.driver);
    callLess(connection.driver);
  } catch (cause) {
    const place = dataDir ?? "memory";
    throw new Error(`The local database in ${place} does not open. Begin with an empty one: npm start -- --fresh`, {
      cause,
    });
  }
  return connection;
}

/** Of these types arrays are read as arrays, and of those that a migration makes; of Postgres's other hundred nobody reads one. */
const READ_IN_ARRAYS =
  "{bool,bytea,int2,int4,int8,float4,float8,numeric,text,varchar,bpchar,name,oid,uuid,json,jsonb,date,time,timestamp,timestamptz}";

/** With each result PGlite copies its table of parsers: with all that are in it a small query takes three times as long. */
async function forgetParsers(driver: PgliteConnection["driver"]): Promise<void> {
  const { rows } = await driver.query<{ typarray: number }>(
    `select typarray from pg_catalog.pg_type
     where typarray <> 0 and (typtype = 'c' or oid < 16384 and typname <> all ($1))`,
    [READ_IN_ARRAYS],
  );
  for (const { typarray } of rows) delete driver.parsers[typarray];
}

const SETTING = /^SELECT set_config\('([\w.]+)', (?:\$1|''), true\)$/;

/**
 * To call PGlite takes as long as a small query, and a statement with parameters takes six calls. Lite begins each request with up to a
 * dozen statements, which say who asks and for what: they go to Postgres together, before the first that is asked for its answer. What
 * has no parameters, such as the commit, goes in one message.
 */
function callLess(driver: PgliteConnection["driver"]): void {
  const query = driver.query.bind(driver);
  let waiting = "";
  driver.query = async <Row>(sql: string, params: unknown[] = [], options?: Parameters<typeof query>[2]) => {
    const [, name] = SETTING.exec(sql) ?? [];
    if (name) {
      const call = `set_config('${name}', ${quote(params[0] ?? "")}, true)`;
      waiting += waiting.endsWith(", true)") ? `, ${call}` : `;select ${call}`;
    } else if (sql === "BEGIN" || sql.startsWith("SET LOCAL ROLE ")) waiting += `;${sql}`;
    else {
      const first = waiting;
      waiting = "";
      if (first) await driver.exec(first);
      if (params.length > 0) return query<Row>(sql, params, options);
      return (await driver.exec(sql, options)).at(-1) as Awaited<ReturnType<typeof query<Row>>>;
    }
    return { rows: [] as Row[], fields: [] };
  };
}

const quote = (value: unknown) => `'${String(value).replaceAll("'", "''")}'`;

/** Of what Postgres answers: the columns of a table, or one of its rows, as text. */
type Told = { name: "rowDescription"; fields: Column[] } | { name: "dataRow"; fields: (string | null)[] };
interface Column {
  name: string;
  dataTypeID: number;
}

/** Without parameters, as one message of Postgres's own protocol: `exec` takes four times as long for a small query. */
async function ask<Row>(driver: PgliteConnection["driver"], sql: string): Promise<Row[]> {
  const text = Buffer.from(`Q....${sql}\0`);
  text.writeInt32BE(text.length - 1, 1);
  const { messages } = await driver.execProtocol(text, { syncToFs: false });
  const read = (text: string | null = null, type = 0) =>
    text === null ? null : (driver.parsers[type]?.(text, type) ?? text);
  let columns: Column[] = [];
  let rows: Row[] = [];
  for (const { name, fields } of messages as unknown as Told[]) {
    if (name === "rowDescription") [columns, rows] = [fields, []];
    if (name === "dataRow")
      rows.push(
        Object.fromEntries(
          columns.map(({ name, dataTypeID }, place) => [name, read(fields[place], dataTypeID)]),
        ) as Row,
      );
  }
  return rows;
}

function executorSql(executor: Executor): Sql {
  return {
    async exec(sql) {
      await executor.exec(sql);
    },
    query: async <Row>(sql: string, params?: unknown[]) => (await executor.query<Row>(sql, params)).rows,
  };
}
