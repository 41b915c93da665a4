import { createPrivateKey, type JsonWebKey, randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { type EmbeddedSupabase, generateSigningKey, startEmbeddedSupabase } from "@turnpike/local/testing";
import { signToken } from "../security/tokens.ts";
import { json } from "./arrived.ts";
import { TRACE_LOCKS } from "./locks.ts";
import { Machine, runOn } from "./machine.ts";
import type { Server } from "./network.ts";
import { makeDatabase, onStagePostgres } from "./postgres.ts";
import { Rest } from "./rest.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const MIGRATIONS = `${root}supabase/migrations`;
const URL_OF_SUPABASE = "https://supabase.test";
export const KEYS = { publishableKey: "sb_publishable_simulated", secretKey: "sb_secret_simulated" };

/** What watches while a world runs, and the product's part: its organisations. */
const WATCH = `
  create schema simulation;
  create table simulation.members (user_id uuid, organization_id text, manages_billing boolean);
  create table simulation.violations (what text);
  create or replace function billing.organizations_of(user_id uuid) returns table (organization_id text, manages_billing boolean)
  language sql stable security definer set search_path = '' as $$
    select m.organization_id, m.manages_billing from simulation.members m where m.user_id = organizations_of.user_id
  $$;
  create function simulation.watch_row() returns trigger language plpgsql security definer set search_path = '' as $$
  begin
    if new.as_of < old.as_of then
      insert into simulation.violations values (format('as_of of %s %s goes back', tg_table_name, new.id));
    end if;
    if old.deleted and not new.deleted and not new.fetched then
      insert into simulation.violations values (format('an event brings %s %s back', tg_table_name, new.id));
    end if;
    if old.deleted and not new.deleted and new.as_of <= old.as_of then
      insert into simulation.violations values (format('an older answer brings %s %s back', tg_table_name, new.id));
    end if;
    return null;
  end $$;
  create function simulation.watch_notice() returns trigger language plpgsql security definer set search_path = '' as $$
  begin
    if old.sent_at is not null and new.sent_at is distinct from old.sent_at and new.kind <> 'subscription_orphaned' then
      insert into simulation.violations values (format('the notice %s of %s is done twice', new.kind, new.object_id));
    end if;
    return null;
  end $$;
  create function simulation.watch_owner() returns trigger language plpgsql security definer set search_path = '' as $$
  begin
    if old.owned_by = 'email' and new.owned_by = 'metadata' then return null; end if;
    if old.user_id is not null and new.user_id is distinct from old.user_id and num_nonnulls(new.user_id, new.organization_id) > 0
      or old.organization_id is not null and new.organization_id is distinct from old.organization_id then
      insert into simulation.violations values (format('%s is taken from its owner', new.id));
    end if;
    return null;
  end $$;
  create function simulation.watch_cursor() returns trigger language plpgsql security definer set search_path = '' as $$
  begin
    if new.reconciled_until is null and old.reconciled_until is not null or new.reconciled_until < old.reconciled_until then
      insert into simulation.violations values (format('the cursor of %s goes back', new.listing));
    end if;
    if new.place is not null and new.reconciled_until is distinct from old.reconciled_until then
      insert into simulation.violations values (format('%s is said to be through, and is not', new.listing));
    end if;
    if new.listed_until = old.listed_until and new.place_at > old.place_at then
      insert into simulation.violations values (format('the place of %s goes back', new.listing));
    end if;
    return null;
  end $$;
  create trigger watch after update on billing.reconcile_cursor for each row execute function simulation.watch_cursor();
  create trigger simulation_owner after update on public.customers for each row execute function simulation.watch_owner();
  create trigger watch after update on billing.outbox for each row execute function simulation.watch_notice();
  do $$ declare place text; begin
    for place in select target from billing.mirrored loop
      execute format('create trigger simulation_watch after update on %s for each row execute function simulation.watch_row()', place);
    end loop;
  end $$;`;

const POSTGRES = new Machine("postgres", { timeless: true });

/** As new: in which order a table's rows are found depends on what rows that were deleted have left behind. */
const EMPTY = `
  do $$
  declare
    place regclass;
    filled text[] := '{}';
  begin
    for place in
      select oid from pg_class
      where relkind = 'r' and relnamespace in ('public'::regnamespace, 'billing'::regnamespace, 'simulation'::regnamespace)
        and relname not in ('mirrored', 'settings')
      union all select 'auth.users'::regclass
    loop
      if pg_relation_size(place) > 0 then filled := filled || place::text; end if;
    end loop;
    if filled <> '{}' then execute format('truncate %s restart identity cascade', array_to_string(filled, ', ')); end if;
  end $$`;

/** Supabase: its Postgres and its Auth. It outlives a world, and is emptied for the next. */
export class Database {
  readonly #supabase: EmbeddedSupabase;
  readonly #signingKey: JsonWebKey & { kid?: string };
  readonly #rest: Rest;
  readonly server: Server;
  /** The secret keys that open it. */
  #keys: ReadonlySet<string> = new Set();

  private constructor(supabase: EmbeddedSupabase, signingKey: JsonWebKey, rest: Rest) {
    this.#supabase = supabase;
    this.#signingKey = signingKey;
    this.#rest = rest;
    this.server = {
      place: () => "supabase",
      atOnce: true,
      answer: async ({ method, url, headers, body }) => {
        const key = headers.get("apikey") ?? "";
        if (key.startsWith(KEYS.secretKey) && !this.#keys.has(key))
          return json(401, '{"message":"Unregistered API key"}');
        return (
          this.#rest.answer(method, url, headers, body) ??
          supabase.fetch(new Request(url, { method, headers, ...(method !== "GET" && { body }) }))
        );
      },
    };
  }

  /**
   * @param migrationsDir other migrations than the repository's
   * @param postgresUrl a Postgres server that gets a database more; else it is PGlite, in this process
   */
  static async open(migrationsDir = MIGRATIONS, postgresUrl?: string): Promise<Database> {
    const signingKey = await generateSigningKey();
    // A snapshot is read as a blob, which by itself keeps no process alive.
    const alive = setInterval(() => {}, 1000);
    const made = postgresUrl ? await makeDatabase(postgresUrl) : undefined;
    const started = await startEmbeddedSupabase({
      ...(made && { databaseUrl: made.url }),
      migrationsDir,
      publicUrl: URL_OF_SUPABASE,
      ...KEYS,
      signingKey,
      ...(migrationsDir === MIGRATIONS && { snapshotDir: `${root}node_modules/.cache/turnpike` }),
    });
    clearInterval(alive);
    await made?.release();
    const supabase = made ? onStagePostgres(started) : started;
    // Else how a statement is planned, and in which order it finds rows, depends on how often it was run before.
    await supabase.query("set plan_cache_mode = force_generic_plan");
    // Nobody looks at what it counts, and there is no disk.
    for (const setting of ["synchronous_commit", "track_counts", "track_activities"])
      await supabase.query(`set ${setting} = off`);
    const rest = await Rest.open((sql, parameters) => runOn(POSTGRES, () => supabase.query(sql, parameters)));
    const database = new Database(supabase, signingKey as JsonWebKey, rest);
    await database.change(WATCH);
    await database.change(TRACE_LOCKS);
    return database;
  }

  get url(): string {
    return URL_OF_SUPABASE;
  }

  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]> {
    return runOn(POSTGRES, () => this.#supabase.query<Row>(sql, parameters));
  }

  /** Makes the schema another, by any number of statements. */
  async change(sql: string): Promise<void> {
    await this.query(`do $change$ begin execute $statements$${sql}$statements$; end $change$`);
  }

  async empty(): Promise<void> {
    this.keepKey(KEYS.secretKey);
    await this.query(EMPTY);
  }

  /** Another secret key: as in Supabase's dashboard there may be several. */
  addKey(): string {
    const key = `${KEYS.secretKey}_${randomUUID()}`;
    this.#keys = new Set([...this.#keys, key]);
    return key;
  }

  /** Takes all other secret keys away. */
  keepKey(key: string): void {
    this.#keys = new Set([key]);
  }

  /** An access token of a user's. */
  tokenOf(id: string, email: string): string {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: `${URL_OF_SUPABASE}/auth/v1`, aud: "authenticated", role: "authenticated", sub: id, email };
    const key = createPrivateKey({ key: this.#signingKey, format: "jwk" });
    const header = { alg: "ES256", kid: this.#signingKey.kid, typ: "JWT" };
    return signToken(header, { ...claims, iat, exp: iat + 3600 }, key);
  }
}
