import { createPrivateKey, type JsonWebKey, randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { type EmbeddedSupabase, generateSigningKey, startEmbeddedSupabase } from "@turnpike/local/testing";
import { signToken } from "../security/tokens.ts";
import { type Answer, json } from "./arrived.ts";
import { Guarded } from "./guarded.ts";
import { Leases } from "./leases.ts";
import { TRACE_LOCKS } from "./locks.ts";
import { Machine, runOn } from "./machine.ts";
import type { Server } from "./network.ts";
import { makeDatabase, onStagePostgres } from "./postgres.ts";
import { Rest } from "./rest.ts";
import { WATCH } from "./watch.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const MIGRATIONS = `${root}supabase/migrations`;
const URL_OF_SUPABASE = "https://supabase.test";
export const KEYS = { publishableKey: "sb_publishable_simulated", secretKey: "sb_secret_simulated" };

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
  /** What was written in it since it was emptied. */
  guarded = new Guarded(this.query.bind(this));
  leases = new Leases();
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
        const call = () => this.#rest.answer(method, url, headers, body);
        const [, , , , name = ""] = url.pathname.split("/");
        if (name === "apply_stripe_changes") return this.guarded.watch(body, call as () => Promise<Answer>);
        const answer = await call();
        if (/^(begin|end)_sale$/.test(name) && answer && answer.status < 300)
          await this.#noteLease(name, body, answer.text);
        return answer ?? supabase.fetch(new Request(url, { method, headers, ...(method !== "GET" && { body }) }));
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

  #noteLease(name: string, body: string, answer: string): Promise<void> {
    return this.leases.note(name, body, answer, async (payer) => {
      const [found] = await this.query<{ token: string }>(
        "select token from billing.sales_in_progress where payer = $1",
        [payer],
      );
      return found?.token;
    });
  }

  /** Makes the schema another, by any number of statements. */
  async change(sql: string): Promise<void> {
    await this.query(`do $change$ begin execute $statements$${sql}$statements$; end $change$`);
  }

  async empty(): Promise<void> {
    this.keepKey(KEYS.secretKey);
    this.guarded = new Guarded(this.query.bind(this));
    this.leases = new Leases();
    await this.query(EMPTY);
  }

  /** Under which names users are named beside the product's own. */
  async nameUsersBy(keys: readonly string[]): Promise<void> {
    await this.query("update billing.settings set user_metadata_keys = $1", [["user_id", ...keys]]);
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
