import { READING_MUTANTS } from "./sql-readings.ts";

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
const LEAVING = ["test/core/leaving.test.ts"];
const AT_ONCE = ["test/outbox-at-once.test.ts"];
const ORGANIZATIONS = ["test/security/organizations.test.ts"];
const ACCESS = ["test/core/access.test.ts"];
const ACCOUNT = ["test/core/account.test.ts"];
const SALE = ["test/core/subscriber.test.ts"];
const RECONCILIATION = ["test/core/reconciliation.test.ts"];
const LISTINGS = ["test/core/listings.test.ts"];
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
    find: "when excluded.deleted then not standing.deleted or excluded.as_of > standing.as_of",
    replace: "when excluded.deleted then excluded.as_of > standing.as_of",
    tests: GUARD,
  },
  {
    name: "a row stays as of its first deletion",
    find: "when excluded.deleted then not standing.deleted or excluded.as_of > standing.as_of",
    replace: "when excluded.deleted then not standing.deleted",
    tests: GUARD,
  },
  {
    name: "an event brings back what was deleted",
    find: "when standing.deleted then excluded.fetched and excluded.as_of > standing.as_of",
    replace: "when standing.deleted then excluded.as_of > standing.as_of",
    tests: GUARD,
  },
  {
    name: "nothing brings back what was deleted, not even Stripe's own answer",
    find: "when standing.deleted then excluded.fetched and excluded.as_of > standing.as_of",
    replace: "when standing.deleted then false",
    tests: GUARD,
  },
  {
    name: "an older event overwrites a newer state",
    find: "else (excluded.as_of, excluded.rank) > (standing.as_of, standing.rank)",
    replace: "else true",
    tests: GUARD,
  },
  {
    name: "of two events of one second the second to come wins",
    find: "else (excluded.as_of, excluded.rank) > (standing.as_of, standing.rank)",
    replace: "else (excluded.as_of, excluded.rank) >= (standing.as_of, standing.rank)",
    tests: GUARD,
  },
  {
    name: "an object's own life does not settle a second",
    find: "else (excluded.as_of, excluded.rank) > (standing.as_of, standing.rank)",
    replace: "else excluded.as_of > standing.as_of",
    tests: GUARD,
  },
  {
    name: "every change is said to be applied",
    find: "if written = cardinality(applied) then return applied;",
    replace: "if true then return applied;",
    tests: GUARD,
  },
  {
    name: "what did not land is said to be applied, beside two changes of one object",
    find: "all_written := written = (",
    replace: "all_written := written < 0 or 0 < (",
    tests: GUARD,
  },
  {
    name: "two different states of one second are taken for settled",
    find: 'when jsonb_populate_record(standing."row", {nulls} || change."row") is not distinct from standing."row"\n            and',
    replace: "when",
    tests: GUARD,
  },
  {
    name: "a state of the same second that lacks something is taken for settled",
    find: '{nulls} || change."row"',
    replace: 'change."row"',
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
    find: 'when change.deleted and (standing."row").deleted\n',
    replace: "when false\n",
    tests: GUARD,
  },
  {
    name: "of two states of one second of what is over the first to come stays",
    find: "then case when change.as_of = (standing.\"row\").as_of then 'ambiguous' else 'applied' end",
    replace: "then 'applied'",
    tests: ["test/core/settling.test.ts"],
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
    find: "select billing.mirror('customer', 'public.customers', '{user_id,organization_id,owned_by,named_user_id}');",
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
    find: "if fresh_count < cardinality(incoming) then",
    replace: "if false then",
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
    find: "if not exists (select from billing.stripe_account account where assert_known_key.key_hash = any (account.key_hashes)) then",
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
    find: "exception when others or assert_failure then",
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
    find: "greatest(current.reconciled_until, advance_reconcile_cursor.listed_until)",
    replace: "advance_reconcile_cursor.listed_until",
    tests: RECONCILIATION,
  },
  {
    name: "a listing that is not through counts as gone through",
    find: "when advance_reconcile_cursor.place is not null then current.reconciled_until\n",
    replace: "when false then null\n",
    tests: LISTINGS,
  },
  {
    name: "a run that was overtaken moves the place back",
    find: "    and current.place is not distinct from seen_place;",
    replace: ";",
    tests: LISTINGS,
  },
  {
    name: "a run goes on with a listing that began anew",
    find: "    and current.reconciled_until is not distinct from seen_until\n",
    replace: "",
    tests: LISTINGS,
  },
  ...[
    "public.apply_stripe_changes(jsonb, text, boolean)",
    "public.introduce_stripe_key(text, text, boolean)",
    "public.get_stripe_account()",
  ].map((signature) => ({
    name: `anybody may call ${signature}`,
    find: "revoke all on all functions in schema billing from public, anon, authenticated;",
    replace: `revoke all on all functions in schema billing from public, anon, authenticated;\ngrant execute on function ${signature} to anon;`,
    tests: CATALOG,
  })),
  {
    name: "what was complete before events were lost for good stays complete",
    find: "seen_until < now() - interval '29 days' then",
    replace: "false then",
    tests: ["test/outages.test.ts"],
  },
  {
    name: "what was read in an outage of forty days is read again",
    find: "    delete from billing.completeness known where known.complete_as_of < now() - interval '29 days';",
    replace: "    delete from billing.completeness known;",
    tests: ["test/outages.test.ts"],
  },
  {
    name: "visitors may call what reconciliation asks",
    find: "  public.advance_reconcile_cursor(text, timestamptz, timestamptz, text, timestamptz, timestamptz, text)\nto service_role;",
    replace:
      "  public.advance_reconcile_cursor(text, timestamptz, timestamptz, text, timestamptz, timestamptz, text)\nto anon, service_role;",
    tests: CATALOG,
  },
  {
    name: "Supabase's API may read Turnpike's own tables",
    find: "revoke all on billing.mirrored, billing.stripe_account, billing.stripe_events, billing.outbox\nfrom",
    replace: "grant select on billing.stripe_events to authenticated;\nrevoke all on billing.mirrored\nfrom",
    tests: CATALOG,
  },
];

const claims: SqlMutant[] = [
  {
    name: "a claim that comes before its customer is lost",
    find: "  select change.owner ->> 'customer_id' from unnest(changes) change where change.owner ->> 'customer_id' is not null\n  union\n",
    replace: "",
    tests: ["test/core/ownership.test.ts", "test/mirror.test.ts"],
  },
  {
    name: "of two claims in a batch the later one wins",
    find: "      order by c.subject, c.owned_by = 'metadata' desc, c.as_of, c.organization_id, c.user_id\n    ) claim\n    where customer.id",
    replace:
      "      order by c.subject, c.owned_by = 'metadata' desc, c.as_of desc, c.organization_id, c.user_id\n    ) claim\n    where customer.id",
    tests: OWNERSHIP,
  },
  {
    name: "the last owner takes a customer from the first",
    find: "(customer.user_id is null and customer.organization_id is null)\n        or",
    replace: "true or",
    tests: OWNERSHIP,
  },
  {
    name: "an address stands before metadata that come later",
    find: "      or (customer.owned_by = 'email' and claim.owned_by = 'metadata')\n",
    replace: "",
    tests: OWNERSHIP,
  },
  {
    name: "a refused claim is not told",
    find: "  where claim.owned_by = 'metadata'\n    and (change.object = 'customer' or",
    replace: "  where false\n    and (change.object = 'customer' or",
    tests: OWNERSHIP,
  },
  {
    name: "what agrees is told as refused",
    find: "    and (customer.user_id, customer.organization_id) is distinct from (claim.user_id, claim.organization_id)\n",
    replace: "",
    tests: OWNERSHIP,
  },
  {
    name: "what was paid for another payer before is told again",
    find: "    and not exists (select from public.checkout_sessions known where known.id = claim.object_id and known.status = 'complete')\n",
    replace: "",
    tests: ["test/core/leaving.test.ts"],
  },
  {
    name: "the pages of whoever had a customer stay open",
    find: "and coalesce(new.organization_id, new.user_id::text) is not null\n",
    replace: "and false\n",
    tests: ["test/core/leaving.test.ts"],
  },
  {
    name: "names of other systems count for nothing",
    find: "cross join lateral unnest(user_metadata_keys) key (name)",
    replace: "cross join lateral unnest('{user_id}'::text[]) key (name)",
    tests: OWNERSHIP,
  },
  {
    name: "whoever buys for an organisation owns it",
    find: "    -- Whoever buys for an organisation is named beside it.\n    where not exists (",
    replace: "    where true or not exists (",
    tests: OWNERSHIP,
  },
  {
    name: "what is no id fails its event",
    find: "on users.id = billing.to_uuid(said.owner -> 'metadata' ->> key.name)",
    replace: "on users.id = (said.owner -> 'metadata' ->> key.name)::uuid",
    tests: OWNERSHIP,
  },
  {
    name: "a reference gives a customer away",
    find: "  set named_user_id = named.user_id\n",
    replace: "  set named_user_id = named.user_id, user_id = coalesce(customer.user_id, named.user_id)\n",
    tests: OWNERSHIP,
  },
  {
    name: "a reference gives nothing",
    find: "  select c.id from public.customers c where c.named_user_id = usable_customer_ids.user_id\n",
    replace: "  select c.id from public.customers c where false\n",
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
    find: "on lower(users.email) = lower(c.owner ->> 'email')",
    replace: "on users.email = c.owner ->> 'email'",
    tests: OWNERSHIP,
  },
  {
    name: "a purchase without a customer is nobody's",
    find: "  if 'checkout_session' = any (objects) then perform billing.claim_purchases(fresh); end if;\n",
    replace: "",
    tests: OWNERSHIP,
  },
  {
    name: "a purchase and the confirming of its address miss each other",
    find: "  select pg_advisory_xact_lock(hashtextextended(lower(address), 0))\n",
    replace: "  select null::void\n",
    tests: ["test/concurrency.test.ts"],
  },
  {
    name: "confirming an address takes a customer from its owner",
    find: "    where customer.user_id is null and customer.organization_id is null and not customer.deleted\n      and (",
    replace: "    where (",
    tests: OWNERSHIP,
  },
  {
    name: "confirming an address takes what nobody has bought yet",
    find: "          where session.status = 'complete' and",
    replace: "          where",
    tests: OWNERSHIP,
  },
  {
    name: "confirming an address takes what was bought with another",
    find: "and lower(session.customer_email) = lower(new.email)\n        )",
    replace: "\n        )",
    tests: OWNERSHIP,
  },
  {
    name: "confirming an address finds no customer that bears it",
    find: "        lower(customer.email) = lower(new.email)\n",
    replace: "        false\n",
    tests: OWNERSHIP,
  },
  {
    name: "confirming an address finds no purchase without a customer",
    find: "      and session.customer_id is null and session.user_id is null and session.organization_id is null\n    returning",
    replace: "      and false\n    returning",
    tests: OWNERSHIP,
  },
  {
    name: "what is owned is listed as nobody's",
    find: "where s.is_live and c.user_id is null",
    replace: "where s.is_live",
    tests: OWNERSHIP,
  },
  {
    name: "what is nobody's is not listed",
    find: "where s.is_live and c.user_id is null",
    replace: "where false and c.user_id is null",
    tests: OWNERSHIP,
  },
  {
    name: "a purchase is assigned to nobody",
    find: "  if num_nonnulls(assign_purchase.user_id, assign_purchase.organization_id) <> 1 then",
    replace: "  if false then",
    tests: OWNERSHIP,
  },
  {
    name: "a purchase that has a customer cannot be assigned by its session",
    find: "  select customer_id from public.checkout_sessions s where find_customer.object_id in (s.id, s.customer_id) and customer_id is not null\n  union\n",
    replace: "",
    tests: OWNERSHIP,
  },
  {
    name: "a purchase cannot be assigned before its customer has arrived",
    find: "  insert into public.customers (id) select found_customer where found_customer is not null on conflict do nothing;\n",
    replace: "",
    tests: OWNERSHIP,
  },
  {
    name: "a customer that has not arrived cannot be assigned by its id",
    find: "  select customer_id from public.user_subscriptions s where find_customer.object_id in (s.id, s.customer_id)\n",
    replace: "  select customer_id from public.user_subscriptions s where find_customer.object_id = s.id\n",
    tests: OWNERSHIP,
  },
  {
    name: "a member buys for the organisation",
    find: "    where o.organization_id = manages_billing.organization_id and o.manages_billing\n",
    replace: "    where o.organization_id = manages_billing.organization_id\n",
    tests: ORGANIZATIONS,
  },
  {
    name: "a member sees the organisation's money",
    find: "from billing.organizations_of((select auth.uid())) o where o.manages_billing\n  ));\nend\n$$;\n-- What the user",
    replace: "from billing.organizations_of((select auth.uid())) o\n  ));\nend\n$$;\n-- What the user",
    tests: ORGANIZATIONS,
  },
  {
    name: "a member sees the organisation's purchases without a customer",
    find: "from billing.organizations_of((select auth.uid())) o where o.manages_billing\n    ))",
    replace: "from billing.organizations_of((select auth.uid())) o\n    ))",
    tests: ORGANIZATIONS,
  },
  {
    name: "strangers hear whether an organisation pays",
    find: "  select current_setting('role') not in ('anon', 'authenticated') or exists (",
    replace: "  select true or exists (",
    tests: ORGANIZATIONS,
  },
  {
    name: "the service role hears nothing of organisations",
    find: "  select current_setting('role') not in ('anon', 'authenticated') or exists (",
    replace: "  select exists (",
    tests: ORGANIZATIONS,
  },
  {
    name: "another organisation's feature is every organisation's",
    find: "  select c.id from public.customers c where c.organization_id = organization_customer_ids.organization_id\n",
    replace: "  select c.id from public.customers c where c.organization_id is not null\n",
    tests: ORGANIZATIONS,
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
    name: "what a deleted user still pays for is not ended",
    find: "  where subscription.customer_id = any (customer_ids) and subscription.is_live\n",
    replace: "  where subscription.customer_id = any (customer_ids) and subscription.grants_access\n",
    tests: OWNERSHIP,
  },
  {
    name: "what others pay for is ended when a user is deleted",
    find: "  where subscription.customer_id = any (customer_ids) and subscription.is_live\n",
    replace: "  where subscription.is_live\n",
    tests: OWNERSHIP,
  },
  {
    name: "a user who is deleted leaves nothing to be done",
    find: "  perform billing.leave('user', leave_as.user_id::text);\n",
    replace: "",
    tests: ["test/core/leaving.test.ts"],
  },
  {
    name: "a subscription that met another transaction once is not looked at when it meets one again",
    find: "values (gen_random_uuid()::text, 'double_suspected', watch_subscription.subscription_id, now() + interval '30 seconds');",
    replace:
      "values (watch_subscription.subscription_id, 'double_suspected', watch_subscription.subscription_id, now()) on conflict do nothing;",
    tests: ["test/outbox-at-once.test.ts"],
  },
  {
    name: "whoever is deleted is forgotten",
    find: "  insert into billing.left_payers (payer) values (payer) on conflict do nothing;\n",
    replace: "",
    tests: LEAVING,
  },
  {
    name: "what names who has left runs on when it comes later",
    find: "  where c.owner is not null and coalesce(",
    replace: "  where false and coalesce(",
    tests: LEAVING,
  },
  {
    name: "what a link was paid for runs on when its user left before",
    find: " union all select 'user:' || billing.to_uuid(c.owner ->> 'reference')\n",
    replace: "\n",
    tests: LEAVING,
  },
  {
    name: "what names who has left ends whosever it is",
    find: "  where c.owner is not null and coalesce(customer.organization_id, customer.user_id::text, customer.named_user_id::text) is null\n",
    replace: "  where c.owner is not null\n",
    tests: LEAVING,
  },
  {
    name: "what was bought for an organisation ends with whoever bought it",
    find: "  where not exists (select from unnest(organization_metadata_keys) other (name) where payers_in.metadata",
    replace:
      "  where true or not exists (select from unnest(organization_metadata_keys) other (name) where payers_in.metadata",
    tests: LEAVING,
  },
  {
    name: "an organisation that has left claims what it had",
    find: "      and not exists (\n        select from billing.left_payers gone where gone.payer = 'organization:' || (said",
    replace:
      "      and not exists (\n        select from billing.left_payers gone where false and gone.payer = 'organization:' || (said",
    tests: LEAVING,
  },
  {
    name: "an organisation that has left owns what it had",
    find: "      and not exists (select from billing.left_payers gone where gone.payer = billing.payer_of(customer))\n",
    replace: "",
    tests: LEAVING,
  },
  {
    name: "what comes to an organisation's customer when it has left runs on",
    find: "    where gone.payer = coalesce('organization:' || payer_organization, 'user:' || payer_user)\n",
    replace: "    where false\n",
    tests: LEAVING,
  },
  {
    name: "an organisation that leaves does not wait for who gives it a customer",
    find: "  perform pg_advisory_xact_lock(hashtextextended(payer, 0));\n",
    replace: "",
    tests: AT_ONCE,
  },
  {
    name: "whoever gives an organisation a customer does not wait for it to leave",
    find: "    perform pg_advisory_xact_lock_shared(hashtextextended('organization:' || new.organization_id, 0));\n",
    replace: "    null;\n",
    tests: AT_ONCE,
  },
  {
    name: "a customer that comes to who has left goes unnoticed",
    find: "from billing.left_payers gone where gone.payer = billing.payer_of(new)\n",
    replace: "from billing.left_payers gone where false\n",
    tests: AT_ONCE,
  },
  {
    name: "what was promised to who leaves runs on",
    find: " || array(select promised.customer_id from promised) into customer_ids;",
    replace: " into customer_ids;",
    tests: LEAVING,
  },
  {
    name: "what is promised to who has left runs on when it comes",
    find: "  where verdict.outcome = 'conflicting' or verdict.reason = 'payer_left'\n",
    replace: "  where verdict.outcome = 'conflicting'\n",
    tests: LEAVING,
  },
  {
    name: "a purchase is assigned to who has left",
    find: "    raise exception 'This payer has left' using errcode = '22023';\n",
    replace: "    null;\n",
    tests: LEAVING,
  },
  {
    name: "what whoever left had is told of as nobody's",
    find: "      where notice.source_id = purchase.customer_id and notice.kind = 'subscription_orphaned'",
    replace: "      where false and notice.kind = 'subscription_orphaned'",
    tests: LEAVING,
  },
  {
    name: "a page that ran out claims a customer for whoever had it",
    find: "    and (change.object = 'customer' or change.\"row\" ->> 'status' = 'complete')\n",
    replace: "",
    tests: LEAVING,
  },
  {
    name: "addresses are locked in no order",
    find: "    select distinct lower(change.owner ->> 'email') from unnest(changes) change where change.owner ->> 'email' is not null order by 1\n",
    replace:
      "    select lower(change.owner ->> 'email') from unnest(changes) change where change.owner ->> 'email' is not null order by md5(change.object_id || pg_backend_pid())\n",
    tests: ["test/concurrency.test.ts"],
  },
  {
    name: "notices are settled in no order",
    find: "    order by notice.id\n    for update of notice\n",
    replace: "    order by random()\n    for update of notice\n",
    tests: ["test/concurrency.test.ts"],
  },
  {
    name: "what whoever leaves had is locked in no order",
    find: "  perform billing.lock_customers(array(\n    select customer.id from public.customers customer where leave_as.user_id in (customer.user_id, customer.named_user_id)\n",
    replace:
      "  perform from unnest(array(\n    select customer.id from public.customers customer where leave_as.user_id in (customer.user_id, customer.named_user_id)\n",
    tests: ["test/concurrency.test.ts"],
  },
  {
    name: "customers are locked in no order",
    find: "  select change.owner ->> 'customer_id' from unnest(changes) change where change.owner ->> 'customer_id' is not null\n  union\n  select change.object_id from unnest(changes) change where change.object = 'customer'\n  order by 1\n",
    replace:
      "  select claimed.id from (\n    select change.owner ->> 'customer_id' from unnest(changes) change where change.owner is not null\n    union\n    select change.object_id from unnest(changes) change where change.object = 'customer'\n  ) claimed (id)\n  order by md5(claimed.id || pg_backend_pid())\n",
    tests: ["test/concurrency.test.ts"],
  },
];

const sales: SqlMutant[] = [
  {
    name: "two sales to a payer at once",
    find: "    where standing.expires_at <= clock_timestamp() or standing.token",
    replace: "    where true or standing.token",
    tests: ["test/core/checkout-races.test.ts"],
  },
  {
    name: "a sale that died stands in the way for ever",
    find: "    where standing.expires_at <= clock_timestamp() or standing.token",
    replace: "    where standing.token",
    tests: ["test/core/checkout-races.test.ts"],
  },
  {
    name: "a sale that ran out ends another's",
    find: "  where standing.payer = end_sale.payer and standing.token = end_sale.token\n",
    replace: "  where standing.payer = end_sale.payer\n",
    tests: ["test/core/checkout-races.test.ts"],
  },
  {
    name: "a quantity that was changed elsewhere stays",
    find: "then perform billing.watch_seats(subscription_ids, subscriptions); end if;",
    replace: "then null; end if;",
    tests: ["test/core/seats.test.ts"],
  },
  {
    name: "seats are not compared when it is known later whose they are",
    find: "  if exists (select from billing.seats) then\n    perform",
    replace: "  if false then\n    perform",
    tests: ["test/core/seats.test.ts"],
  },
  {
    name: "seats are not compared before their product has arrived",
    find: "where (product.id is null or",
    replace: "where (false or",
    tests: ["test/core/seats.test.ts"],
  },
  {
    name: "a quantity that follows keeps a problem",
    find: "    and (settle_seats.problem is null or known.followed < settle_seats.version);",
    replace: ";",
    tests: ["test/core/seats.test.ts"],
  },
  {
    name: "a quantity that cannot follow is tried at each event of its subscription",
    find: "is distinct from (was.items, was.status, was.ends_at, was.paused)",
    replace: "is distinct from (null, null, null, null)",
    tests: ["test/core/seats.test.ts"],
  },
  {
    name: "a second subscription is not noticed when it starts",
    find: "for each row when (new.is_live) execute function billing.watch_live_subscription();",
    replace: "for each row when (false) execute function billing.watch_live_subscription();",
    tests: ["test/core/doubles.test.ts"],
  },
  {
    name: "a second subscription is not noticed when it comes to life",
    find: "    not old.is_live\n    or new.items",
    replace: "    false\n    or new.items",
    tests: ["test/core/doubles.test.ts"],
  },
  {
    name: "a change of plan that makes a double is not noticed",
    find: "or new.items is distinct from old.items\n      and",
    replace: "or false\n      and",
    tests: ["test/core/doubles.test.ts", "test/core/doubles-in-doubt.test.ts"],
  },
  {
    name: "a second subscription by another customer of the payer is not noticed",
    find: "where (other.user_id = payer_user or other.named_user_id = payer_user or other.organization_id = payer_organization)",
    replace: "where false",
    tests: ["test/core/doubles.test.ts"],
  },
  {
    name: "subscriptions that may stand beside each other are doubles",
    find: "      billing.groups_of(rival.items) && billing.groups_of(subscription.items)\n",
    replace: "      true\n",
    tests: ["test/core/doubles.test.ts"],
  },
  {
    name: "a double of a product that has not arrived is not noticed",
    find: "      or array_position(billing.groups_of(rival.items) || billing.groups_of(subscription.items), null) is not null\n",
    replace: "",
    tests: ["test/core/doubles.test.ts"],
  },
  {
    name: "a subscription that is over is a double",
    find: "    and rival.is_live\n",
    replace: "",
    tests: ["test/core/doubles.test.ts"],
  },
  {
    name: "a notice that failed never comes again",
    find: "  set sent_at = case when settled.error = '' then now() end,",
    replace: "  set sent_at = now(),",
    tests: ["test/core/relay.test.ts"],
  },
  {
    name: "a notice that is handled comes again",
    find: "  set sent_at = case when settled.error = '' then now() end,",
    replace: "  set sent_at = null,",
    tests: ["test/core/relay.test.ts"],
  },
  {
    name: "a notice is tried for ever",
    find: "and notice.next_attempt_at <= now() and notice.attempts < 30\n",
    replace: "and notice.next_attempt_at <= now()\n",
    tests: ["test/core/relay.test.ts"],
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
const USABLE = "= any (array(select billing.usable_customer_ids()))";

const policies: SqlMutant[] = [
  opened("public.customers", `id ${OWN}`),
  ...["public.payment_methods", "billing.invoices", "billing.credit_notes"].map((table) =>
    opened(table, `customer_id ${OWN}`),
  ),
  ...["public.user_subscriptions", "public.subscription_schedules"].map((table) =>
    opened(table, `customer_id ${USABLE}`),
  ),
  ...[
    ["public.checkout_sessions", "id = any (array(select checkout_session_id"],
    ["billing.payment_intents", "id = any (array(select payment_intent_id"],
    ["billing.charges", "payment_intent_id = any (array(select payment_intent_id"],
  ].map(([table = "", purchases]) =>
    opened(table, `\n    customer_id ${OWN}\n    or ${purchases} from billing.own_purchases()))\n  `),
  ),
  opened("public.entitlements", `id ${USABLE}`),
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
    tests: ROWS,
  },
  {
    name: "everybody's customers are everybody's to use",
    find: "  select c.id from public.customers c where c.user_id = usable_customer_ids.user_id\n",
    replace: "  select c.id from public.customers c\n",
    tests: ACCESS,
  },
  {
    name: "anybody's subscription gives access",
    find: "where s.customer_id = any (customer_ids) and s.grants_access",
    replace: "where s.grants_access",
    tests: ACCESS,
  },
  {
    name: "past_due gives access for ever",
    find: "s.status <> 'past_due' or past_due_grace_days is null",
    replace: "true",
    tests: ACCESS,
  },
  {
    name: "the grace begins anew with each renewal",
    find: "  select coalesce(\n    (\n      select min(unpaid.created_at)",
    replace: "  select coalesce(\n    (\n      select max(unpaid.created_at)",
    tests: ACCESS,
  },
  {
    name: "the grace began with whatever was never paid",
    find: "        and unpaid.created_at > all (",
    replace: "        and unpaid.created_at > any (",
    tests: ACCESS,
  },
  {
    name: "a subscription that is not paid for gives access",
    find: "where s.customer_id = any (customer_ids) and s.grants_access",
    replace: "where s.customer_id = any (customer_ids)",
    tests: ACCESS,
  },
  {
    name: "anybody's feature is everybody's",
    find: "where e.id = any (customer_ids) and gives_feature.key",
    replace: "where gives_feature.key",
    tests: ACCESS,
  },
  {
    name: "any feature is every feature",
    find: " and gives_feature.key = any (e.lookup_keys)",
    replace: "",
    tests: ACCESS,
  },
  {
    name: "unpaid gives access",
    find: "status = any ('{trialing,active,past_due}') and not deleted",
    replace: "status = any ('{trialing,active,past_due,unpaid}') and not deleted",
    tests: ACCESS,
  },
  {
    name: "past_due gives no access",
    find: "status = any ('{trialing,active,past_due}') and not deleted",
    replace: "status = any ('{trialing,active}') and not deleted",
    tests: ACCESS,
  },
  {
    name: "a deleted subscription gives access",
    find: "status = any ('{trialing,active,past_due}') and not deleted",
    replace: "status = any ('{trialing,active,past_due}')",
    tests: ACCESS,
  },
  {
    name: "a subscription that was deleted is live",
    find: "status = any ('{trialing,active,past_due,unpaid,paused}') and not deleted",
    replace: "status = any ('{trialing,active,past_due,unpaid,paused}')",
    tests: OWNERSHIP,
  },
  {
    name: "a subscription that nobody has paid for yet is live",
    find: "status = any ('{trialing,active,past_due,unpaid,paused}')",
    replace: "status = any ('{incomplete,trialing,active,past_due,unpaid,paused}')",
    tests: OWNERSHIP,
  },
  ...["trialing", "active", "past_due", "unpaid", "paused"].map((status) => ({
    name: `a subscription that is ${status} is not live`,
    find: "status = any ('{trialing,active,past_due,unpaid,paused}')",
    replace: `status <> '${status}' and status = any ('{trialing,active,past_due,unpaid,paused}')`,
    tests: OWNERSHIP,
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
    find: "grant select on public.payment_history, public.upcoming_changes, billing.charge_balances to authenticated, service_role;",
    replace:
      "grant select on public.payment_history, public.upcoming_changes, billing.charge_balances to anon, authenticated, service_role;",
    tests: CATALOG,
  },
  {
    name: "what is let go counts as refunded",
    find: " - (c.amount - c.amount_captured)",
    replace: "",
    tests: ["test/core/paid-in-parts.test.ts"],
  },
  {
    name: "a user who was deleted softly is still there",
    find: "where users.id = user_exists.user_id and users.deleted_at is null",
    replace: "where users.id = user_exists.user_id",
    tests: ["test/functions/identity.test.ts"],
  },
  {
    name: "everybody is still there",
    find: "where users.id = user_exists.user_id and",
    replace: "where",
    tests: ["test/functions/identity.test.ts"],
  },
  {
    name: "an open session is a payment",
    find: "and s.invoice_id is null and s.status = 'complete'",
    replace: "and s.invoice_id is null",
    tests: HISTORY,
  },
];

export const SQL_MUTANTS: readonly SqlMutant[] = [
  ...guard,
  ...ledger,
  ...claims,
  ...sales,
  ...policies,
  ...READING_MUTANTS,
];
