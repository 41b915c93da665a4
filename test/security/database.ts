import { startTestSupabase, type TestSupabase } from "@turnpike/local/testing";

/** The roles under which Supabase's API runs what it is asked for. */
export const API_ROLES = ["anon", "authenticated", "service_role"] as const;
export type ApiRole = (typeof API_ROLES)[number];

// What Postgres and Supabase bring along. Every other schema is ours, also one that a later migration makes.
const FOREIGN_SCHEMAS = `'{information_schema,auth,extensions,supabase_migrations}'::text[]`;
const ours = (schema: string) => `${schema} not like 'pg\\_%' and ${schema} <> all (${FOREIGN_SCHEMAS})`;

/** A table, view or sequence, and what each role may do with it, down to single columns. */
export interface Relation {
  name: string;
  kind: "table" | "view" | "sequence";
  columns: string[];
  rls: boolean;
  invoker: boolean;
  privileges: Partial<Record<ApiRole, string[]>>;
}

/** A function, and who may call it. */
export interface Routine {
  name: string;
  definer: boolean;
  searchPath: string | null;
  callers: string[];
}

/** A database of its own with the migrations applied, asked in anybody's name. */
export async function startDatabase() {
  const server: TestSupabase = await startTestSupabase();
  const { query } = server;

  /** Runs SQL in a transaction that is rolled back, whatever it did. */
  async function rolledBack<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    await query("begin");
    try {
      return await work();
    } finally {
      await query("rollback");
    }
  }

  return {
    ...server,
    rolledBack,

    /** Runs one statement as the API would for these claims; nothing that it does stays. */
    as: <Row = object>(role: ApiRole, claims: object, sql: string) =>
      rolledBack(async () => {
        const { sub } = claims as { sub?: unknown };
        // The first is what auth.uid() reads in older projects, the second in newer ones.
        await query("select set_config('request.jwt.claim.sub', $1, true)", [String(sub ?? "")]);
        await query("select set_config('request.jwt.claims', $1, true)", [JSON.stringify(claims)]);
        await query(`set local role ${role}`);
        return query<Row>(sql);
      }),

    relations: () => query<Relation>(RELATIONS),
    routines: () => query<Routine>(ROUTINES),
  };
}
export type TestDatabase = Awaited<ReturnType<typeof startDatabase>>;

const RELATIONS = `
  select
    format('%s.%s', n.nspname, c.relname) as name,
    case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'view' else 'table' end as kind,
    array(
      select attname::text from pg_attribute
      where attrelid = c.oid and attnum > 0 and not attisdropped order by attgenerated <> '' or attidentity <> '', attnum
    ) as columns,
    c.relrowsecurity as rls,
    coalesce('security_invoker=true' = any (c.reloptions), false) as invoker,
    coalesce((
      select jsonb_object_agg(role, granted)
      from (
        select role, array_agg(privilege order by privilege) as granted
        from unnest('{${API_ROLES}}'::name[]) role
        cross join unnest(
          case c.relkind
            when 'S' then '{USAGE,SELECT,UPDATE}'
            else '{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'
          end::text[]
        ) privilege
        where case
          when c.relkind = 'S' then has_sequence_privilege(role, c.oid, privilege)
          when privilege in ('DELETE', 'TRUNCATE', 'TRIGGER') then has_table_privilege(role, c.oid, privilege)
          else has_any_column_privilege(role, c.oid, privilege)
        end
        group by role
      ) grants
    ), '{}') as privileges
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S') and ${ours("n.nspname")}
  order by 1`;

const ROUTINES = `
  select
    format('%s.%s(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as name,
    p.prosecdef as definer,
    (select setting from unnest(p.proconfig) setting where setting like 'search\\_path=%') as "searchPath",
    array(
      select role::text from unnest('{public,${API_ROLES}}'::name[]) role
      where has_function_privilege(role, p.oid, 'execute')
    ) as callers
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  where ${ours("n.nspname")}
  order by 1`;
