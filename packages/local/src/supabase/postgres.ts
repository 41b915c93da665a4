import { type Database, isoTimestamp, type Sql } from "./database.ts";

/** What is used of a postgres.js client, or of one of its transactions. */
interface Client {
  unsafe(sql: string, params?: never[]): PromiseLike<unknown> & { simple(): PromiseLike<unknown> };
}

// Lite passes jsonb parameters that are JSON text already; the driver would encode them a second time, into a JSON string.
const json = (oid: number) => ({
  to: oid,
  from: [oid],
  serialize: (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value)),
  parse: (text: string): unknown => JSON.parse(text),
});
const timestamp = (oid: number) => ({
  to: oid,
  from: [oid],
  serialize: (value: string) => value,
  parse: isoTimestamp,
});

/** Connects to a Postgres server with a pool, where locks and parallel transactions are those of production. */
export async function openPostgres(url: string): Promise<Database> {
  // Imported when asked for: the driver is a development dependency that `npm start` does without.
  const { createPostgresConnection } = await import("@supabase/lite/postgres");
  const connection = createPostgresConnection({
    url,
    postgresOptions: {
      onnotice() {},
      types: { json: json(114), jsonb: json(3802), timestamp: timestamp(1114), timestamptz: timestamp(1184) },
    },
  });
  return {
    ...clientSql(connection.driver),
    connection,
    async transaction(work) {
      await connection.driver.begin((tx: Client) => work(clientSql(tx)));
    },
    exclusive: (work) => work(),
  };
}

function clientSql(client: Client): Sql {
  return {
    async exec(sql) {
      await client.unsafe(sql).simple();
    },
    query: async <Row>(sql: string, params: unknown[] = []) => [
      ...((await client.unsafe(sql, params as never[])) as Row[]),
    ],
  };
}
