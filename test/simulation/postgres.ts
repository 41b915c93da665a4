import { randomUUID } from "node:crypto";
import { connectTo, type EmbeddedSupabase } from "@turnpike/local/testing";
import { awaitAside } from "./stage.ts";

/**
 * A Postgres server in place of PGlite. What a world owns of PGlite by the process that both are in, time and chance, is put in place of
 * Postgres's own functions, before anything is made that calls them.
 */

const STAGE = `
  alter function pg_catalog.now() rename to real_now;
  alter function pg_catalog.clock_timestamp() rename to real_clock_timestamp;
  alter function pg_catalog.gen_random_uuid() rename to real_random_uuid;
  create function pg_catalog.now() returns timestamptz language sql stable as $$
    select coalesce(nullif(current_setting('simulation.now', true), '')::timestamptz, pg_catalog.real_now())
  $$;
  create function pg_catalog.clock_timestamp() returns timestamptz language sql volatile as $$
    select pg_catalog.now()
  $$;
  create function pg_catalog.gen_random_uuid() returns uuid language plpgsql volatile as $$
  declare drawn bigint := coalesce(nullif(current_setting('simulation.drawn', true), ''), '0')::bigint + 1;
  begin
    perform set_config('simulation.drawn', drawn::text, false);
    return md5(concat('drawn ', drawn))::uuid;
  end $$;`;

/** One after the other: roles are the server's, so that two at once would both make them. */
const IN_TURN = "select pg_advisory_lock(1)";

/** Makes a database, in which nothing is yet. Until `release` is called no other is made. */
export async function makeDatabase(server: string): Promise<{ url: string; release(): Promise<void> }> {
  const name = `simulation_${randomUUID().slice(0, 8)}`;
  const owner = connectTo(server);
  await owner.query(IN_TURN);
  // In which order rows are found depends on what is swept away meanwhile.
  await owner.query("alter system set autovacuum = off");
  await owner.query("select pg_reload_conf()");
  await owner.query(`create database ${name}`);
  const url = new URL(server);
  url.pathname = name;
  const stage = connectTo(url.href);
  await stage.query(STAGE);
  await stage.close();
  // One connection, for as long as the process lives: what it has planned and what time it is are its own.
  url.search = "?max=1&max_lifetime=0";
  return { url: url.href, release: () => owner.close() };
}

/** Nothing else happens before Postgres has answered, and it knows what time it is. */
export function onStagePostgres(supabase: EmbeddedSupabase): EmbeddedSupabase {
  let told = 0;
  const tell = async () => {
    const now = Date.now();
    if (now === told) return;
    told = now;
    await supabase.query(`set simulation.now = '${new Date(now).toISOString()}'`);
  };
  return {
    mails: supabase.mails,
    close: () => supabase.close(),
    query: (sql, params) => awaitAside(tell().then(() => supabase.query(sql, params))),
    fetch: (request) => awaitAside(tell().then(() => supabase.fetch(request))),
  };
}
