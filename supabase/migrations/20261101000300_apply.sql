-- From events to rows: the ledger, and the one function that writes it and the rows in one transaction.

create table billing.stripe_events (
  id text primary key,
  type text not null,
  object_id text,
  created_at timestamptz not null,
  api_version text,
  outcome text not null check (outcome = any ('{applied,stale,failed,refused}')),
  reason text,
  recorded_at timestamptz not null default now()
);
comment on table billing.stripe_events is
  'The ledger, written with the rows, never before them: an event that is applied or stale is done. One that failed, or was refused because it is of another account or mode, may come again.';

create index stripe_events_not_done on billing.stripe_events (outcome, recorded_at) where outcome in ('failed', 'refused');

-- Which account of Stripe, in which mode, the mirror shows. The first key that is introduced decides; only its kin may write.
create table billing.stripe_account (
  only_row boolean primary key default true check (only_row),
  id text not null,
  livemode boolean not null,
  key_hashes text[] not null
);
comment on column billing.stripe_account.key_hashes is
  'SHA-256 of each secret key that Stripe has said to be of this account: so a change is checked without asking Stripe.';

-- Notes that a key is of an account, where that is the one that is mirrored, or none is yet. Answers whether it is.
create function public.introduce_stripe_key(key_hash text, account_id text, livemode boolean) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  insert into billing.stripe_account as known (id, livemode, key_hashes)
  values (introduce_stripe_key.account_id, introduce_stripe_key.livemode, array[introduce_stripe_key.key_hash])
  on conflict (only_row) do update
  set key_hashes = array_append(known.key_hashes, introduce_stripe_key.key_hash)
  where known.id = excluded.id and known.livemode = excluded.livemode
    and introduce_stripe_key.key_hash <> all (known.key_hashes);
  return exists (
    select from billing.stripe_account known where introduce_stripe_key.key_hash = any (known.key_hashes)
  );
end
$$;

-- Raises TP001 unless Stripe has said of the key that it is of the account that is mirrored. Who would write what Stripe answered to a
-- key, or that it answered nothing, is asked for the key first.
create function billing.assert_known_key(key_hash text) returns void
language plpgsql stable set search_path = '' as $$
begin
  if not exists (select from billing.stripe_account account where assert_known_key.key_hash = any (account.key_hashes)) then
    raise exception 'This Stripe key is not known to be of the account that is mirrored' using errcode = 'TP001';
  end if;
end
$$;

-- Writes changes: ledger, rows, owners and notices. At most one change per event.
create function billing.apply_changes(incoming billing.change[]) returns billing.outcome[]
language plpgsql set search_path = '' as $$
declare
  duplicates text[];
  fresh billing.change[] := incoming;
  fresh_count integer;
  objects text[];
  owned boolean;
  notified boolean;
  seated boolean;
  outcomes billing.outcome[];
  subscription_ids text[];
  subscriptions public.user_subscriptions[];
begin
  -- In one statement, as each that is begun costs as much as some rows; and what is called for nothing as much as one.
  select
    coalesce(array_agg(entry.id) filter (where entry.id is not null), '{}'),
    count(*) filter (where known.is_fresh),
    coalesce(array_agg(distinct c.object) filter (where known.is_fresh), '{}'),
    coalesce(bool_or(c.owner is not null) filter (where known.is_fresh), false),
    coalesce(bool_or(c.notify is not null) filter (where known.is_fresh), false),
    exists (select from billing.seats)
  into duplicates, fresh_count, objects, owned, notified, seated
  from unnest(incoming) c
  left join lateral (
    select e.id from billing.stripe_events e where e.id = c.event_id and e.outcome not in ('failed', 'refused') limit 1
  ) entry on true
  cross join lateral (select c.outcome is null and entry.id is null as is_fresh) known;
  if fresh_count < cardinality(incoming) then
    fresh := array(
      select c from unnest(incoming) c where c.outcome is null and (c.event_id is null or c.event_id <> all (duplicates))
    );
  end if;
  -- Always in this order, so that two batches cannot wait for each other.
  if owned or 'customer' = any (objects) then perform billing.claim_customers(fresh); end if;
  -- Asked once for all: a trigger at each subscription would be a fifteenth of what Postgres computes for a batch of ten.
  if seated and 'subscription' = any (objects) then
    subscription_ids := array(select c.object_id from unnest(fresh) c where c.object = 'subscription');
    subscriptions := array(select s from public.user_subscriptions s where s.id = any (subscription_ids));
  end if;
  outcomes := billing.apply_rows(objects, fresh);
  if subscription_ids is not null then perform billing.watch_seats(subscription_ids, subscriptions); end if;
  if 'checkout_session' = any (objects) then perform billing.claim_purchases(fresh); end if;
  if cardinality(outcomes) < cardinality(fresh) then
    outcomes := outcomes || array(
      select row(c.event_id, 'failed', format('No table is registered for the object %s', c.object))::billing.outcome
      from unnest(fresh) c
      where not exists (select from billing.mirrored m where m.object = c.object)
    );
  end if;
  if cardinality(fresh) + cardinality(duplicates) < cardinality(incoming) then
    outcomes := outcomes || array(
      select row(c.event_id, c.outcome, c.reason)::billing.outcome from unnest(incoming) c
      where c.outcome is not null and (c.event_id is null or c.event_id <> all (duplicates))
    );
  end if;

  insert into billing.stripe_events as entry (id, type, object_id, created_at, api_version, outcome, reason)
  select c.event_id, c.type, c.object_id, coalesce(c.created_at, c.as_of), c.api_version, became.outcome, became.reason
  from unnest(outcomes) became
  join unnest(incoming) c on c.event_id = became.event_id
  where became.outcome <> 'ambiguous'
  order by c.event_id
  on conflict (id) do update
  set outcome = excluded.outcome, reason = excluded.reason, recorded_at = excluded.recorded_at
  where entry.outcome in ('failed', 'refused');

  if notified then
    -- Of stale events too: a dispute must be told even when a later event about it came first.
    insert into billing.outbox (source_id, kind, object_id)
    select c.event_id, c.notify, c.object_id
    from unnest(outcomes) became
    join unnest(fresh) c on c.event_id = became.event_id
    where c.notify is not null and became.outcome in ('applied', 'stale')
    on conflict do nothing;
  end if;

  if cardinality(duplicates) > 0 then
    outcomes := outcomes || array(select row(id, 'duplicate', null)::billing.outcome from unnest(duplicates) id);
  end if;
  return outcomes;
end
$$;

-- Which of a row's values its table cannot hold.
create function billing.find_unfit_field(target text, "row" jsonb) returns text
language plpgsql stable set search_path = '' as $$
declare
  field text;
begin
  for field in select jsonb_object_keys("row") loop
    begin
      execute format('select jsonb_populate_record(null::%s, $1)', target) using jsonb_build_object(field, "row" -> field);
    exception when data_exception then
      return field;
    end;
  end loop;
  return null;
end
$$;

-- Why a change was refused, without any of the values that it carries: `invoice.amount_paid: 22P02`.
create function billing.explain_refusal(change billing.change, code text, named text) returns text
language sql stable set search_path = '' as $$
  select concat(
    change.object, '.',
    coalesce(nullif(named, ''), (select billing.find_unfit_field(m.target, change."row") from billing.mirrored m where m.object = change.object), '?'),
    ': Postgres refused it (', code, ')'
  )
$$;

-- Applies a batch in one transaction and answers, per event: applied; stale (newer state stands); duplicate (in the ledger
-- already); failed or refused (the ledger keeps the reason); or ambiguous (another event of the same second stands: fetch the
-- object from Stripe and send it again). A row without an event says 'noticed' when something waits in the outbox.
-- To parse what is sent is most of the work, so little is: of a row what is not null, rank, deleted and fetched where they are not 0 or
-- false, and created_at where as_of is another moment.
-- When Postgres refuses one of the changes, nothing is applied. Sent again one_at_a_time, each is applied by itself and what is
-- refused fails alone. That way takes locks in no order: a deadlock is possible, and ends in another delivery.
create function public.apply_stripe_changes(changes jsonb, key_hash text, one_at_a_time boolean)
returns table (event_id text, outcome text, reason text)
-- The plans are made once and kept for as long as a connection lives. So they must not read whole tables, though the tables were
-- empty as they were made; and nothing may be planned anew at each call, which is a third of the time of a batch of one.
language plpgsql security definer
set search_path = '' set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  incoming billing.change[] := array(
    select c from jsonb_populate_recordset(
      jsonb_populate_record(null::billing.change, '{"rank": 0, "deleted": false, "fetched": false}'), changes
    ) c
  );
  outcomes billing.outcome[] := '{}';
  change billing.change;
  code text;
  named_column text;
  named_constraint text;
begin
  -- Looked up here, since a call takes as long as ten times that.
  if not exists (select from billing.stripe_account account where apply_stripe_changes.key_hash = any (account.key_hashes)) then
    perform billing.assert_known_key(key_hash);
  end if;

  if one_at_a_time then
    -- What a product checks at the end of a transaction is of one change as well.
    set constraints all immediate;
    foreach change in array incoming loop
      begin
        outcomes := outcomes || billing.apply_changes(array[change]);
      exception when others or assert_failure then
        get stacked diagnostics
          code = returned_sqlstate, named_column = column_name, named_constraint = constraint_name;
        -- No row's fault: the server's, or that of another transaction at the same moment. All of it comes again.
        if code ~ '^(08|25|40|53|55|57|58|XX)' then raise; end if;
        change.reason := billing.explain_refusal(change, code, coalesce(nullif(named_column, ''), named_constraint));
        change.outcome := 'failed';
        outcomes := outcomes || billing.apply_changes(array[change]);
      end;
    end loop;
  else
    outcomes := billing.apply_changes(incoming);
  end if;

  return query
  select became.event_id, became.outcome, became.reason from unnest(outcomes) became
  where became.event_id is not null or became.outcome = 'failed'
  union all
  select null, 'noticed', null
  where exists (select from billing.outbox notice where notice.sent_at is null and notice.next_attempt_at <= now());
end
$$;

create function public.get_stripe_account() returns table (id text, livemode boolean, refused_events bigint)
language sql stable security definer set search_path = '' as $$
  select known.id, known.livemode, (
    select count(*) from billing.stripe_events entry
    where entry.outcome = 'refused' and entry.recorded_at > now() - interval '1 hour'
  )
  from billing.stripe_account known
$$;

revoke all on billing.mirrored, billing.stripe_account, billing.stripe_events, billing.outbox
from public, anon, authenticated, service_role;

-- Supabase lets its API roles execute new functions in public, each by name: revoking from public alone changes nothing.
revoke all on function
  public.apply_stripe_changes(jsonb, text, boolean),
  public.introduce_stripe_key(text, text, boolean),
  public.get_stripe_account(),
  public.assign_purchase(text, uuid, text),
  public.claim_purchase(text, uuid),
  public.find_customers(uuid, text),
  public.manages_billing(uuid, text)
from public, anon, authenticated;
revoke all on all functions in schema billing from public, anon, authenticated;
grant execute on function
  public.apply_stripe_changes(jsonb, text, boolean),
  public.introduce_stripe_key(text, text, boolean),
  public.get_stripe_account(),
  public.assign_purchase(text, uuid, text),
  public.claim_purchase(text, uuid),
  public.find_customers(uuid, text),
  public.manages_billing(uuid, text)
to service_role;
grant execute on function billing.own_customer_ids(), billing.usable_customer_ids(), billing.own_purchases() to authenticated;
