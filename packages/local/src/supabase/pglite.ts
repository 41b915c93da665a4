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
    query: async <Row>(text: string, params: unknown[] = []) => (await connection.driver.query<Row>(text, params)).rows,
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
    callLess(connection.driver);
  } catch (cause) {
    const place = dataDir ?? "memory";
    throw new Error(`The local database in ${place} does not open. Begin with an empty one: npm start -- --fresh`, {
      cause,
    });
  }
  return connection;
}

const SETTING = /^SELECT set_config\('([\w.]+)', (?:\$1|''), true\)$/;

/**
 * To call PGlite takes as long as a small query, and its `query` makes six calls of a statement with parameters. Lite begins each request
 * with up to a dozen statements, which say who asks and for what: they go to Postgres together, before the first that is asked for its
 * answer. What has no parameters, such as the commit, goes in one call; what has some goes in two.
 */
function callLess(driver: PgliteConnection["driver"]): void {
  let waiting = "";
  driver.query = async <Row>(sql: string, params: unknown[] = []) => {
    const [, name] = SETTING.exec(sql) ?? [];
    if (name) {
      const call = `set_config('${name}', ${quote(params[0] ?? "")}, true)`;
      waiting += waiting.endsWith(", true)") ? `, ${call}` : `;select ${call}`;
    } else if (sql === "BEGIN" || sql.startsWith("SET LOCAL ROLE ")) waiting += `;${sql}`;
    else {
      const first = waiting;
      waiting = "";
      if (first) await ask(driver, first);
      return params.length > 0 ? askWith<Row>(driver, sql, params) : ask<Row>(driver, sql);
    }
    return { rows: [], fields: [], affectedRows: 0 };
  };
}

const quote = (value: unknown) => `'${String(value).replaceAll("'", "''")}'`;

/** What Postgres tells: which parameters a statement has, which columns and rows answer it, as text, and what came of it. */
type Told =
  | { name: "parameterDescription"; dataTypeIDs: number[] }
  | { name: "rowDescription"; fields: Column[] }
  | { name: "dataRow"; fields: (string | null)[] }
  | { name: "commandComplete"; text: string };
interface Column {
  name: string;
  dataTypeID: number;
}

/** Statements without parameters. @returns what came of the last one */
async function ask<Row>(driver: PgliteConnection["driver"], sql: string) {
  return resultOf<Row>(driver, await send(driver, message("Q", `${sql}\0`)));
}

/** A statement with parameters: first Postgres says of which types they are. */
async function askWith<Row>(driver: PgliteConnection["driver"], sql: string, params: unknown[]) {
  try {
    const described = await send(driver, message("P", `\0${sql}\0`, int16(0)), message("D", "S\0"));
    const types = described.flatMap((told) => (told.name === "parameterDescription" ? told.dataTypeIDs : []));
    const values = params.flatMap((value, place) => {
      if (value === null || value === undefined) return [int32(-1)];
      const text = Buffer.from((driver.serializers[types[place] ?? 0] ?? String)(value));
      return [int32(text.length), text];
    });
    const bound = message("B", "\0\0", int16(0), int16(params.length), ...values, int16(0));
    const answered = await send(driver, bound, message("E", "\0", int32(0)), message("S"));
    return resultOf<Row>(driver, [...described, ...answered]);
  } catch (error) {
    await send(driver, message("S")); // until then Postgres passes over whatever comes
    throw error;
  }
}

/**
 * Messages of Postgres's protocol in one call; PGlite's own functions make a call of each.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
const send = async (driver: PgliteConnection["driver"], ...messages: Buffer[]) =>
  (await driver.execProtocolStream(Buffer.concat(messages), { syncToFs: false })) as unknown as Told[];

function message(type: string, ...parts: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function resultOf<Row>({ parsers }: PgliteConnection["driver"], told: Told[]) {
  const read = (text: string | null = null, type = 0) => (text === null ? null : (parsers[type]?.(text, type) ?? text));
  let result = { fields: [] as Column[], rows: [] as Row[], affectedRows: 0 };
  for (const one of told) {
    if (one.name === "rowDescription") result = { fields: one.fields, rows: [], affectedRows: 0 };
    if (one.name === "dataRow")
      result.rows.push(
        Object.fromEntries(
          result.fields.map(({ name, dataTypeID }, place) => [name, read(one.fields[place], dataTypeID)]),
        ) as Row,
      );
    if (one.name === "commandComplete" && !one.text.startsWith("SELECT"))
      result.affectedRows = Number(one.text.split(" ").at(-1)) || 0;
  }
  return result;
}

function executorSql(executor: Executor): Sql {
  return {
    async exec(sql) {
      await executor.exec(sql);
    },
    query: async <Row>(sql: string, params?: unknown[]) => (await executor.query<Row>(sql, params)).rows,
  };
}
