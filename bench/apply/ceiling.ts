import type Stripe from "stripe";
import type { Contender, ContenderOptions } from "./contender.ts";
import { type Client, copyFrom, createPool, type Pool } from "./turnpike/pool.mjs";
import { type Row, rowsOf } from "./turnpike.ts";

/** Of the objects in the workload. */
const TABLES: Record<string, string> = { subscription: "public.user_subscriptions", invoice: "billing.invoices" };
const PLAIN_TABLES: Record<string, string> = { subscription: "plain.subscriptions", invoice: "plain.invoices" };

/** Rows of one table, with the columns that Turnpike writes. */
interface TableRows {
  object: string;
  columns: string[];
  types: string[];
  rows: unknown[][];
}

/**
 * What Postgres can do at best: the rows that Turnpike writes, ready beforehand, by one `insert … on conflict do update` a table
 * from arrays, the fastest form of a multi-row insert. No guard and no ledger: which of two states came last is not asked, nor whether an
 * event was there before. Needs Turnpike's tables.
 */
export function createPlainInsert(options: ContenderOptions): Contender {
  return createWriter(options, {
    reset: (pool) => pool.query(`truncate ${Object.values(TABLES).join(", ")}`),
    prepare({ object, columns, types, rows }) {
      const table = TABLES[object] ?? "";
      const arrays = types.map((type, index) => `$${index + 1}::${type}[]`);
      // One row of an object: an insert that meets the same row twice is refused. In one order: two batches must not wait for each
      // other.
      const newest = [...new Map(rows.map((row) => [String(row[0]), row])).values()].sort((a, b) =>
        String(a[0]) < String(b[0]) ? -1 : 1,
      );
      const statement = {
        name: `plain ${table}`,
        text: `insert into ${table} (${columns}) select * from unnest(${arrays})
          on conflict (id) do update set (${columns}) = row(${columns.map((column) => `excluded.${column}`)})`,
        values: columns.map((_, index) => newest.map((row) => row[index])),
      };
      return (client) => client.query(statement);
    },
  });
}

/** The same rows by `copy` into tables without a key or an index, each event's row after the other. */
export function createCopy(options: ContenderOptions): Contender {
  return createWriter(options, {
    reset: (pool) => pool.query(`truncate ${Object.values(PLAIN_TABLES).join(", ")}`),
    prepare({ object, columns, rows }) {
      const statement = `copy ${PLAIN_TABLES[object]} (${columns}) from stdin`;
      const lines = rows.map((row) => `${row.map(toCopyText).join("\t")}\n`).join("");
      return (client) => copyFrom(client, statement, lines);
    },
  });
}

/** Adds the tables that `createCopy` writes to a database with Turnpike's. */
export async function createPlainTables(url: string): Promise<void> {
  const pool = createPool(url, 1);
  await pool.query("create schema plain");
  for (const [object, table] of Object.entries(PLAIN_TABLES)) {
    // Including the generated column, which is a column of the mirror as well.
    await pool.query(`create table ${table} (like ${TABLES[object]} including generated including defaults)`);
  }
  await pool.end();
}

interface Writer {
  reset(pool: Pool): Promise<unknown>;
  prepare(rows: TableRows): (client: Client) => Promise<unknown>;
}

function createWriter({ url, connections }: ContenderOptions, writer: Writer): Contender {
  const pool = createPool(url, connections);
  let written = 0;
  const columns = columnsOf(pool);
  const prepare = async (events: Stripe.Event[]) => {
    const rows = await rowsOf(events);
    const writes = byTable(rows, await columns).map((each) => writer.prepare(each));
    return async () => {
      const client = await pool.connect();
      try {
        if (writes.length > 1) await client.query("begin");
        for (const write of writes) await write(client);
        if (writes.length > 1) await client.query("commit");
        written += rows.length;
      } finally {
        client.release();
      }
    };
  };
  return {
    prepare,
    async apply(events) {
      await (await prepare(events))();
      return [];
    },
    async verifyAndApply() {
      throw new Error("The ceiling is of the apply stage alone");
    },
    async reset() {
      written = 0;
      await writer.reset(pool);
    },
    async state(events) {
      if (written !== events) throw new Error(`The ceiling wrote ${written} of ${events} rows`);
      return undefined;
    },
    close: () => pool.end(),
  };
}

function byTable(rows: Row[], known: Map<string, Column[]>): TableRows[] {
  // In one order, as the rows: two batches must not wait for each other.
  const objects = [...Map.groupBy(rows, ({ object }) => object)].sort(([a], [b]) => (a < b ? -1 : 1));
  return objects.map(([object, ofObject]) => {
    const columns = known.get(object) ?? [];
    return {
      object,
      columns: columns.map(({ name }) => name),
      types: columns.map(({ type }) => type),
      rows: ofObject.map(({ object_id, row }) =>
        columns.map(({ name }) => (name === "id" ? object_id : toColumn(row[name]))),
      ),
    };
  });
}

/** jsonb is the only type of these tables that is not a scalar. */
function toColumn(value: unknown): unknown {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}

/** https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2 */
function toCopyText(value: unknown): string {
  if (value === null || value === undefined) return "\\N";
  return String(value).replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}
const ESCAPES: Record<string, string> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

interface Column {
  name: string;
  type: string;
}

/** By object, the key and the columns that Stripe decides, those that most rows leave empty among them. */
async function columnsOf(pool: Pool): Promise<Map<string, Column[]>> {
  const tables = Object.entries(TABLES).map(async ([object, table]): Promise<[string, Column[]]> => {
    const { rows } = await pool.query({
      text: `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
        where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''
          and attname not in ('as_of', 'rank', 'deleted', 'fetched')
        order by attnum`,
      values: [table],
    });
    return [object, rows as Column[]];
  });
  return new Map(await Promise.all(tables));
}
