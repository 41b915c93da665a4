import type { Database } from "./database.ts";

/**
 * In which order transactions take their locks. No two are under way at once here, so none ever waits for another. But each leaves behind
 * what it has locked, one after the other: rows that it wrote, and what it asked an advisory lock for. Two transactions that both take
 * two locks can come to wait for each other unless the first that both take is the same: whoever has that one goes on alone.
 */

/** For a database that is migrated, before anything runs in it. */
export const TRACE_LOCKS = `
  create table simulation.locks (place bigint generated always as identity, transaction xid8, what text);
  create function simulation.take(what text) returns void language plpgsql security definer set search_path = '' as $$
  declare called text;
  begin
    get diagnostics called = pg_context;
    -- What another one has is left out there, and not waited for.
    if current_setting('simulation.traces_locks', true) = 'on' and called !~ 'function (public\\.)?"?take_(seats|notices)' then
      insert into simulation.locks (transaction, what) values (pg_current_xact_id(), what);
    end if;
  end $$;
  create function simulation.take_row() returns trigger language plpgsql security definer set search_path = '' as $$
  declare
    row jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
    keys text[] := tg_argv[0]::text[];
  begin
    perform simulation.take(concat(tg_table_name, ' ', (select string_agg(row ->> key, ' ') from unnest(keys) key)));
    return case when tg_op = 'DELETE' then old else new end;
  end $$;
  do $$ declare place record; begin
    for place in
      select conrelid::regclass as "table", array_agg(attname) as keys, bool_or(attidentity <> '') as "isNumbered"
      from pg_constraint join pg_attribute on attrelid = conrelid and attnum = any (conkey)
      where contype = 'p'
        and (connamespace in ('public'::regnamespace, 'billing'::regnamespace) or conrelid = 'auth.users'::regclass)
      group by conrelid
    loop
      -- First of its table's triggers: what another one locks comes after it.
      execute format(
        'create trigger "0 takes a lock" before %s on %s for each row
         when (current_setting(''simulation.traces_locks'', true) = ''on'') execute function simulation.take_row(%L)',
        -- A number that is drawn is nobody else's.
        case when place."isNumbered" then 'update or delete' else 'insert or update or delete' end, place."table", place.keys
      );
    end loop;
  end $$;
  alter function billing.lock_customers(text[]) rename to really_lock_customers;
  create function billing.lock_customers(customer_ids text[]) returns void language plpgsql security definer set search_path = '' as $$
  begin
    perform simulation.take(concat('customers ', id)) from (select id from unnest(customer_ids) id order by id) ordered;
    perform billing.really_lock_customers(customer_ids);
  end $$;
  alter function pg_catalog.pg_advisory_xact_lock(bigint) rename to real_advisory_xact_lock;
  create function pg_catalog.pg_advisory_xact_lock(key bigint) returns void language plpgsql as $$
  begin
    perform simulation.take(concat('advisory ', key));
    perform pg_catalog.real_advisory_xact_lock(key);
  end $$;
  -- As if each transaction were another connection's.
  alter function pg_catalog.pg_backend_pid() rename to real_backend_pid;
  create function pg_catalog.pg_backend_pid() returns integer language sql as $$
    select (pg_current_xact_id()::text::bigint % 100000)::integer
  $$;`;

export const traceLocks = (database: Database, isTraced: boolean): Promise<unknown> =>
  database.query(`set simulation.traces_locks = '${isTraced ? "on" : "off"}'`);

interface Taken {
  transaction: string;
  what: string[];
}

/** Pairs of locks that one transaction takes in this order, and another in the other. */
export async function locksInDisorder(database: Database): Promise<string[]> {
  const taken = await database.query<Taken>(
    `select transaction::text, array_agg(what order by place) as what from (
      select transaction, what, min(place) as place from simulation.locks group by transaction, what
    ) first
    group by transaction having count(*) > 1 order by transaction`,
  );
  const holders = new Map<string, number[]>();
  taken.forEach(({ what }, transaction) => {
    for (const lock of what) holders.set(lock, [...(holders.get(lock) ?? []), transaction]);
  });
  const found = new Set<string>();
  taken.forEach(({ what }, one) => {
    // The first lock that both take, as this one comes to it.
    const first = new Map<number, string>();
    const shared = new Map<number, number>();
    for (const lock of what)
      for (const other of holders.get(lock) ?? []) {
        if (other <= one) continue;
        if (!first.has(other)) first.set(other, lock);
        shared.set(other, (shared.get(other) ?? 0) + 1);
      }
    for (const [other, lock] of first) {
      if ((shared.get(other) ?? 0) < 2) continue;
      const itsFirst = taken[other]?.what.find((each) => what.includes(each)) ?? lock;
      if (itsFirst !== lock) found.add(`${lock} before ${itsFirst}, and the other way round`);
    }
  });
  return [...found];
}
