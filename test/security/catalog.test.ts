import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_ROLES, startDatabase, type TestDatabase } from "./database.ts";

// Read from Postgres' own catalogs, so that whatever a migration adds fails here until it is written down below who may do
// what with it.

/** Who may read: nobody may do anything else. */
const READERS: Record<string, readonly string[]> = {
  // What is on sale.
  "public.products": ["anon", "authenticated", "service_role"],
  "public.prices": ["anon", "authenticated", "service_role"],
  // Each user their own.
  "public.customers": ["authenticated", "service_role"],
  "public.user_subscriptions": ["authenticated", "service_role"],
  "public.subscription_schedules": ["authenticated", "service_role"],
  "public.checkout_sessions": ["authenticated", "service_role"],
  "public.entitlements": ["authenticated", "service_role"],
  "public.payment_methods": ["authenticated", "service_role"],
  "public.payment_history": ["authenticated", "service_role"],
  "public.upcoming_changes": ["authenticated", "service_role"],
  // The same, through payment_history only: the API does not expose the schema.
  "billing.invoices": ["authenticated", "service_role"],
  "billing.invoice_payments": ["authenticated", "service_role"],
  "billing.credit_notes": ["authenticated", "service_role"],
  "billing.payment_intents": ["authenticated", "service_role"],
  "billing.charges": ["authenticated", "service_role"],
  "billing.charge_balances": ["authenticated", "service_role"],
  "billing.refunds": ["authenticated", "service_role"],
  "billing.disputes": ["authenticated", "service_role"],
  // For the operator.
  "billing.early_fraud_warnings": ["service_role"],
  "billing.unowned_purchases": ["service_role"],
  // Turnpike's own.
  "billing.settings": [],
  "billing.mirrored": [],
  "billing.mirrored_position_seq": [],
  "billing.stripe_account": [],
  "billing.stripe_events": [],
  "billing.outbox": [],
  "billing.outbox_id_seq": [],
  "billing.reconcile_cursor": [],
  "billing.left_payers": [],
  "billing.sales_in_progress": [],
  "billing.seats": [],
  "billing.sync_runs": [],
  "billing.sync_runs_id_seq": [],
  "billing.sync_ranges": [],
  "billing.sync_ranges_id_seq": [],
  "billing.sync_failures": [],
  "billing.promised_owners": [],
  "billing.given_owners": [],
  "billing.named_users": [],
  "billing.completeness": [],
  "billing.drift": [],
  "billing.drift_id_seq": [],
  "billing.impossible": [],
  "billing.impossible_id_seq": [],
  "billing.last_look": [],
  "billing.compared_pages": [],
  "billing.sweeps": [],
};

/** Who may call it. Functions that nobody may call, the appliers and triggers of `billing`, need no entry. */
const CALLERS: Record<string, readonly string[]> = {
  "public.has_active_subscription()": API_ROLES,
  "public.has_feature(key text)": API_ROLES,
  "public.organization_has_active_subscription(organization_id text)": API_ROLES,
  "public.organization_has_feature(organization_id text, key text)": API_ROLES,
  "public.user_has_active_subscription(user_id uuid)": ["service_role"],
  "public.user_has_feature(user_id uuid, key text)": ["service_role"],
  "public.assign_purchase(object_id text, user_id uuid, organization_id text)": ["service_role"],
  "public.claim_purchase(session_id text, user_id uuid)": ["service_role"],
  "public.find_customers(user_id uuid, organization_id text)": ["service_role"],
  "public.manages_billing(user_id uuid, organization_id text)": ["service_role"],
  "public.apply_stripe_changes(changes jsonb, key_hash text, one_at_a_time boolean)": ["service_role"],
  "public.introduce_stripe_key(key_hash text, account_id text, livemode boolean)": ["service_role"],
  "public.get_stripe_account()": ["service_role"],
  "public.find_missing_stripe_events(event_ids text[])": ["service_role"],
  "public.get_reconcile_cursors()": ["service_role"],
  "public.advance_reconcile_cursor(listing text, listed_from timestamp with time zone, listed_until timestamp with time zone, place text, place_at timestamp with time zone, seen_until timestamp with time zone, seen_place text)":
    ["service_role"],
  "public.find_stripe_events(event_ids text[])": ["service_role"],
  "public.list_stripe_events(after_moment timestamp with time zone, after_id text, types text[], most integer)": [
    "service_role",
  ],
  "public.inspect_state()": ["service_role"],
  "public.inspect_schema()": ["service_role"],
  "public.user_exists(user_id uuid)": ["service_role"],
  "public.take_notices(most integer)": ["service_role"],
  "public.settle_notices(ids bigint[], errors text[])": ["service_role"],
  "public.give_up_notices()": ["service_role"],
  "public.find_rival_subscriptions(subscription_id text)": ["service_role"],
  "public.report_double_subscriptions(subscription_id text)": ["service_role"],
  "public.report_orphaned_subscriptions(customer_id text)": ["service_role"],
  "public.is_owned_customer(customer_id text)": ["service_role"],
  "public.count_unowned_purchases()": ["service_role"],
  "public.is_unowned_purchase(object_id text)": ["service_role"],
  "public.begin_sale(payer text, token uuid)": ["service_role"],
  "public.end_sale(payer text, token uuid)": ["service_role"],
  "public.set_seats(kind text, id text, seats bigint, subscription_group text)": ["service_role"],
  "public.find_seats(subscription_group text, user_id uuid, organization_id text)": ["service_role"],
  "public.owner_keys()": ["service_role"],
  "public.take_seats(most integer)": ["service_role"],
  "public.settle_seats(payer text, subscription_group text, version bigint, changed boolean, problem text, to_tell boolean, waits boolean)":
    ["service_role"],
  "public.recheck_seats(payer text)": ["service_role"],
  "public.find_buyer(user_id uuid)": ["service_role"],
  "public.find_deleted_customers(user_id uuid, organization_id text)": ["service_role"],
  "public.begin_sync_run(purpose text, started_at timestamp with time zone, requested_by text, kinds jsonb)": [
    "service_role",
  ],
  "public.hold_sync_run(run_id bigint, token uuid, seconds integer, key_hash text)": ["service_role"],
  "public.release_sync_run(run_id bigint, token uuid)": ["service_role"],
  "public.forbid_sync_range(range_id bigint, token uuid)": ["service_role"],
  "public.take_sync_ranges(run_id bigint, token uuid, most integer, most_by_customer integer)": ["service_role"],
  "public.advance_sync_range(range_id bigint, token uuid, after text, reached timestamp with time zone, read integer, customers text[], failures jsonb, ended boolean, wanted integer)":
    ["service_role"],
  "public.rewind_sync_range(range_id bigint, token uuid)": ["service_role"],
  "public.release_sync_range(range_id bigint, token uuid, error text)": ["service_role"],
  "public.get_sync_progress(purpose text)": ["service_role"],
  "public.get_sync_failures(purpose text, most integer)": ["service_role"],
  "public.get_completeness()": ["service_role"],
  "public.mirror_is_complete(kinds text[])": API_ROLES,
  "public.find_unread_customers(user_id uuid, organization_id text)": ["service_role"],
  "public.plan_owners(claims jsonb, owned_by text)": ["service_role"],
  "public.apply_owners(claims jsonb, owned_by text)": ["service_role"],
  "public.list_owners_by_email(after text, most integer)": ["service_role"],
  "public.list_owners_in_table(source text, customer_column text, user_column text, organization_column text, after text, most integer)":
    ["service_role"],
  "public.compare_rows(changes jsonb)": ["service_role"],
  "public.list_mirrored_ids(object text, after text, most integer)": ["service_role"],
  "public.record_drift(found jsonb)": ["service_role"],
  "public.count_drift()": ["service_role"],
  "public.list_drift(object text, most integer)": ["service_role"],
  "public.note_comparison(range_id bigint, place text, objects bigint, differing bigint, stripe_digest text, mirror_digest text)":
    ["service_role"],
  "public.is_swept(run_id bigint)": ["service_role"],
  "public.list_unseen_rows(run_id bigint, most integer, key_hash text)": ["service_role"],
  "public.advance_sweep(run_id bigint, object text, after text)": ["service_role"],
  "public.finish_sweep(run_id bigint)": ["service_role"],
  "public.find_impossible()": ["service_role"],
  "public.find_payer(reference text)": ["service_role"],
  "public.show_beside_mirror(shown jsonb, owners text[])": ["service_role"],
  "public.find_ledger_entries(object_ids text[], most integer)": ["service_role"],
  "public.find_notices(object_ids text[], most integer)": ["service_role"],
  "public.explain_claims(shown jsonb)": ["service_role"],
  "public.list_unowned_purchases(most integer)": ["service_role"],
  "public.find_owner(object_id text)": ["service_role"],
  "public.delete_account()": ["authenticated"],
  "billing.own_customer_ids()": ["authenticated"],
  "billing.own_purchases()": ["authenticated"],
  "billing.usable_customer_ids()": ["authenticated"],
};

/** They run with their owner's rights, so each was read with that in mind. */
const DEFINERS = [
  "billing.attach_purchases()",
  "billing.leave_as_user()",
  "billing.leave_softly()",
  "billing.own_customer_ids()",
  "billing.own_purchases()",
  "billing.report_changed_email()",
  "billing.usable_customer_ids()",
  "billing.usable_customer_ids(user_id uuid)",
  "public.advance_reconcile_cursor(listing text, listed_from timestamp with time zone, listed_until timestamp with time zone, place text, place_at timestamp with time zone, seen_until timestamp with time zone, seen_place text)",
  "public.apply_stripe_changes(changes jsonb, key_hash text, one_at_a_time boolean)",
  "public.begin_sale(payer text, token uuid)",
  "public.delete_account()",
  "public.end_sale(payer text, token uuid)",
  "public.set_seats(kind text, id text, seats bigint, subscription_group text)",
  "public.find_seats(subscription_group text, user_id uuid, organization_id text)",
  "public.owner_keys()",
  "public.take_seats(most integer)",
  "public.settle_seats(payer text, subscription_group text, version bigint, changed boolean, problem text, to_tell boolean, waits boolean)",
  "public.recheck_seats(payer text)",
  "public.find_buyer(user_id uuid)",
  "public.find_deleted_customers(user_id uuid, organization_id text)",
  "public.find_missing_stripe_events(event_ids text[])",
  "public.find_stripe_events(event_ids text[])",
  "public.inspect_schema()",
  "public.inspect_state()",
  "public.list_stripe_events(after_moment timestamp with time zone, after_id text, types text[], most integer)",
  "public.find_rival_subscriptions(subscription_id text)",
  "public.get_reconcile_cursors()",
  "public.assign_purchase(object_id text, user_id uuid, organization_id text)",
  "public.claim_purchase(session_id text, user_id uuid)",
  "public.find_customers(user_id uuid, organization_id text)",
  "public.manages_billing(user_id uuid, organization_id text)",
  "public.organization_has_active_subscription(organization_id text)",
  "public.organization_has_feature(organization_id text, key text)",
  "public.user_has_active_subscription(user_id uuid)",
  "public.user_has_feature(user_id uuid, key text)",
  "public.get_stripe_account()",
  "public.give_up_notices()",
  "public.has_active_subscription()",
  "public.has_feature(key text)",
  "public.introduce_stripe_key(key_hash text, account_id text, livemode boolean)",
  "public.user_exists(user_id uuid)",
  "public.is_owned_customer(customer_id text)",
  "public.is_unowned_purchase(object_id text)",
  "public.count_unowned_purchases()",
  "public.report_double_subscriptions(subscription_id text)",
  "public.report_orphaned_subscriptions(customer_id text)",
  "public.settle_notices(ids bigint[], errors text[])",
  "public.take_notices(most integer)",
  "public.begin_sync_run(purpose text, started_at timestamp with time zone, requested_by text, kinds jsonb)",
  "public.hold_sync_run(run_id bigint, token uuid, seconds integer, key_hash text)",
  "public.release_sync_run(run_id bigint, token uuid)",
  "public.forbid_sync_range(range_id bigint, token uuid)",
  "public.take_sync_ranges(run_id bigint, token uuid, most integer, most_by_customer integer)",
  "public.advance_sync_range(range_id bigint, token uuid, after text, reached timestamp with time zone, read integer, customers text[], failures jsonb, ended boolean, wanted integer)",
  "public.rewind_sync_range(range_id bigint, token uuid)",
  "public.release_sync_range(range_id bigint, token uuid, error text)",
  "public.get_sync_progress(purpose text)",
  "public.get_sync_failures(purpose text, most integer)",
  "public.get_completeness()",
  "public.mirror_is_complete(kinds text[])",
  "billing.forget_customers_were_read()",
  "billing.keep_promises_to_user()",
  "public.find_unread_customers(user_id uuid, organization_id text)",
  "public.plan_owners(claims jsonb, owned_by text)",
  "public.apply_owners(claims jsonb, owned_by text)",
  "public.list_owners_by_email(after text, most integer)",
  "public.compare_rows(changes jsonb)",
  "public.list_mirrored_ids(object text, after text, most integer)",
  "public.record_drift(found jsonb)",
  "public.count_drift()",
  "public.list_drift(object text, most integer)",
  "public.note_comparison(range_id bigint, place text, objects bigint, differing bigint, stripe_digest text, mirror_digest text)",
  "public.is_swept(run_id bigint)",
  "public.list_unseen_rows(run_id bigint, most integer, key_hash text)",
  "public.advance_sweep(run_id bigint, object text, after text)",
  "public.finish_sweep(run_id bigint)",
  "public.find_impossible()",
  "public.find_payer(reference text)",
  "public.show_beside_mirror(shown jsonb, owners text[])",
  "public.find_ledger_entries(object_ids text[], most integer)",
  "public.find_notices(object_ids text[], most integer)",
  "public.explain_claims(shown jsonb)",
  "public.list_unowned_purchases(most integer)",
  "public.find_owner(object_id text)",
];

let database: TestDatabase;
beforeAll(async () => {
  database = await startDatabase();
}, 60_000);
afterAll(() => database?.close());

/** What the catalog shows otherwise than it is written above. */
async function unclassified(): Promise<string[]> {
  const relations = (await database.relations()).filter(({ name, privileges }) => {
    const readers = READERS[name];
    const expected = Object.fromEntries((readers ?? []).map((role) => [role, ["SELECT"]]));
    return !readers || JSON.stringify(privileges, [...API_ROLES]) !== JSON.stringify(expected, [...API_ROLES]);
  });
  const routines = (await database.routines()).filter(
    ({ name, callers, definer }) =>
      callers.join() !== (CALLERS[name] ?? []).join() || definer !== DEFINERS.includes(name),
  );
  return [...relations, ...routines].map(({ name }) => name);
}

/** As if the migrations had never been applied here until now. */
async function migrateAnew(): Promise<void> {
  await database.query("drop schema billing cascade");
  await database.query("drop schema public cascade");
  await database.query("create schema public");
  await database.query("grant usage on schema public to anon, authenticated, service_role");
  await database.query(`
    do $migrate$
    declare
      migration text;
    begin
      for migration in select statements[1] from supabase_migrations.schema_migrations order by version loop
        execute migration;
      end loop;
    end
    $migrate$`);
}

describe("grants", () => {
  it("are, for every table, view, sequence and function, those that are written down, to the column", async () => {
    expect(await unclassified()).toEqual([]);
    const names = new Set((await database.relations()).map(({ name }) => name));
    expect(Object.keys(READERS).filter((name) => !names.has(name))).toEqual([]);
  });

  it.each([
    ["public.planted", "create table public.planted (id int)"],
    ["public.planted", "create view public.planted as select 1"],
    ["public.planted", "create materialized view public.planted as select 1 as one"],
    ["public.planted", "create sequence public.planted"],
    ["public.planted()", "create function public.planted() returns int language sql as 'select 1'"],
    ["billing.planted()", "create function billing.planted() returns int language sql as 'select 1'"],
    ["billing.planted", "create table billing.planted (id int)"],
    ["public.prices", "grant update on public.prices to authenticated"],
    ["public.prices", "grant update (unit_amount) on public.prices to authenticated"],
    ["billing.outbox", "grant select (kind) on billing.outbox to anon"],
    ["public.get_reconcile_cursors()", "grant execute on function public.get_reconcile_cursors() to public"],
    ["billing.apply_price(changes billing.change[])", "alter function billing.apply_price security definer"],
  ])("of %s that nobody wrote down are found: %s", async (name, sql) => {
    await database.rolledBack(async () => {
      await database.query(sql);
      expect(await unclassified()).toEqual([name]);
    });
  });

  it("are the same in a project that opens every new table and sequence to everybody", async () => {
    await database.rolledBack(async () => {
      for (const kind of ["tables", "sequences"]) {
        await database.query(`alter default privileges grant all on ${kind} to anon, authenticated, service_role`);
      }
      await migrateAnew();
      expect(await unclassified()).toEqual([]);
    });
  });

  it("leave the API's roles nothing to create, no way into another role and none into the internal schema", async () => {
    const [may] = await database.query(`
      select
        array(
          select format('%s in %s', role, nspname) from pg_namespace, unnest('{${API_ROLES}}'::name[]) role
          where nspname in ('public', 'billing') and has_schema_privilege(role, oid, 'create')
        ) as create,
        array(
          select format('%s as %s', member::regrole, roleid::regrole) from pg_auth_members
          where member::regrole::text in ('anon', 'authenticated') and roleid::regrole::text not like 'pg\\_%'
        ) as become,
        has_schema_privilege('anon', 'billing', 'usage') as visitor`);
    expect(may).toEqual({ create: [], become: [], visitor: false });
  });

  it.each(["service_role", "postgres", "supabase_auth_admin"])("let nobody become %s", async (role) => {
    const become = await database.query(
      `select self from unnest('{anon,authenticated}'::name[]) self where pg_has_role(self, $1, 'set')`,
      [role],
    );
    expect(become).toEqual([]);
  });
});

describe("row-level security", () => {
  it("is on for every table that a role of the API may read", async () => {
    const open = (await database.relations()).filter(
      ({ kind, rls, privileges }) => kind === "table" && !rls && Object.keys(privileges).length > 0,
    );
    expect(open).toEqual([]);
  });

  it("holds behind every view: each asks in its caller's name", async () => {
    const views = (await database.relations()).filter(({ kind }) => kind === "view");
    expect(views.length).toBeGreaterThan(0);
    expect(views.filter(({ invoker }) => !invoker)).toEqual([]);
  });

  it("lets rows be read and nothing else, and only what is on sale by everybody", async () => {
    const policies = await database.query<{ name: string; command: string; visitors: boolean; condition: string }>(`
      select format('%s.%s', schemaname, tablename) as name, cmd as command, qual as condition,
        roles && '{public,anon}'::name[] as visitors
      from pg_policies where schemaname not in ('auth', 'storage', 'realtime') order by 1`);
    expect(policies.filter(({ command }) => command !== "SELECT")).toEqual([]);
    expect(policies.filter(({ visitors }) => visitors).map(({ name, condition }) => [name, condition])).toEqual([
      ["public.prices", "(active AND (NOT deleted))"],
      ["public.products", "(active AND (NOT deleted))"],
    ]);
  });
});

describe("functions", () => {
  it("look nothing up along the caller's search path", async () => {
    const loose = (await database.routines()).filter(({ searchPath }) => searchPath !== 'search_path=""');
    expect(loose).toEqual([]);
  });

  it("change neither role nor settings in their caller's session", async () => {
    const bodies = await database.query<{ name: string }>(`
      select proname as name from pg_proc join pg_namespace n on n.oid = pronamespace
      where nspname in ('public', 'billing') and prosrc ~* 'set_config|set\\s+(local\\s+)?(role|session)|dblink|copy\\s'`);
    expect(bodies).toEqual([]);
  });
});

describe("what leaves by other doors", () => {
  it("is nothing by Realtime: no table of ours is published", async () => {
    const published = await database.query(
      "select schemaname, tablename from pg_publication_tables where schemaname not in ('auth', 'storage', 'realtime')",
    );
    expect(published).toEqual([]);
    expect(await database.query("select pubname from pg_publication where puballtables")).toEqual([]);
  });

  it("is nothing by a foreign key: each leads to a table that users cannot name", async () => {
    const keys = await database.query(`
      select distinct conrelid::regclass::text as from, confrelid::regclass::text as to from pg_constraint
      where contype = 'f' and conrelid::regclass::text !~ '^(auth|storage|realtime)\\.' order by 1`);
    expect(keys).toEqual([
      { from: "billing.compared_pages", to: "billing.sync_ranges" },
      { from: "billing.given_owners", to: "auth.users" },
      { from: "billing.named_users", to: "auth.users" },
      { from: "billing.sweeps", to: "billing.sync_runs" },
      { from: "billing.sync_failures", to: "billing.sync_runs" },
      { from: "billing.sync_ranges", to: "billing.sync_runs" },
      { from: "checkout_sessions", to: "auth.users" },
      { from: "customers", to: "auth.users" },
    ]);
  });
});
