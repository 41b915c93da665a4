export type Query = <Row>(sql: string) => Promise<Row[]>;

/**
 * The types that supabase-js needs, from the database itself. Tables are read only: every write goes through
 * `apply_stripe_changes`. `billing` is there for the projections; the API does not expose it.
 *
 * A column whose check constraint lists its values is the union of them. What a column holds beyond that, such as the shape of
 * a `jsonb`, its comment may say at its end: `@type { id: string }[]`.
 */
export async function databaseTypes(query: Query): Promise<string> {
  const columns = await query<Column>(COLUMNS);
  const functions = await query<SqlFunction>(FUNCTIONS);
  const relations = (schema: string, kind: "r" | "v") =>
    [
      ...Map.groupBy(
        columns.filter((column) => column.schema === schema && column.kind === kind),
        (column) => column.relation,
      ),
    ].map(([name, own]) => `${name}: ${relation(kind, own)};`);

  return `// Generated from the migrations by \`npm run generate\`; a test holds them together.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: { ${relations("public", "r").join("\n")} };
    Views: { ${relations("public", "v").join("\n")} };
    Functions: { ${functions.map(signature).join("\n")} };
    Enums: Record<never, never>;
    CompositeTypes: Record<never, never>;
  };
  billing: {
    Tables: { ${relations("billing", "r").join("\n")} };
  };
};
`;
}

interface Column {
  schema: string;
  relation: string;
  kind: string;
  name: string;
  type: string;
  required: boolean;
  comment: string | null;
  /** As Postgres writes them: `CHECK ((mode = ANY (ARRAY['payment'::text, 'subscription'::text])))`. */
  checks: string[];
}

const COLUMNS = `
  select n.nspname as schema, c.relname as relation, c.relkind::text as kind, a.attname as name,
    format_type(a.atttypid, null) as type, a.attnotnull as required, col_description(c.oid, a.attnum) as comment,
    array(
      select pg_get_constraintdef(k.oid) from pg_constraint k
      where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]
    ) as checks
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('public', 'billing') and c.relkind in ('r', 'v') and a.attnum > 0 and not a.attisdropped
  order by n.nspname, c.relname, a.attname`;

interface SqlFunction {
  name: string;
  argument_names: string[];
  argument_types: string[];
  required_arguments: number;
  argument_modes: string[] | null;
  answer: string;
  set: boolean;
}

const FUNCTIONS = `
  select p.proname as name, coalesce(p.proargnames, '{}') as argument_names,
    (select coalesce(array_agg(format_type(t, null) order by position), '{}')
     from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as u (t, position)) as argument_types,
    p.proargmodes::text[] as argument_modes, p.pronargs - p.pronargdefaults as required_arguments,
    p.prorettype::regtype::text as answer, p.proretset as set
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  where n.nspname = 'public' and p.prokind = 'f'
  order by p.proname`;

function relation(kind: "r" | "v", columns: Column[]): string {
  const row = columns.map((column) => {
    const type = saidType(column) ?? listedValues(column) ?? typescript(column.type);
    return `${column.name}: ${kind === "r" && column.required ? type : `${type} | null`}`;
  });
  const writes = kind === "r" ? "Insert: never; Update: never; " : "";
  return `{ Row: { ${row.join("; ")} }; ${writes}Relationships: [] }`;
}

function saidType({ comment }: Column): string | undefined {
  return comment?.match(/@type (.+)$/s)?.[1]?.trim();
}

function listedValues({ checks }: Column): string | undefined {
  const lists = checks.flatMap((check) => /^CHECK \(\(\w+ = ANY \(ARRAY\[(.+)\]\)\)\)$/.exec(check)?.[1] ?? []);
  const values = [...(lists[0] ?? "").matchAll(/'((?:[^']|'')*)'::text/g)];
  return values.map(([, value = ""]) => JSON.stringify(value.replaceAll("''", "'"))).join(" | ") || undefined;
}

function signature(fn: SqlFunction): string {
  const fields = (mode: string) =>
    fn.argument_names.flatMap((name, i) => {
      const key = mode === "i" && i >= fn.required_arguments ? `${name}?` : name;
      return (fn.argument_modes?.[i] ?? "i") === mode ? [`${key}: ${typescript(fn.argument_types[i] ?? "")}`] : [];
    });
  const given = fields("i");
  const columns = fields("t");
  const answer = columns.length > 0 ? `{ ${columns.join("; ")} }` : typescript(fn.answer);
  return `${fn.name}: {
    Args: ${given.length > 0 ? `{ ${given.join("; ")} }` : "Record<PropertyKey, never>"};
    Returns: ${fn.set ? `(${answer})[]` : answer};
  };`;
}

const TYPES: Record<string, string> = {
  text: "string",
  uuid: "string",
  "timestamp with time zone": "string",
  boolean: "boolean",
  smallint: "number",
  integer: "number",
  bigint: "number",
  jsonb: "Json",
  void: "undefined",
};

function typescript(type: string): string {
  const [, table] = /^billing\.(\w+)$/.exec(type) ?? [];
  if (table) return `Database["billing"]["Tables"]["${table}"]["Row"]`;
  const known = type.endsWith("[]") ? `${typescript(type.slice(0, -2))}[]` : TYPES[type];
  if (!known) throw new Error(`No TypeScript type is known for the Postgres type ${type}`);
  return known;
}
