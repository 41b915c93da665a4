import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { examine, type Subject } from "@turnpike/core/doctor";
import { beforeEach, describe, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";

// What somebody did to the database by hand, and what the doctor says of it.

const MIGRATIONS = globSync("supabase/migrations/*.sql")
  .sort()
  .map((file) => {
    const [, version = "", name = ""] = /^(\d+)_(.*)\.sql$/.exec(basename(file)) ?? [];
    return { version, name, sql: readFileSync(file, "utf8") };
  });
const EMPTY = { visible: 0, inFlight: 0 };

let supabase: LentSupabase;
let subject: Subject;
beforeEach(async () => {
  supabase = await lendSupabase();
  const lent: LentStripe = await lendStripe();
  subject = {
    stripe: lent.stripe,
    supabase: supabase.client,
    isKeyRestricted: false,
    migrations: MIGRATIONS,
    queues: { events: EMPTY, deadLetters: EMPTY },
    askSite: async () => ({ status: 200, body: { status: "ok", build: "test" } }),
    command: (line) => `npx billing ${line}`,
  };
});

const wrong = async () => (await examine(subject)).filter(({ state }) => state === "wrong");

/** Does it, asks, and undoes it: the database is lent. */
async function sabotaged<Answer>(sql: string, undo: string, ask: () => Promise<Answer>): Promise<Answer> {
  await supabase.query(sql);
  try {
    return await ask();
  } finally {
    for (const statement of undo.split(";\n")) if (statement) await supabase.query(statement);
  }
}

const policy = (name: string, says: string) => `create policy "${name}" on ${says};`;
const ON_SALE = policy(
  "anyone reads the prices on sale",
  "public.prices for select to anon, authenticated using ((active AND (NOT deleted)))",
);

describe("what the statement mends that is said", () => {
  it.each<[check: string, sabotage: string, says: string, mend: string]>([
    [
      "row-level security",
      "alter table public.prices disable row level security",
      "public.prices: it is off",
      "alter table public.prices enable row level security;",
    ],
    [
      "row-level security",
      "alter table public.prices force row level security",
      "public.prices: it holds for the owner, too, with whose rights our functions write",
      "alter table public.prices no force row level security;",
    ],
    [
      "row-level security",
      "create policy planted on billing.invoices for select to anon using (true)",
      'billing.invoices: the policy "planted" is none of the migrations\'',
      'drop policy "planted" on billing.invoices;',
    ],
    [
      "row-level security",
      'drop policy "anyone reads the prices on sale" on public.prices',
      'public.prices: the policy "anyone reads the prices on sale" is not there',
      ON_SALE,
    ],
    [
      "row-level security",
      'alter policy "anyone reads the prices on sale" on public.prices using (true)',
      'public.prices: the policy "anyone reads the prices on sale" says something else',
      `drop policy "anyone reads the prices on sale" on public.prices;\n${ON_SALE}`,
    ],
    [
      "row-level security",
      "alter view public.payment_history set (security_invoker = false)",
      "public.payment_history: the view shows everybody's rows",
      "alter view public.payment_history set (security_invoker = true);",
    ],
    [
      "grants",
      "grant update on public.user_subscriptions to authenticated",
      "public.user_subscriptions: authenticated may update, and should not",
      "revoke update on public.user_subscriptions from authenticated;",
    ],
    [
      "grants",
      "grant select (email) on public.customers to anon",
      "public.customers: anon may select (email), and should not",
      "revoke select (email) on public.customers from anon;",
    ],
    [
      "grants",
      "revoke select on public.prices from anon",
      "public.prices: anon may not select, and should",
      "grant select on public.prices to anon;",
    ],
    [
      "grants",
      "grant execute on function public.is_owned_customer(text) to anon",
      "public.is_owned_customer(customer_id text): anon may call it, and should not",
      "revoke execute on function public.is_owned_customer(customer_id text) from public, anon;",
    ],
    [
      "grants",
      "revoke execute on function public.get_stripe_account() from service_role",
      "public.get_stripe_account(): service_role may not call it, and should",
      "grant execute on function public.get_stripe_account() to service_role;",
    ],
    [
      "grants",
      "revoke usage on schema billing from authenticated",
      "schema billing: authenticated may not use it, and should",
      "grant usage on schema billing to authenticated;",
    ],
    [
      "schema",
      "alter table billing.settings drop constraint settings_past_due_grace_days_check",
      "billing.settings: its constraint settings_past_due_grace_days_check is not there",
      "alter table billing.settings add constraint settings_past_due_grace_days_check CHECK ((past_due_grace_days >= 0));",
    ],
    [
      "schema",
      "alter table billing.stripe_events drop constraint stripe_events_pkey",
      "billing.stripe_events: its constraint stripe_events_pkey is not there",
      "alter table billing.stripe_events add constraint stripe_events_pkey PRIMARY KEY (id);",
    ],
    [
      "schema",
      "alter table billing.settings drop constraint settings_past_due_grace_days_check, add constraint settings_past_due_grace_days_check check (past_due_grace_days > 3)",
      "billing.settings: its constraint settings_past_due_grace_days_check is CHECK ((past_due_grace_days > 3)), and not CHECK ((past_due_grace_days >= 0))",
      "alter table billing.settings drop constraint settings_past_due_grace_days_check, add constraint settings_past_due_grace_days_check CHECK ((past_due_grace_days >= 0));",
    ],
    [
      "schema",
      "alter table billing.settings drop constraint settings_past_due_grace_days_check, add constraint settings_past_due_grace_days_check check (past_due_grace_days >= 0) not valid",
      "billing.settings: its constraint settings_past_due_grace_days_check was never checked for older rows",
      "alter table billing.settings validate constraint settings_past_due_grace_days_check;",
    ],
    [
      "schema",
      "alter table public.prices add constraint dear check (unit_amount > 100)",
      "public.prices: its constraint dear is none of the migrations', and may refuse what Stripe holds: CHECK ((unit_amount > 100))",
      "alter table public.prices drop constraint dear;",
    ],
    [
      "schema",
      "alter table billing.settings alter column user_metadata_keys set default '{owner}'",
      "billing.settings: its column user_metadata_keys has the default '{owner}'::text[]; it should have the default '{user_id}'::text[]",
      "alter table billing.settings alter column user_metadata_keys set default '{user_id}'::text[];",
    ],
    [
      "schema",
      "alter table billing.stripe_events alter column recorded_at drop default",
      "billing.stripe_events: its column recorded_at has no default; it should have the default now()",
      "alter table billing.stripe_events alter column recorded_at set default now();",
    ],
    [
      "schema",
      "alter table billing.stripe_events alter column reason set default 'unknown'",
      "billing.stripe_events: its column reason has the default 'unknown'::text; it should have no default",
      "alter table billing.stripe_events alter column reason drop default;",
    ],
    [
      "schema",
      "alter table billing.stripe_events alter column outcome drop not null",
      "billing.stripe_events: its column outcome may be empty",
      "alter table billing.stripe_events alter column outcome set not null;",
    ],
    [
      "schema",
      "alter table billing.stripe_events alter column reason set not null",
      "billing.stripe_events: its column reason must be filled",
      "alter table billing.stripe_events alter column reason drop not null;",
    ],
    [
      "schema",
      "alter table public.user_subscriptions disable trigger watch_new_subscription",
      "public.user_subscriptions: its trigger watch_new_subscription is off",
      "alter table public.user_subscriptions enable trigger watch_new_subscription;",
    ],
    [
      "schema",
      "alter table auth.users disable trigger leave_as_user",
      "auth.users: its trigger leave_as_user is off",
      "alter table auth.users enable trigger leave_as_user;",
    ],
    [
      "schema",
      "drop index public.customers_user_id",
      "public.customers: its index customers_user_id is not there",
      "drop index if exists public.customers_user_id;\nCREATE INDEX customers_user_id ON public.customers USING btree (user_id);",
    ],
    [
      "schema",
      "create rule nothing as on insert to billing.refunds do instead nothing",
      "billing.refunds: the rule nothing does something else than what is asked",
      "drop rule nothing on billing.refunds;",
    ],
  ])("%s: %s", async (check, sabotage, says, mend) => {
    const found = await sabotaged(sabotage, mend, wrong);
    // Nothing but this: what was said to mend the one before has done so.
    expect(found).toEqual([{ check, state: "wrong", says, mend, details: [], why: expect.stringMatching(/\.$/) }]);
  });

  it("the last of these, too", async () => {
    expect(await wrong()).toEqual([]);
  });

  it.each<[sabotage: string, says: string]>([
    ["drop trigger watch_new_subscription on public.user_subscriptions", "is not there"],
    [
      "create or replace trigger watch_new_subscription after delete on public.user_subscriptions for each row execute function billing.watch_live_subscription()",
      "does something else",
    ],
  ])("a trigger: %s", async (sabotage, says) => {
    await supabase.query(sabotage);
    const [found, ...others] = await wrong();
    expect(others).toEqual([]);
    expect(found).toMatchObject({ says: `public.user_subscriptions: its trigger watch_new_subscription ${says}` });
    for (const statement of found?.mend?.split(";\n") ?? []) await supabase.query(statement);
    expect(await wrong()).toEqual([]);
  });

  it("all policies, constraints, triggers and indexes at once", { timeout: 60_000 }, async () => {
    const drops = await supabase.query<{ statement: string; what: string }>(`
      select format('drop policy %I on %s', polname, polrelid::regclass) as statement, 'policy' as what from pg_policy
      union all
      select format('alter table %s drop constraint %I cascade', conrelid::regclass, conname), 'constraint' from pg_constraint
      where conrelid <> 0 and contype in ('c', 'f') and connamespace in ('public'::regnamespace, 'billing'::regnamespace)
      union all
      select format('drop trigger %I on %s', tgname, tgrelid::regclass), 'trigger' from pg_trigger
      where not tgisinternal and tgfoid in (select oid from pg_proc where pronamespace = 'billing'::regnamespace)
      union all
      select format('drop index %s', indexrelid::regclass), 'index' from pg_index join pg_class on pg_class.oid = indexrelid
      where relnamespace in ('public'::regnamespace, 'billing'::regnamespace)
        and not exists (select from pg_constraint where conindid = indexrelid)`);
    for (const { statement } of drops) await supabase.query(statement);
    const found = await wrong();
    for (const kind of ["policy", "constraint", "trigger", "index"]) {
      const dropped = drops.filter(({ what }) => what === kind);
      const named = found.flatMap(({ details }) => details).filter((each) => each.includes(` ${kind} `));
      expect(named, kind).toHaveLength(dropped.length);
      expect(dropped.length, kind).toBeGreaterThan(2);
    }
    for (const { mend } of found)
      for (const statement of mend?.split(/;\n|;$/) ?? []) if (statement) await supabase.query(statement);
    expect(await wrong()).toEqual([]);
  });

  it("the row of billing.settings that somebody deleted", async () => {
    const [found, ...others] = await sabotaged(
      "delete from billing.settings",
      "insert into billing.settings default values;",
      wrong,
    );
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      check: "own rows",
      says: "billing.settings: its only row is not there",
      why: expect.stringContaining("no purchase finds its owner"),
      mend: "insert into billing.settings default values;",
    });
    expect(await wrong()).toEqual([]);
  });

  it("a column beside ours that must be filled", async () => {
    await supabase.query("alter table public.prices add column shop text not null");
    const [found] = await wrong();
    expect(found).toMatchObject({
      says: "public.prices: its column shop is none of the migrations', and must be filled",
      mend: "alter table public.prices alter column shop drop not null;",
    });
    await supabase.query(found?.mend ?? "");
    expect(await wrong()).toEqual([]);
    await supabase.query("alter table public.prices drop column shop");
  });
});

describe("what a migration's statement mends, which is named", () => {
  it.each<[sabotage: string, undo: string, says: string, mend: RegExp | string]>([
    [
      "alter table public.prices rename column nickname to petname",
      "alter table public.prices rename column petname to nickname",
      "public.prices: its column nickname is not there",
      /^run the statement about nickname of public\.prices in supabase\/migrations\/\d+_objects\.sql again$/,
    ],
    [
      "alter table billing.credit_notes alter column reason type varchar(9)",
      "alter table billing.credit_notes alter column reason type text",
      "billing.credit_notes: its column reason is character varying(9), and not text",
      "_objects.sql again",
    ],
    [
      "alter table billing.credit_notes rename to notes",
      "alter table billing.notes rename to credit_notes",
      "billing.credit_notes: it is not there",
      "_objects.sql again",
    ],
    [
      "alter table billing.settings rename to gone",
      "alter table billing.gone rename to settings",
      "billing.settings: it is not there",
      "_product.sql again",
    ],
    [
      "alter table billing.outbox rename to gone",
      "alter table billing.gone rename to outbox",
      "billing.outbox: it is not there",
      "_owners.sql again",
    ],
    [
      "alter table billing.stripe_account rename to gone",
      "alter table billing.gone rename to stripe_account",
      "billing.stripe_account: it is not there",
      ".sql again",
    ],
    [
      "alter function public.take_notices(integer) rename to taken",
      "alter function public.taken(integer) rename to take_notices",
      "public.take_notices(most integer): the function is not there",
      "_outbox.sql again",
    ],
    [
      "alter function billing.is_owned(text) security definer",
      "alter function billing.is_owned(text) security invoker",
      "billing.is_owned(customer_id text): the function runs with its owner's rights",
      "_outbox.sql again, as `create or replace`",
    ],
    [
      "alter function billing.to_uuid(text) volatile",
      "alter function billing.to_uuid(text) immutable",
      "billing.to_uuid(value text): the function is declared as (value text) returns uuid, sql, volatile; and not as (value text) returns uuid, sql, immutable",
      "_product.sql again, as `create or replace`",
    ],
    [
      "alter function billing.to_uuid(text) reset search_path",
      "alter function billing.to_uuid(text) set search_path = ''",
      'billing.to_uuid(value text): the function lacks the setting search_path=""',
      "_product.sql again, as `create or replace`",
    ],
    [
      "update billing.mirrored set target = 'billing.notes' where object = 'credit_note'",
      "update billing.mirrored set target = 'billing.credit_notes' where object = 'credit_note'",
      "billing.mirrored: the row of credit_note names billing.notes, and not billing.credit_notes",
      "_objects.sql again",
    ],
  ])("%s", async (sabotage, undo, says, mend) => {
    const found = await sabotaged(sabotage, undo, wrong);
    expect(found.map((finding) => finding.says)).toEqual([says]);
    expect(found[0]?.mend).toMatch(mend);
    expect(await wrong()).toEqual([]);
  });

  it("a function and a view that do something else; a view that a dump has brought back does not", async () => {
    const [{ made } = { made: "" }] = await supabase.query<{ made: string }>(
      "select pg_get_functiondef('billing.to_uuid(text)'::regprocedure) as made",
    );
    const [{ shown } = { shown: "" }] = await supabase.query<{ shown: string }>(
      "select rtrim(pg_get_viewdef('public.payment_history'::regclass), ';') as shown",
    );
    const view = (more: string) =>
      supabase.query(
        `create or replace view public.payment_history with (security_invoker = true) as select * from (${shown}) payments ${more}`,
      );
    await supabase.query(
      "create or replace function billing.to_uuid(value text) returns uuid language sql immutable set search_path = '' as 'select null::uuid'",
    );
    await view("where amount > 0");
    try {
      const [found, ...others] = await wrong();
      expect(others).toEqual([]);
      expect(found).toMatchObject({
        check: "schema",
        says: "2 things are not as they should be",
        details: [
          "public.payment_history: the view shows something else",
          "billing.to_uuid(value text): the function does something else",
        ],
        mend: expect.stringMatching(
          /public\.payment_history in .* as `create or replace`\n.*billing\.to_uuid in .*_product\.sql again, as `create or replace`$/,
        ),
      });
    } finally {
      await supabase.query(made);
      await supabase.query(`create or replace view public.payment_history with (security_invoker = true) as ${shown}`);
    }
    expect(await wrong()).toEqual([]);
  });

  it("an object that is no longer mirrored, and one whose applier was replaced", async () => {
    const [{ made } = { made: "" }] = await supabase.query<{ made: string }>(
      "select pg_get_functiondef(oid) as made from pg_proc where proname = 'apply_refund'",
    );
    const [row] = await supabase.query<{ position: number }>(
      "delete from billing.mirrored where object = 'refund' returning *",
    );
    await supabase.query(made.replace(/begin/i, "begin -- edited"));
    try {
      expect(await wrong()).toMatchObject([
        { check: "schema", mend: "run the calls of `select billing.mirror(…)` in supabase/migrations again" },
        {
          check: "own rows",
          says: "billing.mirrored: the row of refund is not there",
          mend: expect.stringMatching(
            /^run the call of `select billing\.mirror\('refund', …\)` in supabase\/migrations\/\d+_objects\.sql again$/,
          ),
        },
      ]);
    } finally {
      await supabase.query(
        "insert into billing.mirrored (object, target, position) values ('refund', 'billing.refunds', $1)",
        [row?.position],
      );
      await supabase.query(made);
    }
    expect(await wrong()).toEqual([]);
  });
});

it("what a product makes beside ours, or in our place where it may, is its own", async () => {
  const organizations = (body: string) => `
    create or replace function billing.organizations_of(user_id uuid) returns table (organization_id text, manages_billing boolean)
    language sql volatile set search_path = '' as $$${body}$$`;
  const [{ made } = { made: "" }] = await supabase.query<{ made: string }>(
    "select pg_get_functiondef(oid) as made from pg_proc where proname = 'organizations_of'",
  );
  await supabase.query("create table public.todos (id int check (id > 0))");
  await supabase.query("create index todos_of_prices on public.prices (nickname)");
  await supabase.query("alter table public.prices add column shop text");
  await supabase.query(
    "update billing.settings set user_metadata_keys = '{user_id,supabaseUUID}', past_due_grace_days = 7",
  );
  await supabase.query(organizations(" select 'acme'::text, true "));
  try {
    expect(await wrong()).toEqual([]);
  } finally {
    await supabase.query("drop table public.todos");
    await supabase.query("drop index public.todos_of_prices");
    await supabase.query("alter table public.prices drop column shop");
    await supabase.query("update billing.settings set user_metadata_keys = default, past_due_grace_days = default");
    await supabase.query(made);
  }
});
