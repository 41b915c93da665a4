import type { TestDatabase } from "./database.ts";

interface Column {
  name: string;
  type: string;
  required: boolean;
}

/**
 * Puts a row of one owner into every table of ours: found in the catalog, so that a table made later has one too. The rows hang
 * together: a customer of the user, an invoice of the customer, a payment of the invoice.
 * @param userId absent: a guest's, who belongs to no user
 */
export async function plantRows(database: TestDatabase, owner: string, userId?: string): Promise<void> {
  const tables = (await database.relations()).filter(({ kind }) => kind === "table");
  const depths = new Map((await database.query<{ name: string; depth: number }>(DEPTHS)).map((t) => [t.name, t.depth]));
  const parentsFirst = tables.toSorted((a, b) => (depths.get(a.name) ?? 0) - (depths.get(b.name) ?? 0));
  for (const { name } of parentsFirst) {
    const columns = await database.query<Column>(
      `select attname::text as name, format_type(atttypid, null) as type, attnotnull as required from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''
         and (attidentity = '' or attrelid in (select confrelid from pg_constraint where contype = 'f'))`,
      [name],
    );
    const row = Object.fromEntries(columns.map((column) => [column.name, valueIn(name, column, owner, userId)]));
    // What names a user has no row of a guest's.
    if (columns.some(({ name: column, required }) => required && row[column] === null)) continue;
    const names = columns.map((column) => `"${column.name}"`).join();
    await database.query(
      `insert into ${name} (${names}) overriding system value select ${names} from jsonb_populate_record(null::${name}, $1::jsonb)
       on conflict do nothing`,
      [JSON.stringify(row)],
    );
  }
}

/** How many tables a table's rows must come after: those that a foreign key of it leads to. */
const DEPTHS = `
  with recursive behind as (
    select oid as table, 0 as depth from pg_class where relkind = 'r'
    union all
    select key.conrelid, behind.depth + 1
    from behind join pg_constraint key on key.confrelid = behind.table and key.contype = 'f' and key.conrelid <> key.confrelid
  )
  select format('%I.%I', nspname, relname) as name, max(depth) as depth
  from behind join pg_class on pg_class.oid = behind.table join pg_namespace on pg_namespace.oid = relnamespace
  group by 1`;

/** `billing.invoices` → `invoices_ada`; what a customer owns as a whole bears the customer's id. */
const idIn = (table: string, owner: string) =>
  /customers|entitlements/.test(table) ? `cus_${owner}` : `${table.split(".").at(-1)}_${owner}`;

const SPECIAL: Record<string, unknown> = {
  "billing.stripe_events.outcome": "applied",
  "billing.drift.kind": "differs",
  "billing.impossible.rule": "came back",
  "billing.reconcile_cursor.listing": "all",
  "billing.sync_runs.purpose": "sync",
  "public.customers.organization_id": null,
  "public.customers.owned_by": "metadata",
  "public.customers.named_user_id": null,
  "public.checkout_sessions.organization_id": null,
  "public.user_subscriptions.status": "active",
  "public.checkout_sessions.status": "complete",
  "public.checkout_sessions.mode": "payment",
  // The payment of this session is in no invoice: it is in the history by itself.
  "public.checkout_sessions.invoice_id": null,
};
const BY_TYPE: Record<string, unknown> = {
  "timestamp with time zone": "2026-11-01T00:00:00Z",
  bigint: 500,
  integer: 1,
  smallint: 0,
  boolean: false,
  jsonb: {},
  uuid: "00000000-0000-4000-8000-000000000001",
};

function valueIn(table: string, { name, type, required }: Column, owner: string, userId: string | undefined): unknown {
  const special = `${table}.${name}`;
  if (special in SPECIAL) return SPECIAL[special];
  if (name === "user_id") return userId ?? null;
  if (/^billing\.(promised|given)_owners\.organization_id$/.test(special)) return userId ? null : owner;
  if (name === "only_row") return true;
  if (name === "id" && type === "text") return idIn(table, owner);
  if (name === "customer_id") return userId || required ? idIn("customers", owner) : null;
  if (name === "product_id" || name === "price_id") return idIn(`${name.slice(0, -3)}s`, owner);
  if (name === "items") return [{ product_id: idIn("products", owner), price_id: idIn("prices", owner) }];
  if (name === "phases") return [];
  const [, parent] = /^(invoice|charge|payment_intent|subscription)_id$/.exec(name) ?? [];
  if (parent) return idIn(parent === "subscription" ? "user_subscriptions" : `${parent}s`, owner);
  if (type.endsWith("[]")) return [owner];
  return type in BY_TYPE ? BY_TYPE[type] : owner;
}
