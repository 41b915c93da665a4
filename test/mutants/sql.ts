/** A guarantee of the database's that is taken away, by one edit of the migrations' text. */
export interface SqlMutant {
  /** What does not hold any more. */
  name: string;
  find: string;
  replace: string;
  /** The test files of which at least one must fail. */
  tests: readonly string[];
}

const GUARD = ["test/core/guard.test.ts"];
const OWNERSHIP = ["test/core/ownership.test.ts"];
const ACCESS = ["test/core/access.test.ts"];
const ACCOUNT = ["test/core/account.test.ts"];
const SALE = ["test/core/subscriber.test.ts"];
const RECONCILIATION = ["test/core/reconciliation.test.ts"];
const HISTORY = ["test/core/payment-history.test.ts"];
const CATALOG = ["test/security/catalog.test.ts"];
const ROWS = ["test/security/row-level-security.test.ts"];

const guard: SqlMutant[] = [
  {
    name: "of several events in a batch the oldest is written",
    find: "c.deleted desc, c.as_of desc, c.rank desc",
    replace: "c.deleted desc, c.as_of, c.rank desc",
    tests: GUARD,
  },
  {
    name: "of several events in a batch one after the deletion is written",
    find: "order by c.object_id, c.deleted desc, c.as_of desc",
    replace: "order by c.object_id, c.as_of desc",
    tests: GUARD,
  },
  {
    name: "of several events of one second the earlier state is written",
    find: "c.as_of desc, c.rank desc, c.event_id",
    replace: "c.as_of desc, c.rank, c.event_id",
    tests: GUARD,
  },
  {
    name: "the moment that a row shows goes back",
    find: "greatest(standing.as_of, excluded.as_of)",
    replace: "excluded.as_of",
    tests: GUARD,
  },
  {
    name: "a deletion that is older than the row does not land",
    find: "where (excluded.deleted and not standing.deleted)\n        or (",
    replace: "where (",
    tests: GUARD,
  },
  {
    name: "an event brings back what was deleted",
    find: "((excluded.fetched or not standing.deleted)\n          and (",
    replace: "((",
    tests: GUARD,
  },
  {
    name: "nothing brings back what was deleted, not even Stripe's own answer",
    find: "(excluded.fetched or not standing.deleted)",
    replace: "(not standing.deleted)",
    tests: GUARD,
  },
  {
    name: "an older event overwrites a newer state",
    find: "and (excluded.as_of, excluded.rank) > (standing.as_of, standing.rank));",
    replace: ");",
    tests: GUARD,
  },
  {
    name: "of two events of one second the second to come wins",
    find: "and (excluded.as_of, excluded.rank) > (standing.as_of, standing.rank)",
    replace: "and (excluded.as_of, excluded.rank) >= (standing.as_of, standing.rank)",
    tests: GUARD,
  },
  {
    name: "an object's own life does not settle a second",
    find: "and (excluded.as_of, excluded.rank) > (standing.as_of, standing.rank)",
    replace: "and excluded.as_of > standing.as_of",
    tests: GUARD,
  },
  {
    name: "every change is said to be applied",
    find: "if written = cardinality(own) then",
    replace: "if true then",
    tests: GUARD,
  },
  {
    name: "two different states of one second are taken for settled",
    find: 'when jsonb_populate_record(standing."row", change."row") is not distinct from standing."row"\n            and',
    replace: "when",
    tests: GUARD,
  },
  {
    name: "an older event that shows the same row is not stale",
    find: '\n            and (change.as_of, change.rank) >= ((standing."row").as_of, (standing."row").rank) then \'applied\'',
    replace: " then 'applied'",
    tests: GUARD,
  },
  {
    name: "a second deletion is not done",
    find: "when change.deleted and (standing.\"row\").deleted then 'applied'",
    replace: "when false then 'applied'",
    tests: GUARD,
  },
  {
    name: "what was fetched for an event does not settle it",
    find: "when change.fetched and change.as_of >= (standing.\"row\").as_of then 'applied'",
    replace: "when false then 'applied'",
    tests: ["test/core/settling.test.ts"],
  },
  {
    name: "an event after the deletion is for Stripe to settle",
    find: 'when change.deleted or (standing."row").deleted\n            or (change',
    replace: "when (change",
    tests: GUARD,
  },
  {
    name: "an older event is for Stripe to settle",
    find: 'when change.deleted or (standing."row").deleted\n            or (change.as_of, change.rank) < ((standing."row").as_of, (standing."row").rank) then \'stale\'',
    replace: "when change.deleted or (standing.\"row\").deleted then 'stale'",
    tests: GUARD,
  },
  {
    name: "an event takes a customer from its owner",
    find: "select billing.mirror('customer', 'public.customers', '{user_id,attached_by_email}');",
    replace: "select billing.mirror('customer', 'public.customers');",
    tests: GUARD,
  },
  {
    name: "a mirrored table is open to whomever a grant names",
    find: ",\n      enable row level security\n  ', target);",
    replace: "\n  ', target);",
    tests: CATALOG,
  },
  {
    name: "Supabase's default grants on a mirrored table stay",
    find: "execute format('revoke all on %s from public, anon, authenticated, service_role', target);",
    replace: "",
    tests: CATALOG,
  },
  {
    name: "the service role may not read a mirrored table",
    find: "execute format('grant select on %s to service_role', target);",
    replace: "",
    tests: SALE,
  },
];

const ledger: SqlMutant[] = [
  {
    name: "an event that is done is applied again",
    find: "e.outcome not in ('failed', 'refused') limit 1",
    replace: "false limit 1",
    tests: GUARD,
  },
  {
    name: "an event that failed is never applied",
    find: "e.outcome not in ('failed', 'refused') limit 1",
    replace: "true limit 1",
    tests: GUARD,
  },
  {
    name: "an event that was refused is never applied",
    find: "e.outcome not in ('failed', 'refused') limit 1",
    replace: "e.outcome <> 'failed' limit 1",
    tests: ACCOUNT,
  },
  {
    name: "duplicates are applied",
    find: "where c.outcome is null and (c.event_id is null or c.event_id <> all (duplicates))",
    replace: "where c.outcome is null",
    tests: GUARD,
  },
  {
    name: "an object without a table has no outcome",
    find: "if cardinality(outcomes) < cardinality(fresh) then",
    replace: "if false then",
    tests: GUARD,
  },
  {
    name: "an event that cannot be read has no outcome",
    find: "if cardinality(fresh) + cardinality(duplicates) < cardinality(incoming) then",
    replace: "if false then",
    tests: GUARD,
  },
  {
    name: "the ledger holds what Stripe has yet to settle",
    find: "where became.outcome <> 'ambiguous'\n",
    replace: "",
    tests: GUARD,
  },
  {
    name: "the ledger keeps the failure of an event that was applied since",
    find: "where entry.outcome in ('failed', 'refused');",
    replace: "where false;",
    tests: GUARD,
  },
  {
    name: "what must be told is not told of an event that came late",
    find: "and became.outcome in ('applied', 'stale')",
    replace: "and became.outcome = 'applied'",
    tests: GUARD,
  },
  {
    name: "any key may write",
    find: "if not exists (select from billing.stripe_account account where key_hash = any (account.key_hashes)) then",
    replace: "if false then",
    tests: ACCOUNT,
  },
  {
    name: "a key of another account may write",
    find: "where known.id = excluded.id and known.livemode",
    replace: "where known.livemode",
    tests: ACCOUNT,
  },
  {
    name: "a key of the other mode may write",
    find: "where known.id = excluded.id and known.livemode = excluded.livemode\n",
    replace: "where known.id = excluded.id\n",
    tests: ACCOUNT,
  },
  {
    name: "a change that Postgres refuses takes its batch along",
    find: "exception when data_exception or integrity_constraint_violation or program_limit_exceeded then",
    replace: "exception when deadlock_detected then",
    tests: ACCOUNT,
  },
  {
    name: "every event that Stripe lists is missing",
    find: "select listed.id from unnest(event_ids) listed (id)\n  where not exists",
    replace: "select listed.id from unnest(event_ids) listed (id)\n  where true or not exists",
    tests: RECONCILIATION,
  },
  {
    name: "no event that Stripe lists is missing",
    find: "select listed.id from unnest(event_ids) listed (id)\n  where not exists",
    replace: "select listed.id from unnest(event_ids) listed (id)\n  where false and not exists",
    tests: RECONCILIATION,
  },
  {
    name: "what was refused is never asked for again",
    find: "where entry.id = listed.id and entry.outcome <> 'refused'",
    replace: "where entry.id = listed.id",
    tests: RECONCILIATION,
  },
  {
    name: "the cursor goes back",
    find: "greatest(current.reconciled_until, excluded.reconciled_until)",
    replace: "excluded.reconciled_until",
    tests: RECONCILIATION,
  },
  ...[
    "public.apply_stripe_changes(jsonb, text, boolean)",
    "public.introduce_stripe_key(text, text, boolean)",
    "public.get_stripe_account()",
    "public.find_missing_stripe_events(text[])",
    "public.get_reconcile_cursor()",
    "public.advance_reconcile_cursor(timestamptz)",
  ].map((signature) => ({
    name: `anybody may call ${signature}`,
    find: "revoke all on all functions in schema billing from public, anon, authenticated;",
    replace: `revoke all on all functions in schema billing from public, anon, authenticated;\ngrant execute on function ${signature} to anon;`,
    tests: CATALOG,
  })),
  {
    name: "Supabase's API may read Turnpike's own tables",
    find: "revoke all on billing.mirrored, billing.stripe_account, billing.stripe_events, billing.outbox, billing.reconcile_cursor\nfrom",
    replace: "grant select on billing.stripe_events to authenticated;\nrevoke all on billing.mirrored\nfrom",
    tests: CATALOG,
  },
];

const claims: SqlMutant[] = [
  {
    name: "a claim that comes before its customer is lost",
    find: "select change.owner ->> 'customer_id' from unnest(changes) change where change.owner is not null\n  union\n",
    replace: "",
    tests: ["test/core/ownership.test.ts", "test/mirror.test.ts"],
  },
  {
    name: "of two claims in a batch the first user's by name wins",
    find: "order by change.owner ->> 'customer_id', change.as_of, users.id",
    replace: "order by change.owner ->> 'customer_id', change.as_of desc, users.id",
    tests: OWNERSHIP,
  },
  {
    name: "the last owner takes a customer from the first",
    find: "  where customer.id = owner.customer_id\n    and customer.user_id is null\n",
    replace: "  where customer.id = owner.customer_id\n",
    tests: OWNERSHIP,
  },
  {
    name: "a user who has a customer claims another",
    find: "    and not exists (\n      select from public.customers other\n      where",
    replace: "    and not exists (\n      select from public.customers other\n      where false and",
    tests: OWNERSHIP,
  },
  {
    name: "two customers of one user in a batch are both claimed",
    find: "select distinct on (claim.user_id) claim.user_id, claim.customer_id",
    replace: "select claim.user_id, claim.customer_id",
    tests: OWNERSHIP,
  },
  {
    name: "a user whose customer was deleted never has another",
    find: "where other.user_id = owner.user_id and not other.deleted and",
    replace: "where other.user_id = owner.user_id and",
    tests: OWNERSHIP,
  },
  {
    name: "a user who bought as a guest never has a customer of their own",
    find: "and not other.deleted and not other.attached_by_email\n",
    replace: "and not other.deleted\n",
    tests: OWNERSHIP,
  },
  {
    name: "an address that is not confirmed gets a guest's purchases",
    find: " and users.email_confirmed_at is not null\n",
    replace: "\n",
    tests: OWNERSHIP,
  },
  {
    name: "a guest's address must be written as the user's",
    find: "lower(users.email) = lower(change.owner ->> 'email')",
    replace: "users.email = change.owner ->> 'email'",
    tests: OWNERSHIP,
  },
  {
    name: "a guest's purchase takes a customer from its owner",
    find: "where customer.id = change.owner ->> 'customer_id' and customer.user_id is null;",
    replace: "where customer.id = change.owner ->> 'customer_id';",
    tests: OWNERSHIP,
  },
  {
    name: "a guest's customer counts as the user's own",
    find: "set user_id = users.id, attached_by_email = true",
    replace: "set user_id = users.id",
    tests: OWNERSHIP,
  },
  {
    name: "confirming an address takes a customer from its owner",
    find: "    and customer.id = session.customer_id\n    and customer.user_id is null;",
    replace: "    and customer.id = session.customer_id;",
    tests: OWNERSHIP,
  },
  {
    name: "confirming an address takes what a user bought",
    find: "where session.user_id is null\n    and session.status",
    replace: "where session.status",
    tests: OWNERSHIP,
  },
  {
    name: "confirming an address takes what nobody has bought yet",
    find: "    and session.status = 'complete'\n",
    replace: "",
    tests: OWNERSHIP,
  },
  {
    name: "confirming an address takes what was bought with another",
    find: "    and lower(session.customer_email) = lower(new.email)\n",
    replace: "",
    tests: OWNERSHIP,
  },
  {
    name: "confirming an address takes only what was bought with it letter by letter",
    find: "lower(session.customer_email) = lower(new.email)",
    replace: "session.customer_email = new.email",
    tests: OWNERSHIP,
  },
  {
    name: "an address that is confirmed later counts for nothing",
    find: "after insert or update of email, email_confirmed_at on auth.users",
    replace: "after insert or update of email on auth.users",
    tests: OWNERSHIP,
  },
  {
    name: "an address that is changed counts for nothing",
    find: "after insert or update of email, email_confirmed_at on auth.users",
    replace: "after insert or update of email_confirmed_at on auth.users",
    tests: OWNERSHIP,
  },
  {
    name: "an address counts before it is confirmed",
    find: "when (new.email_confirmed_at is not null)",
    replace: "when (true)",
    tests: OWNERSHIP,
  },
  {
    name: "what a deleted user still pays for is not told",
    find: "    and subscription.is_live\n",
    replace: "    and subscription.grants_access\n",
    tests: OWNERSHIP,
  },
  {
    name: "what a deleted user paid for once is told",
    find: "    and subscription.is_live\n",
    replace: "",
    tests: OWNERSHIP,
  },
  {
    name: "what others pay for is told when a user is deleted",
    find: "  where customer.user_id = old.id\n",
    replace: "  where true\n",
    tests: OWNERSHIP,
  },
  {
    name: "customers are locked in no order",
    find: "  select change.owner ->> 'customer_id' from unnest(changes) change where change.owner is not null\n  union\n  select change.object_id from unnest(changes) change where change.object = 'customer'\n  order by 1\n",
    replace:
      "  select claimed.id from (\n    select change.owner ->> 'customer_id' from unnest(changes) change where change.owner is not null\n    union\n    select change.object_id from unnest(changes) change where change.object = 'customer'\n  ) claimed (id)\n  order by md5(claimed.id || pg_backend_pid())\n",
    tests: ["test/concurrency.test.ts"],
  },
];

/** A policy that lets everybody in. */
const opened = (table: string, condition: string): SqlMutant => ({
  name: `anybody reads ${table}`,
  find: `on ${table}\n  for select to authenticated using (${condition});`,
  replace: `on ${table}\n  for select to authenticated using (true);`,
  tests: ROWS,
});
const OWN = "= any (array(select billing.own_customer_ids()))";

const policies: SqlMutant[] = [
  opened("public.customers", "user_id = (select auth.uid())"),
  ...[
    "public.user_subscriptions",
    "public.subscription_schedules",
    "public.checkout_sessions",
    "public.payment_methods",
    "billing.invoices",
    "billing.credit_notes",
    "billing.payment_intents",
    "billing.charges",
  ].map((table) => opened(table, `customer_id ${OWN}`)),
  opened("public.entitlements", `id ${OWN}`),
  opened("billing.invoice_payments", "exists (select from billing.invoices where invoices.id = invoice_id)"),
  opened("billing.refunds", "exists (select from billing.charges where charges.id = charge_id)"),
  opened("billing.disputes", "exists (select from billing.charges where charges.id = charge_id)"),
  ...["public.products", "public.prices"].map((table) => ({
    name: `visitors read what is not on sale in ${table}`,
    find: `on ${table}\n  for select to anon, authenticated using (active and not deleted);`,
    replace: `on ${table}\n  for select to anon, authenticated using (true);`,
    tests: ACCESS,
  })),
  ...["product", "price"].map((kind) => ({
    name: `a subscriber cannot read the archived ${kind} that they are on`,
    find: `id in (select item ->> '${kind}_id' from public.user_subscriptions, jsonb_array_elements(items) item)`,
    replace: "false",
    tests: ACCESS,
  })),
  ...["product", "price"].map((kind) => ({
    name: `anybody signed in reads every archived ${kind}`,
    find: `id in (select item ->> '${kind}_id' from public.user_subscriptions, jsonb_array_elements(items) item)`,
    replace: "true",
    tests: ACCESS,
  })),
  {
    name: "everybody's customers are everybody's own",
    find: "select id from public.customers where user_id = (select auth.uid())\n",
    replace: "select id from public.customers\n",
    tests: ACCESS,
  },
  {
    name: "anybody's subscription gives access",
    find: "where customer_id = any (array(select billing.own_customer_ids())) and grants_access",
    replace: "where grants_access",
    tests: ACCESS,
  },
  {
    name: "a subscription that is not paid for gives access",
    find: "where customer_id = any (array(select billing.own_customer_ids())) and grants_access",
    replace: "where customer_id = any (array(select billing.own_customer_ids()))",
    tests: ACCESS,
  },
  {
    name: "anybody's feature is everybody's",
    find: "where id = any (array(select billing.own_customer_ids())) and has_feature.key",
    replace: "where has_feature.key",
    tests: ACCESS,
  },
  {
    name: "any feature is every feature",
    find: " and has_feature.key = any (lookup_keys)",
    replace: "",
    tests: ACCESS,
  },
  {
    name: "unpaid gives access",
    find: "status in ('trialing', 'active', 'past_due') and not deleted",
    replace: "status in ('trialing', 'active', 'past_due', 'unpaid') and not deleted",
    tests: ACCESS,
  },
  {
    name: "past_due gives no access",
    find: "status in ('trialing', 'active', 'past_due') and not deleted",
    replace: "status in ('trialing', 'active') and not deleted",
    tests: ACCESS,
  },
  {
    name: "a deleted subscription gives access",
    find: "status in ('trialing', 'active', 'past_due') and not deleted",
    replace: "status in ('trialing', 'active', 'past_due')",
    tests: ACCESS,
  },
  {
    name: "what was deleted cannot be bought again",
    find: "status in ('trialing', 'active', 'past_due', 'unpaid', 'paused') and not deleted",
    replace: "status in ('trialing', 'active', 'past_due', 'unpaid', 'paused')",
    tests: SALE,
  },
  ...["trialing", "active", "past_due", "unpaid", "paused"].map((status) => ({
    name: `what is ${status} may be bought again`,
    find: "status in ('trialing', 'active', 'past_due', 'unpaid', 'paused')",
    replace: `status <> '${status}' and status in ('trialing', 'active', 'past_due', 'unpaid', 'paused')`,
    tests: SALE,
  })),
  {
    name: "the history of payments is read with its owner's rights",
    find: "create view public.payment_history with (security_invoker = true) as",
    replace: "create view public.payment_history as",
    tests: CATALOG,
  },
  {
    name: "the balances of charges are read with their owner's rights",
    find: "create view billing.charge_balances with (security_invoker = true) as",
    replace: "create view billing.charge_balances as",
    tests: CATALOG,
  },
  {
    name: "visitors may read the history of payments",
    find: "grant select on public.payment_history, billing.charge_balances to authenticated, service_role;",
    replace: "grant select on public.payment_history, billing.charge_balances to anon, authenticated, service_role;",
    tests: CATALOG,
  },
  {
    name: "what is let go counts as refunded",
    find: " - (c.amount - c.amount_captured)",
    replace: "",
    tests: ["test/core/paid-in-parts.test.ts"],
  },
  {
    name: "an open session is a payment",
    find: "and s.invoice_id is null and s.status = 'complete'",
    replace: "and s.invoice_id is null",
    tests: HISTORY,
  },
];

export const SQL_MUTANTS: readonly SqlMutant[] = [...guard, ...ledger, ...claims, ...policies];
