import type { SqlMutant } from "./sql.ts";

const CATALOG = ["test/security/catalog.test.ts"];
const SYNC = ["test/core/sync.test.ts"];
const FAULTS = ["test/core/sync-faults.test.ts"];
const SWEEP = ["test/core/sweep.test.ts"];
const KEYS = ["test/core/customers-of-old.test.ts"];
const OWNERS = ["test/core/owners.test.ts"];
const UNDONE = ["test/core/owners-undone.test.ts"];
const AT_ONCE = ["test/sign-up-at-once.test.ts"];
const FUTURE = ["test/core/rows-from-the-future.test.ts"];
const SILENT = ["test/core/silent-changes.test.ts"];
const UNOWNED = ["test/core/unowned-when-read.test.ts"];
const IMPOSSIBLE = ["test/core/impossible.test.ts"];
const EXPLAIN = ["test/core/explain.test.ts"];

/** Whom the functions of a migration are granted to stands at its end, behind the last of them. */
const open = (whose: string, last: string): SqlMutant => ({
  name: `visitors may call ${whose}`,
  find: `  ${last}\nto service_role;`,
  replace: `  ${last}\nto anon, service_role;`,
  tests: CATALOG,
});

/** Reading an account: one worker, from where the last one stopped, and no kind passes for read before it is. */
const sync: SqlMutant[] = [
  {
    name: "a key of another account reads on",
    find: "perform billing.assert_known_key(key_hash);\n  update billing.sync_runs run",
    replace: "update billing.sync_runs run",
    tests: FAULTS,
  },
  {
    name: "two workers read one account at once",
    find: "    and (run.token is null or run.token = hold_sync_run.token or run.leased_until <= clock_timestamp());\n",
    replace: ";\n",
    tests: FAULTS,
  },
  {
    name: "a worker that died is never followed",
    find: " or run.leased_until <= clock_timestamp());\n",
    replace: ");\n",
    tests: FAULTS,
  },
  {
    name: "the late page of a worker that was taken for dead counts",
    find: "where held.id = advance_sync_range.range_id and held.token = advance_sync_range.token\n",
    replace: "where held.id = advance_sync_range.range_id\n",
    tests: FAULTS,
  },
  {
    name: "the place where a range stopped is forgotten",
    find: "  set after = advance_sync_range.after, reached",
    replace: "  set after = null, reached",
    tests: ["test/core/sync-limits.test.ts", ...FAULTS],
  },
  {
    name: "a kind of which one range is read passes for complete",
    find: "  having bool_and(range.done_at is not null) and",
    replace: "  having bool_or(range.done_at is not null) and",
    tests: SYNC,
  },
  {
    name: "a reading is finished while ranges are open",
    find: "  where finished.id = run.id and not exists (\n    select from billing.sync_ranges range where range.run_id = run.id and range.done_at is null\n  );",
    replace: "  where finished.id = run.id;",
    tests: FAULTS,
  },
  {
    name: "what fails for ever is asked for for ever, and holds up all else",
    find: "    done_at = case when error <> '' and held.attempts >= 11 then now() end\n",
    replace: "    done_at = null\n",
    tests: FAULTS,
  },
  {
    name: "cards are complete though a page of the customers could not be read",
    find: "where customers.run_id = run.id and customers.object = 'customer'\n",
    replace: "where false\n",
    tests: FAULTS,
  },
  {
    name: "a kind that the key may not read passes for complete when its last range is read",
    find: " and bool_and(range.last_error is null)\n",
    replace: "\n",
    tests: FAULTS,
  },
  {
    name: "the cards of the customers that a page showed are not read",
    find: "  if advance_sync_range.customers <> '{}' then\n",
    replace: "  if false then\n",
    tests: SYNC,
  },
  {
    name: "cards are complete before all customers have been read",
    find: "range.object = 'customer' and range.done_at is null\n  ) then\n    with known",
    replace: "range.object = 'customer' and false\n  ) then\n    with known",
    tests: SYNC,
  },
  {
    name: "what is listed by customer is not given up where customers may not be read",
    find: "(range.object = refused.object or refused.object = 'customer' and range.by_customer);",
    replace: "(range.object = refused.object);",
    tests: FAULTS,
  },
  {
    name: "what was refused is asked for again at once",
    find: "      and range.not_before <= now()\n",
    replace: "",
    tests: FAULTS,
  },
  {
    name: "what could not be brought in is not counted",
    find: "failed = held.failed + jsonb_array_length(failures)",
    replace: "failed = held.failed",
    tests: FAULTS,
  },
  {
    name: "what could not be brought in is not named",
    find: "failure ->> 'reason' from jsonb_array_elements(failures) failure\n",
    replace: "failure ->> 'reason' from jsonb_array_elements(failures) failure where false\n",
    tests: FAULTS,
  },
  {
    name: "of what is divided both halves are read by both",
    find: "update billing.sync_ranges held set created_from = middle where held.id = range.id returning held.* into range;",
    replace: "null;",
    tests: SYNC,
  },
  {
    name: "of what is divided one half is read by nobody",
    find: "false, range.created_from, middle);\n",
    replace: "false, middle, middle);\n",
    tests: SYNC,
  },
  {
    name: "where an object is gone the rest of its second is left out",
    find: "created_to = held.reached + interval '1 second'",
    replace: "created_to = held.reached",
    tests: SYNC,
  },
  {
    name: "a mirror of which a kind was never read passes for complete",
    find: "      and not exists (select from billing.completeness known where known.object = mirrored.object)\n",
    replace: "      and false\n",
    tests: FAULTS,
  },
  {
    name: "what a mirror was not asked about keeps it from being complete",
    find: "    where (kinds is null or mirrored.object = any (kinds))\n",
    replace: "    where true\n",
    tests: FAULTS,
  },
];

/** What a sweep compares, what counts as drift, and of which rows Stripe is asked whether they are gone. */
const sweep: SqlMutant[] = [
  {
    name: "to a key of another account the end of a sweep asks for what it lacks",
    find: "  perform billing.assert_known_key(key_hash);\n  select * into place",
    replace: "  select * into place",
    tests: SWEEP,
  },
  {
    name: "what differs passes for equal",
    find: "when stripe is not distinct from mirror then 'equal'",
    replace: "when true then 'equal'",
    tests: SWEEP,
  },
  {
    name: "a row that Stripe does not know passes for equal",
    find: "        when stripe is null then 'extra'\n",
    replace: "        when stripe is null then 'equal'\n",
    tests: SWEEP,
  },
  {
    name: "features that were lost unsaid are taken for a state of which nothing is told",
    find: "        when mirror is null and untold is not null then 'untold'\n",
    replace: "        when untold is not null then 'untold'\n",
    tests: SWEEP,
  },
  {
    name: "a state of which no event tells is drift",
    find: "        when mirror is null and untold is not null then 'untold'\n",
    replace: "",
    tests: SWEEP,
  },
  {
    name: "an edited cent passes for a change of which nothing is told",
    find: " and to_jsonb(columns) <@ (untold -> 'columns') then 'behind'",
    replace: " then 'behind'",
    tests: SILENT,
  },
  {
    name: "what such an object cannot come from passes for where it was",
    find: "when untold -> 'from' ? (mirror ->> 'status') and to_jsonb",
    replace: "when untold is not null and to_jsonb",
    tests: SILENT,
  },
  {
    name: "a change of which nothing is told is drift",
    find: "        when untold -> 'from' ? (mirror ->> 'status') and to_jsonb(columns) <@ (untold -> 'columns') then 'behind'\n",
    replace: "",
    tests: SILENT,
  },
  {
    name: "no answer writes over a row whose moment is yet to come",
    find: "          then excluded.fetched or excluded.deleted and not standing.deleted\n",
    replace: "          then excluded.deleted and not standing.deleted\n",
    tests: FUTURE,
  },
  {
    name: "a moment that is yet to come stays",
    find: "          when standing.as_of > greatest(now(), excluded.as_of) + interval '10 minutes' then excluded.as_of\n",
    replace: "          when false then excluded.as_of\n",
    tests: FUTURE,
  },
  {
    name: "an older answer writes over a newer where the database's clock is behind",
    find: "        when standing.as_of > greatest(now(), excluded.as_of) + interval '10 minutes'\n",
    replace: "        when standing.as_of > now() + interval '10 minutes'\n",
    tests: FUTURE,
  },
  {
    name: "a moment that is yet to come is no difference",
    find: "|| case when at.is_ahead then jsonb_build_object('as_of', named.row_as_of) else",
    replace: "|| case when at.is_ahead then jsonb_build_object('as_of', least(named.as_of, now())) else",
    tests: FUTURE,
  },
  {
    name: "a row that Stripe does not know is not asked for while its moment is yet to come",
    find: "          or standing.as_of > now() + interval '10 minutes'\n",
    replace: "",
    tests: FUTURE,
  },
  {
    name: "what was read passes for compared",
    find: "    known.compared_as_of, coalesce(known.compared, 0)",
    replace: "    known.complete_as_of, coalesce(known.compared, 0)",
    tests: SWEEP,
  },
  {
    name: "an owner who is gone is no drift",
    find: "    and (claim.user_id is null or users.created_at <= customer.as_of)\n",
    replace: "    and false\n",
    tests: SWEEP,
  },
  {
    name: "who was given a purchase is not looked for where no customer is shown",
    find: "where c.object in ('customer', 'checkout_session')) then return '{}'; end if;",
    replace: "where c.object = 'customer') then return '{}'; end if;",
    tests: UNDONE,
  },
  {
    name: "an event that was late explains nothing",
    find: "    where entry.object_id = found.object_id\n      and entry.created_at",
    replace: "    where false\n      and entry.created_at",
    tests: SWEEP,
  },
  {
    name: "any event of an object explains what it cannot know",
    find: "      and entry.created_at between found.row_as_of and found.read_as_of + interval '20 seconds'\n      and (entry.recorded_at >= found.found_at - interval '10 seconds' or entry.outcome in ('failed', 'refused'))\n",
    replace: "",
    tests: SWEEP,
  },
  {
    name: "drift is counted at every look",
    find: "where seen.explained_at is null and seen.counted_at is null and seen.found_at",
    replace: "where seen.explained_at is null and seen.found_at",
    tests: SWEEP,
  },
  {
    name: "drift is counted before an event had the time to explain it",
    find: "seen.found_at <= now() - interval '10 minutes'\n",
    replace: "seen.found_at <= now() + interval '10 minutes'\n",
    tests: SWEEP,
  },
  {
    name: "drift is not told",
    find: "select max(counted.id)::text, 'drift', counted.object from counted group by counted.object\n",
    replace: "select max(counted.id)::text, 'drift', counted.object from counted where false group by counted.object\n",
    tests: SWEEP,
  },
  {
    name: "Stripe is not asked about the rows that no page showed",
    find: "          standing.as_of < (select run.started_at from billing.sync_runs run where run.id = $3)\n",
    replace: "          false\n",
    tests: SWEEP,
  },
  {
    name: "Stripe is asked about every row once more",
    find: "          standing.as_of < (select run.started_at from billing.sync_runs run where run.id = $3)\n",
    replace: "          true\n",
    tests: SWEEP,
  },
  {
    name: "a page that is read again counts twice",
    find: "    note_comparison.range_id, note_comparison.place, note_comparison.objects,",
    replace: "    note_comparison.range_id, gen_random_uuid()::text, note_comparison.objects,",
    tests: SWEEP,
  },
  {
    name: "a row counts for as much whatever it holds",
    find: "convert_to(id || ' ' || shown::text, 'UTF8')",
    replace: "convert_to(id, 'UTF8')",
    tests: ["test/core/audit.test.ts"],
  },
];

/** Whose the customers of an account with a past are, and what becomes of contradictions. */
const owners: SqlMutant[] = [
  {
    name: "under other keys what was read passes for read",
    find: "  delete from billing.completeness known where known.object = 'customer';\n",
    replace: "",
    tests: KEYS,
  },
  {
    name: "a reading that is on its way does not go back to the customers",
    find: "  select distinct begun.run_id, 'customer', begun.position, false from begun;\n",
    replace: "  select distinct begun.run_id, 'customer', begun.position, false from begun where false;\n",
    tests: KEYS,
  },
  {
    name: "any change of the settings takes the customers for unread",
    find: "  (old.user_metadata_keys, old.organization_metadata_keys) is distinct from (new.user_metadata_keys, new.organization_metadata_keys)\n",
    replace: "  true\n",
    tests: KEYS,
  },
  {
    name: "a sale relies on customers that may be unread",
    find: "    not public.mirror_is_complete('{customer}'),\n",
    replace: "    false,\n",
    tests: KEYS,
  },
  {
    name: "Stripe is searched for customers who all are read",
    find: "    not public.mirror_is_complete('{customer}'),\n",
    replace: "    true,\n",
    tests: KEYS,
  },
  {
    name: "an organisation is looked for under the users' keys",
    find: "case when find_unread_customers.organization_id is null then user_metadata_keys else organization_metadata_keys end",
    replace: "user_metadata_keys",
    tests: KEYS,
  },
  {
    name: "what is promised to a payer is not sold beside",
    find: "      where promise.user_id = find_unread_customers.user_id or promise.organization_id = find_unread_customers.organization_id\n",
    replace: "      where false\n",
    tests: OWNERS,
  },
  ...[
    ["names_nobody", "when owners = 0 then 'unmatched names_nobody'"],
    ["named_twice", "when owners > 1 then 'conflicting named_twice'"],
    ["no_customer_id", "when named.customer_id not like 'cus\\_%' then 'unmatched no_customer_id'"],
    ["no_user_id", "when named.organization_id is null and named.user_id is null then 'unmatched no_user_id'"],
    ["payer_left", "when gone.payer is not null then 'unmatched payer_left'"],
    ["no_such_user", "when named.organization_id is null and users.id is null then 'unmatched no_such_user'"],
    ["customer_deleted", "when customer.deleted then 'unmatched customer_deleted'"],
    ["no_such_customer", "when customer.id is null and mirror.is_complete then 'unmatched no_such_customer'"],
  ].map(([name, find = ""]) => ({
    name: `owners are given although: ${name}`,
    find: `      ${find}\n`,
    replace: "",
    tests: OWNERS,
  })),
  {
    name: "the operator's word takes a customer from another owner",
    find: "      else 'conflicting owned_by_another'\n",
    replace: "      else 'matched'\n",
    tests: OWNERS,
  },
  {
    name: "an address stands before the operator's word",
    find: "      when customer.owned_by = 'email' and judge_owners.owned_by <> 'email' then 'matched instead_of_address'\n",
    replace: "",
    tests: OWNERS,
  },
  {
    name: "whoever was deleted softly is given customers",
    find: "left join auth.users users on users.id = named.user_id and users.deleted_at is null\n",
    replace: "left join auth.users users on users.id = named.user_id\n",
    tests: OWNERS,
  },
  {
    name: "a conflict is written all the same",
    find: "    where customer.id = verdict.customer_id and verdict.outcome = 'matched'\n",
    replace: "    where customer.id = verdict.customer_id and verdict.outcome <> 'unmatched'\n",
    tests: OWNERS,
  },
  {
    name: "a customer that is not read yet is not promised",
    find: "    where verdict.reason in ('once_read', 'no_such_user')\n",
    replace: "    where verdict.reason = 'no_such_user'\n",
    tests: OWNERS,
  },
  {
    name: "what is promised to a user who is not there is forgotten",
    find: "    where verdict.reason in ('once_read', 'no_such_user')\n",
    replace: "    where verdict.reason = 'once_read'\n",
    tests: OWNERS,
  },
  {
    name: "what was promised before stands beside what is said now",
    find: "    delete from billing.promised_owners promise where promise.customer_id = any (ids);\n",
    replace: "",
    tests: OWNERS,
  },
  {
    name: "an address that is found makes a promise void",
    find: "  if give_owners.owned_by = 'operator' then\n",
    replace: "  if true then\n",
    tests: OWNERS,
  },
  {
    name: "a promise waits for a second run when its customer arrives",
    find: "  if exists (select from billing.promised_owners where customer_id = any (customer_ids)) then\n",
    replace: "  if false then\n",
    tests: OWNERS,
  },
  {
    name: "a promised customer and the user to whom it is promised miss each other when both come at once",
    find: "    perform billing.lock_promises();\n    perform billing.keep_promises(customer_ids);\n",
    replace: "    perform billing.keep_promises(customer_ids);\n",
    tests: AT_ONCE,
  },
  {
    name: "whoever signs up does not wait for whoever keeps a promise to them",
    find: "  perform pg_advisory_xact_lock_shared(hashtextextended('billing.promised_owners', 0));\n",
    replace: "",
    tests: AT_ONCE,
  },
  {
    name: "the operator's word and the user whom it names miss each other when both come at once",
    find: "  perform billing.lock_promises();\n  return query",
    replace: "  return query",
    tests: AT_ONCE,
  },
  {
    name: "an owner of a customer who was undone by hand stays so",
    find: "  where customer.id = any (customer_ids) and given.subject = customer.id\n",
    replace: "  where false\n",
    tests: UNDONE,
  },
  {
    name: "an owner of a purchase who was undone by hand stays so",
    find: "  where session.id in (select change.object_id from unnest(changes) change) and given.subject = session.id\n",
    replace: "  where false\n",
    tests: UNDONE,
  },
  {
    name: "an owner who was undone by hand is no drift",
    find: "    where given.subject in (select c.object_id from unnest(changes) c",
    replace: "    where false and given.subject in (select c.object_id from unnest(changes) c",
    tests: UNDONE,
  },
  {
    name: "a user who was deleted is given back what they had",
    find: "  delete from billing.given_owners given where given.user_id = leave_as.user_id;\n",
    replace: "",
    tests: UNDONE,
  },
  {
    name: "that an owner has left is drift",
    find: "      and customer.owned_by is null --",
    replace: "      --",
    tests: UNDONE,
  },
  {
    name: "a user who was deleted is named again",
    find: "  delete from billing.named_users named where named.user_id = leave_as.user_id;\n",
    replace: "",
    tests: UNDONE,
  },
  {
    name: "a database's clock that is two minutes behind lets older answers through",
    find: "        when standing.as_of > greatest(now(), excluded.as_of) + interval '10 minutes'\n",
    replace: "        when standing.as_of > greatest(now(), excluded.as_of) + interval '1 minute'\n",
    tests: FUTURE,
  },
  {
    name: "how an owner came to be may be edited",
    find: "case when given.subject like 'cus\\_%' then given.owned_by end",
    replace: "owned.owned_by",
    tests: UNDONE,
  },
  {
    name: "whom a purchase named may be another by now",
    find: "      and customer.named_user_id is distinct from named.user_id\n",
    replace: "      and false\n",
    tests: UNDONE,
  },
  {
    name: "whom the operator gave a customer is not remembered",
    find: "    where customer.id = verdict.customer_id and verdict.outcome = 'matched'\n    returning customer.id,",
    replace: "    where customer.id = verdict.customer_id and verdict.outcome = 'matched'\n    returning null::text,",
    tests: UNDONE,
  },
  {
    name: "a promise waits for a second run when its user signs up",
    find: "create trigger keep_promises after insert on auth.users for each row execute function billing.keep_promises_to_user();",
    replace: "",
    tests: OWNERS,
  },
  {
    name: "a promise that could not be kept goes unnoticed",
    find: "  where verdict.outcome = 'conflicting' or verdict.reason = 'payer_left'\n  on conflict do nothing;\n",
    replace: "  where verdict.reason = 'payer_left'\n  on conflict do nothing;\n",
    tests: OWNERS,
  },
  {
    name: "a user who was deleted is still promised something",
    find: "    where promise.user_id = case leave.kind when 'user' then leave.id::uuid end\n",
    replace: "    where false\n",
    tests: OWNERS,
  },
  {
    name: "while an account is read each purchase of nobody is a notice",
    find: "    where later.kind = 'unowned_when_read' and later.sent_at is null and later.attempts = 0\n",
    replace: "    where false\n",
    tests: UNOWNED,
  },
  {
    name: "a purchase of nobody is left to a notice that was tried already",
    find: "later.sent_at is null and later.attempts = 0\n",
    replace: "later.sent_at is null\n",
    tests: UNOWNED,
  },
  {
    name: "a purchase of nobody is left to a notice that may come before it",
    find: "      and later.next_attempt_at > now() + interval '5 minutes'\n  )\n",
    replace: "  )\n",
    tests: UNOWNED,
  },
  {
    name: "what a reading found to be nobody's is told a day later",
    find: "    update billing.outbox notice set next_attempt_at = now() + interval '5 minutes'\n",
    replace: "    update billing.outbox notice set next_attempt_at = notice.next_attempt_at\n",
    tests: UNOWNED,
  },
  {
    name: "a second reading keeps what comes to be nobody's to itself",
    find: "    where not public.mirror_is_complete('{customer,subscription,checkout_session}');\n",
    replace: "    where true;\n",
    tests: UNOWNED,
  },
  {
    name: "what has an owner is listed by its address",
    find: "  where customer.user_id is null and customer.organization_id is null and not customer.deleted\n    and customer.id > list_owners_by_email.after\n",
    replace: "  where not customer.deleted\n    and customer.id > list_owners_by_email.after\n",
    tests: OWNERS,
  },
  {
    name: "an address that is not confirmed is an owner's",
    find: "lower(customer.email) and users.email_confirmed_at is not null and users.deleted_at is null\n",
    replace: "lower(customer.email) and users.deleted_at is null\n",
    tests: OWNERS,
  },
  {
    name: "a product's table is read with more than the service role's rights",
    find: "returns table (customer_id text, users text[], organizations text[])\nlanguage plpgsql stable set search_path = '' as $$\ndeclare\n  found_table",
    replace:
      "returns table (customer_id text, users text[], organizations text[])\nlanguage plpgsql stable security definer set search_path = '' as $$\ndeclare\n  found_table",
    tests: OWNERS,
  },
];

/** What an operator is told. */
const operator: SqlMutant[] = [
  {
    name: "a row of the mirror that Stripe does not show is not shown",
    find: "        where (%s) and not exists (select",
    replace: "        where false and (%s) and not exists (select",
    tests: EXPLAIN,
  },
  {
    name: "a claim that was not followed is not shown",
    find: "  select said.subject, said.owned_by, said.user_id, said.organization_id, false, null, null, false from said\n  where not exists",
    replace:
      "  select said.subject, said.owned_by, said.user_id, said.organization_id, false, null, null, false from said\n  where false and not exists",
    tests: EXPLAIN,
  },
  {
    name: "a claim that was followed is shown as refused",
    find: "    select from decided where decided.subject = said.subject\n      and",
    replace: "    select from decided where false and decided.subject = said.subject\n      and",
    tests: EXPLAIN,
  },
  {
    name: "an address must be written as the user's to be found",
    find: "lower(users.email) = lower(find_payer.reference)",
    replace: "users.email = find_payer.reference",
    tests: EXPLAIN,
  },
  {
    name: "a page of the ledger begins with the entry with which the last one ended",
    find: "(e.recorded_at, e.id) > (after_moment, after_id)",
    replace: "(e.recorded_at, e.id) >= (after_moment, after_id)",
    tests: ["test/core/replay.test.ts"],
  },
  {
    name: "the ledger is listed of every type",
    find: "    and (types is null or e.type = any (types))\n  order by e.recorded_at",
    replace: "  order by e.recorded_at",
    tests: ["test/core/replay.test.ts"],
  },
];

/** What cannot be, and what is no reason to ring. */
const impossible: SqlMutant[] = [
  {
    name: "a row that went back is not told of",
    find: "        when entry.created_at > standing.as_of then 'moment went back'\n",
    replace: "",
    tests: IMPOSSIBLE,
  },
  {
    name: "an event that came after a deletion passes for a row that went back",
    find: "        when standing.deleted then null\n",
    replace: "",
    tests: IMPOSSIBLE,
  },
  {
    name: "an answer that brings a row back rings",
    find: "\n          and not (standing.fetched and standing.as_of > entry.created_at) then 'came back'",
    replace: " then 'came back'",
    tests: IMPOSSIBLE,
  },
  {
    name: "what cannot be is told of again and again",
    find: "judged where judged.rule is not null\n    on conflict do nothing",
    replace:
      "judged where judged.rule is not null\n    on conflict on constraint impossible_rule_event_id_object_id_key do update set found_at = now()",
    tests: IMPOSSIBLE,
  },
];

/** In a project that opens every new table to the API's roles. */
const openedByDefault = (whose: string, tables: string): SqlMutant => ({
  name: `default grants stay on the tables of ${whose}`,
  find: `revoke all on ${tables}`,
  replace: "revoke all on billing.mirrored",
  tests: CATALOG,
});

const tables: SqlMutant[] = [
  openedByDefault("a reading", "billing.sync_runs, billing.sync_ranges, billing.sync_failures, billing.completeness"),
  openedByDefault("a sweep", "billing.drift, billing.compared_pages, billing.sweeps"),
  openedByDefault("owners of old", "billing.promised_owners"),
];

const callers: SqlMutant[] = [
  open("what a reading asks", "public.get_completeness()"),
  open("what a sweep asks", "public.finish_sweep(bigint)"),
  open("what owners are given by", "public.list_owners_by_email(text, integer)"),
  open("what explains", "public.find_owner(text)"),
  open("what an operator's tools ask", "public.inspect_schema()"),
];

/** An account with a past, its owners, and what operators ask. */
export const READING_MUTANTS: readonly SqlMutant[] = [
  ...sync,
  ...sweep,
  ...owners,
  ...operator,
  ...impossible,
  ...tables,
  ...callers,
];
