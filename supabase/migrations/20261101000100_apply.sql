-- From events to rows: the guard, the ledger, and the one function that writes both in one transaction.

create table billing.stripe_events (
  id text primary key,
  type text not null,
  object_id text,
  created_at timestamptz not null,
  api_version text,
  outcome text not null check (outcome in ('applied', 'stale', 'failed')),
  reason text,
  recorded_at timestamptz not null default now()
);
comment on table billing.stripe_events is
  'The ledger: an entry means that the event is done, unless its outcome is failed. It is written with the rows, never before them.';

-- A change is a row that an event, or a fetch, shows:
--   event_id, type, created_at, api_version   the event; absent when the row was fetched and no event asked for it
--   object     which applier takes it         object_id  Stripe's id
--   row        the projected columns          rank, deleted, fetched, as_of   for the guard
--   owner      {customer_id, user_id}, or {customer_id, email} of a guest: whose the customer is, where the object says so
--   notify     what must reach a person       see billing.outbox
--   error      instead of a row: why the event cannot be applied
create type billing.change as (
  event_id text,
  type text,
  created_at timestamptz,
  api_version text,
  object text,
  object_id text,
  "row" jsonb,
  rank smallint,
  deleted boolean,
  fetched boolean,
  as_of timestamptz,
  owner jsonb,
  notify text,
  error text
);

-- What must reach a person, written with the rows, once per event and kind. Whoever sends it sets sent_at.
create table billing.outbox (
  id bigint generated always as identity primary key,
  source_id text not null,
  kind text not null,
  object_id text not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  unique (source_id, kind, object_id)
);
comment on column billing.outbox.source_id is 'The event that led to it; for what happened here, the user.';
create index outbox_unsent on billing.outbox (id) where sent_at is null;

create type billing.verdict as (event_id text, outcome text);

-- The guard, once. It builds billing.apply_<object>(changes), which writes the best change of each object over a row that it
-- supersedes, and says of every change what became of it. Built per table, so that Postgres plans each statement once.
-- A migration that adds a column to a mirrored table builds its applier again. own_columns are those that Stripe does not decide.
create function billing.build_applier(object text, target regclass, own_columns name[] default '{}') returns void
language plpgsql set search_path = '' as $build$
declare
  columns text;
  projected text;
  excluded text;
begin
  select
    string_agg(format('%I', attname), ', ' order by attnum),
    string_agg(format('projected.%I', attname), ', ' order by attnum),
    string_agg(format('excluded.%I', attname), ', ' order by attnum)
  into columns, projected, excluded
  from pg_catalog.pg_attribute
  where attrelid = target and attnum > 0 and not attisdropped and attgenerated = ''
    and attname <> all (own_columns || '{id,as_of,rank,deleted,fetched}');

  execute format($template$
    create or replace function billing.apply_%1$s(changes billing.change[]) returns billing.verdict[]
    language plpgsql set search_path = '' as $body$
    declare
      own billing.change[] := array(select c from unnest(changes) c where c.object = %1$L);
      written integer;
    begin
      insert into %2$s as standing (id, %3$s, as_of, rank, deleted, fetched)
      select change.object_id, %4$s, change.as_of, change.rank, change.deleted, change.fetched
      from (
        select distinct on (c.object_id) c.*
        from unnest(own) c
        order by c.object_id, c.deleted desc, c.as_of desc, c.rank desc, c.event_id
      ) change
      cross join lateral jsonb_populate_record(null::%2$s, change."row") projected
      order by change.object_id
      on conflict (id) do update
      set (%3$s, as_of, rank, deleted, fetched) =
        (%5$s, greatest(standing.as_of, excluded.as_of), excluded.rank, excluded.deleted, excluded.fetched)
      -- A deletion is terminal: only a fetch that is newer brings the row back.
      where (excluded.deleted and not standing.deleted)
        or ((excluded.fetched or not standing.deleted)
          and (excluded.as_of, excluded.rank) > (standing.as_of, standing.rank));

      get diagnostics written = row_count;
      -- Each object had one change, and that one stands now.
      if written = cardinality(own) then
        return array(select row(change.event_id, 'applied')::billing.verdict from unnest(own) change);
      end if;

      return array(
        select row(change.event_id, case
          when change.fetched then 'applied'
          when change.deleted then case when (standing."row").deleted then 'applied' else 'stale' end
          when (standing."row").deleted
            or (change.as_of, change.rank) < ((standing."row").as_of, (standing."row").rank) then 'stale'
          -- Same second, same rank. Two events that show the same row are settled, whichever came first.
          when jsonb_populate_record(standing."row", change."row") is not distinct from standing."row" then 'applied'
          else 'ambiguous'
        end)::billing.verdict
        from unnest(own) change
        -- By the key, one by one: a plan made while the table was small would read all of it.
        cross join lateral (select s as "row" from %2$s s where s.id = change.object_id limit 1) standing
      );
    end
    $body$
  $template$, object, target, columns, projected, excluded);
end
$build$;

do $$ begin perform
  billing.build_applier('product', 'public.products'),
  billing.build_applier('price', 'public.prices'),
  billing.build_applier('customer', 'public.customers', '{user_id,attached_by_email}'),
  billing.build_applier('subscription', 'public.user_subscriptions'),
  billing.build_applier('checkout_session', 'public.checkout_sessions'),
  billing.build_applier('invoice', 'billing.invoices'),
  billing.build_applier('invoice_payment', 'billing.invoice_payments'),
  billing.build_applier('payment_intent', 'billing.payment_intents'),
  billing.build_applier('charge', 'billing.charges'),
  billing.build_applier('refund', 'billing.refunds'),
  billing.build_applier('dispute', 'billing.disputes'),
  billing.build_applier('entitlements', 'public.entitlements'),
  billing.build_applier('payment_method', 'public.payment_methods');
end $$;

-- Says whose a customer is, once: the first owner stays. The customer's row is made if the customer has not arrived yet, so the
-- order does not matter. A user who is gone, or who has another customer, owns nothing new.
create function billing.claim_customers(changes billing.change[]) returns void
language plpgsql set search_path = '' as $$
begin
  insert into public.customers (id)
  select distinct change.owner ->> 'customer_id' from unnest(changes) change where change.owner is not null order by 1
  on conflict (id) do nothing;

  -- All of them in one order, so that two batches cannot wait for each other.
  perform from public.customers
  where id in (
    select change.owner ->> 'customer_id' from unnest(changes) change where change.owner is not null
    union select change.object_id from unnest(changes) change where change.object = 'customer'
  )
  order by id
  for update;

  update public.customers customer
  set user_id = owner.user_id
  from (
    select distinct on (claim.user_id) claim.user_id, claim.customer_id
    from (
      select distinct on (change.owner ->> 'customer_id') users.id as user_id, change.owner ->> 'customer_id' as customer_id
      from unnest(changes) change
      join auth.users users on users.id = (change.owner ->> 'user_id')::uuid
      where change.owner ? 'user_id'
      order by change.owner ->> 'customer_id', change.as_of, users.id
    ) claim
    order by claim.user_id, claim.customer_id
  ) owner
  where customer.id = owner.customer_id
    and customer.user_id is null
    and not exists (
      select from public.customers other
      where other.user_id = owner.user_id and not other.deleted and not other.attached_by_email
    );

  -- A guest's: only an address that its user has confirmed counts.
  update public.customers customer
  set user_id = users.id, attached_by_email = true
  from unnest(changes) change
  join auth.users users on lower(users.email) = lower(change.owner ->> 'email') and users.email_confirmed_at is not null
  where customer.id = change.owner ->> 'customer_id' and customer.user_id is null;
end
$$;

-- The same, when the user confirms the address after the purchase.
create function billing.attach_guest_purchases() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.customers customer
  set user_id = new.id, attached_by_email = true
  from public.checkout_sessions session
  where session.user_id is null
    and session.status = 'complete'
    and lower(session.customer_email) = lower(new.email)
    and customer.id = session.customer_id
    and customer.user_id is null;
  return null;
end
$$;
create trigger attach_guest_purchases after insert or update of email, email_confirmed_at on auth.users
for each row when (new.email_confirmed_at is not null) execute function billing.attach_guest_purchases();

-- Whoever is deleted here may still pay at Stripe: that must not go unnoticed.
create function billing.report_orphaned_subscriptions() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into billing.outbox (source_id, kind, object_id)
  select old.id, 'subscription_orphaned', subscription.id
  from public.customers customer
  join public.user_subscriptions subscription on subscription.customer_id = customer.id
  where customer.user_id = old.id
    and subscription.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused')
    and not subscription.deleted
  on conflict do nothing;
  return old;
end
$$;
create trigger report_orphaned_subscriptions before delete on auth.users
for each row execute function billing.report_orphaned_subscriptions();

-- Applies a batch: the ledger's entries and the rows' writes in one transaction. At most one change per event.
-- Answers, per event: applied, stale, duplicate (in the ledger already), failed (it carried an error; the ledger keeps the
-- reason), or ambiguous (another event of the same second stands: fetch the object from Stripe and send it again).
create function public.apply_stripe_changes(changes jsonb) returns table (event_id text, outcome text)
-- The plans are kept for as long as a connection lives, also when the tables were empty as they were made: no reading of whole
-- tables, then.
language plpgsql security definer set search_path = '' set enable_seqscan = off as $$
declare
  incoming billing.change[] := array(select c from jsonb_populate_recordset(null::billing.change, changes) c);
  duplicates text[];
  fresh billing.change[];
  kinds text[];
  owned boolean;
  rowless boolean;
  notified boolean;
  verdicts billing.verdict[] := '{}';
begin
  duplicates := array(
    select entry.id
    from unnest(incoming) c
    cross join lateral (
      select e.id from billing.stripe_events e where e.id = c.event_id and e.outcome <> 'failed' limit 1
    ) entry
  );
  fresh := array(select c from unnest(incoming) c where c.error is null and (c.event_id is null or c.event_id <> all (duplicates)));

  -- An applier that is called for nothing costs as much as one row.
  select
    coalesce(array_agg(distinct c.object), '{}'),
    coalesce(bool_or(c.owner is not null or c.object = 'customer'), false),
    coalesce(bool_or(c.object is null), false),
    coalesce(bool_or(c.notify is not null), false)
  into kinds, owned, rowless, notified
  from unnest(fresh) c;

  -- Always in this order, so that two batches cannot wait for each other.
  if owned then perform billing.claim_customers(fresh); end if;
  if 'customer' = any (kinds) then verdicts := verdicts || billing.apply_customer(fresh); end if;
  if 'product' = any (kinds) then verdicts := verdicts || billing.apply_product(fresh); end if;
  if 'price' = any (kinds) then verdicts := verdicts || billing.apply_price(fresh); end if;
  if 'subscription' = any (kinds) then verdicts := verdicts || billing.apply_subscription(fresh); end if;
  if 'checkout_session' = any (kinds) then verdicts := verdicts || billing.apply_checkout_session(fresh); end if;
  if 'invoice' = any (kinds) then verdicts := verdicts || billing.apply_invoice(fresh); end if;
  if 'invoice_payment' = any (kinds) then verdicts := verdicts || billing.apply_invoice_payment(fresh); end if;
  if 'payment_intent' = any (kinds) then verdicts := verdicts || billing.apply_payment_intent(fresh); end if;
  if 'charge' = any (kinds) then verdicts := verdicts || billing.apply_charge(fresh); end if;
  if 'refund' = any (kinds) then verdicts := verdicts || billing.apply_refund(fresh); end if;
  if 'dispute' = any (kinds) then verdicts := verdicts || billing.apply_dispute(fresh); end if;
  if 'entitlements' = any (kinds) then verdicts := verdicts || billing.apply_entitlements(fresh); end if;
  if 'payment_method' = any (kinds) then verdicts := verdicts || billing.apply_payment_method(fresh); end if;
  if rowless then
    -- Something to tell, and no row of its own.
    verdicts := verdicts || array(
      select row(c.event_id, 'applied')::billing.verdict from unnest(fresh) c where c.object is null
    );
  end if;
  if cardinality(fresh) < cardinality(incoming) then
    verdicts := verdicts || array(
      select row(c.event_id, 'failed')::billing.verdict from unnest(incoming) c
      where c.error is not null and c.event_id <> all (duplicates)
    );
  end if;

  insert into billing.stripe_events as entry (id, type, object_id, created_at, api_version, outcome, reason)
  select c.event_id, c.type, c.object_id, c.created_at, c.api_version, verdict.outcome, c.error
  from unnest(verdicts) verdict
  join unnest(incoming) c on c.event_id = verdict.event_id
  where verdict.outcome <> 'ambiguous'
  order by c.event_id
  on conflict (id) do update
  set outcome = excluded.outcome, reason = excluded.reason, recorded_at = excluded.recorded_at
  where entry.outcome = 'failed';

  if notified then
    -- Of stale events too: a dispute must be told even when a later event about it came first.
    insert into billing.outbox (source_id, kind, object_id)
    select c.event_id, c.notify, c.object_id
    from unnest(verdicts) verdict
    join unnest(fresh) c on c.event_id = verdict.event_id
    where c.notify is not null and verdict.outcome <> 'ambiguous'
    on conflict do nothing;
  end if;

  return query
  select verdict.event_id, verdict.outcome from unnest(verdicts) verdict where verdict.event_id is not null
  union all
  select unnest(duplicates), 'duplicate';
end
$$;

-- Reconciliation: which of these events does the ledger lack, and up to when is everything known to be here?
create table billing.reconcile_cursor (
  only_row boolean primary key default true check (only_row),
  reconciled_until timestamptz not null
);

create function public.find_missing_stripe_events(event_ids text[]) returns setof text
language sql stable security definer set search_path = '' as $$
  select listed.id from unnest(event_ids) listed (id)
  where not exists (select from billing.stripe_events entry where entry.id = listed.id)
$$;

create function public.get_reconcile_cursor() returns timestamptz
language sql stable security definer set search_path = '' as $$
  select reconciled_until from billing.reconcile_cursor
$$;

create function public.advance_reconcile_cursor(reconciled_until timestamptz) returns void
language sql security definer set search_path = '' as $$
  insert into billing.reconcile_cursor as current (reconciled_until) values (advance_reconcile_cursor.reconciled_until)
  on conflict (only_row) do update
  set reconciled_until = greatest(current.reconciled_until, excluded.reconciled_until)
$$;

revoke all on billing.stripe_events, billing.outbox, billing.reconcile_cursor from public, anon, authenticated, service_role;

-- Supabase lets its API roles execute new functions in public, each by name: revoking from public alone changes nothing.
revoke all on function
  public.apply_stripe_changes(jsonb),
  public.find_missing_stripe_events(text[]),
  public.get_reconcile_cursor(),
  public.advance_reconcile_cursor(timestamptz)
from public, anon, authenticated;
revoke all on all functions in schema billing from public, anon, authenticated;
grant execute on function
  public.apply_stripe_changes(jsonb),
  public.find_missing_stripe_events(text[]),
  public.get_reconcile_cursor(),
  public.advance_reconcile_cursor(timestamptz)
to service_role;
grant execute on function billing.own_customer_ids() to authenticated;
