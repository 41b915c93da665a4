-- Whether the mirror shows what Stripe shows: compared row by row, summed up to one digest for each side, and what differed without a
-- reason remembered as drift.

-- What is called for every page is in plpgsql, also where one statement is all there is: a session plans it once, not at each call.

-- Addresses that Stripe writes anew at each answer: of these only that there is one is compared.
create function billing.show_columns("row" jsonb, names text[]) returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
  return (
    select jsonb_object_agg(name, case
      when name = any ('{hosted_invoice_url,invoice_pdf,receipt_url,pdf}') and "row" ->> name is not null then to_jsonb('an address'::text)
      else "row" -> name
    end)
    from unnest(names) name
  );
end
$$;

-- Digests of rows add up to a digest of pages, and those to one of a table, in whatever order they are read.
create function billing.digest_row(id text, shown jsonb) returns numeric
language plpgsql immutable set search_path = '' as $$
begin
  return ('x' || left(encode(sha256(convert_to(id || ' ' || shown::text, 'UTF8')), 'hex'), 15))::bit(60)::bigint::numeric;
end
$$;

create function billing.digest_sum(total numeric) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return lpad(to_hex((coalesce(total, 0) % (2::numeric ^ 60))::bigint), 15, '0');
end
$$;

create function billing.read_digest(digest text) returns numeric
language plpgsql immutable set search_path = '' as $$
begin
  return ('x' || digest)::bit(60)::bigint::numeric;
end
$$;

-- What is not whose it should be: of each customer, and each purchase that has none, whom it should belong to and to whom it does; of a
-- customer also who has the use of it. Of what metadata name only a payer counts who was there when the row was last written.
create function billing.find_lost_owners(changes billing.change[]) returns jsonb
language plpgsql stable set search_path = '' as $$
begin
  if not exists (select from unnest(changes) c where c.object in ('customer', 'checkout_session')) then return '{}'; end if;
  return (
    select coalesce(jsonb_object_agg(lost.subject, jsonb_build_array(lost.should_be, lost.is)), '{}')
    from (
      select customer.id as subject, 'whom its metadata name' as should_be, 'nobody' as is
      from unnest(billing.find_claims(array(select c from unnest(changes) c where c.object = 'customer' and c.owner is not null))) claim
      join public.customers customer on customer.id = claim.subject
      left join auth.users users on users.id = claim.user_id
      where claim.owned_by = 'metadata' and customer.user_id is null and customer.organization_id is null
        and customer.owned_by is null -- else its owner has left: whom metadata name comes after them
        and (claim.user_id is null or users.created_at <= customer.as_of)
      union all
      select given.subject, 'whom it was given to', case
        when owned.by is null then 'nobody'
        when (owned.user_id, owned.organization_id) is distinct from (given.user_id, given.organization_id) then 'another'
        else 'the same, in another way'
      end
      from billing.given_owners given
      join (
        select id, user_id, organization_id, coalesce(user_id::text, organization_id) as by, owned_by from public.customers
        union all
        select id, user_id, organization_id, coalesce(user_id::text, organization_id), null from public.checkout_sessions
      ) owned on owned.id = given.subject
      where given.subject in (select c.object_id from unnest(changes) c where c.object in ('customer', 'checkout_session'))
        and (owned.user_id, owned.organization_id, owned.owned_by) is distinct from (
          given.user_id, given.organization_id, case when given.subject like 'cus\_%' then given.owned_by end
        )
      union all
      select named.customer_id, 'whom its purchase names', case when customer.named_user_id is null then 'nobody' else 'another' end
      from billing.named_users named
      join public.customers customer on customer.id = named.customer_id
      where named.customer_id in (select c.object_id from unnest(changes) c where c.object = 'customer')
        and customer.named_user_id is distinct from named.user_id
    ) lost
  );
end
$$;

-- An object as Stripe shows it beside how the mirror does. Its kinds:
--   equal    both show the same               differs  in these columns
--   missing  the mirror has no such row       extra    Stripe has no such object
--   newer    the mirror shows a later moment: nothing can be said
--   untold   the mirror lacks it, and Stripe sends no event of this state
--   behind   it differs in these columns, which such an object may change without an event
--   unasked  only the mirror has it, and Stripe was not asked for it
create type billing.pair as (
  object text, object_id text, kind text, columns text[], row_as_of timestamptz, read_as_of timestamptz, stripe jsonb, mirror jsonb
);

-- Puts what Stripe showed beside the mirror, of the columns that Stripe decides, and says how the two compare. A change without a row is
-- one that Stripe does not know; where Stripe tells nothing of its state it has the field `untold`: {from, columns}, the mirror may lack it,
-- or show it in one of these statuses and otherwise in these columns. Of these owners (a customer, a subscription, an invoice, a
-- payment, a charge) what only the mirror has comes along.
create function billing.put_beside(changes jsonb, owners text[]) returns setof billing.pair
language plpgsql stable set search_path = '' set timezone = 'UTC' as $$
declare
  incoming billing.change[] := array(select c from jsonb_populate_recordset(null::billing.change, changes) c);
  lost jsonb := billing.find_lost_owners(incoming);
  known record;
  belongs text;
  of_kind jsonb;
  alone jsonb;
  shown jsonb[];
  standing jsonb[];
  empty_row jsonb;
begin
  for known in
    select m.object, m.target from billing.mirrored m
    where m.object in (select c.object from unnest(incoming) c) or cardinality(owners) > 0 order by m.position
  loop
    select coalesce(jsonb_agg(element), '[]') into of_kind
    from jsonb_array_elements(changes) element where element ->> 'object' = known.object;

    -- What names the table is planned at each run, and so it is kept short: the rows of both sides, in one order.
    if cardinality(owners) > 0 then
      select string_agg(format('kept.%I = any ($1)', a.attname), ' or ') into belongs
      from pg_catalog.pg_attribute a
      where a.attrelid = known.target::regclass and not a.attisdropped
        and a.attname in ('id', 'customer_id', 'subscription_id', 'invoice_id', 'payment_intent_id', 'charge_id');
      execute format($alone$
        select jsonb_agg(jsonb_build_object('object_id', kept.id, 'deleted', kept.deleted, 'unasked', true)) from %s kept
        where (%s) and not exists (select from jsonb_array_elements($2) element where element ->> 'object_id' = kept.id)
      $alone$, known.target, belongs) into alone using owners, of_kind;
      of_kind := of_kind || coalesce(alone, '[]');
    end if;
    execute format($rows$
      select
        array_agg(to_jsonb(jsonb_populate_record(null::%1$s, c."row" || jsonb_build_object('deleted', c.deleted))) order by n),
        array_agg(to_jsonb(kept) order by n),
        to_jsonb(jsonb_populate_record(null::%1$s, '{}')) - '{id,as_of,rank,deleted,fetched}'::text[]
      from jsonb_array_elements($1) with ordinality element (value, n)
      cross join lateral jsonb_populate_record(null::billing.change, value) c
      left join %1$s kept on kept.id = c.object_id
    $rows$, known.target) into shown, standing, empty_row using of_kind;

    return query
    with named as (
      select c.object_id, c."row", c.as_of, element.value -> 'untold' as untold, element.value ? 'unasked' as unasked,
        shown[n] as shown, standing[n] as standing, (standing[n] ->> 'as_of')::timestamptz as row_as_of,
        array(select jsonb_object_keys(coalesce(c."row", empty_row))) || '{deleted}'::text[] as names
      from jsonb_array_elements(of_kind) with ordinality element (value, n)
      cross join lateral jsonb_populate_record(null::billing.change, element.value) c
    ), both_sides as (
      select named.*, is_ahead,
        case when named."row" is not null then billing.show_columns(named.shown, named.names)
          || case when lost ? named.object_id then jsonb_build_object('owner', lost -> named.object_id -> 0) else '{}' end
          || case when at.is_ahead then jsonb_build_object('as_of', least(named.as_of, now())) else '{}' end end as stripe,
        -- A customer whom a purchase names has a row before Stripe's object has come. Any other row as of never was made by hand.
        case when unasked
          or named.standing is not null and (named.row_as_of > '-infinity' or known.object <> 'customer')
            and (named."row" is not null or not (named.standing -> 'deleted')::boolean)
          then billing.show_columns(named.standing, named.names)
            || case when lost ? named.object_id then jsonb_build_object('owner', lost -> named.object_id -> 1) else '{}' end
            || case when at.is_ahead then jsonb_build_object('as_of', named.row_as_of) else '{}' end end as mirror
      from named
      -- The guard judges alike: such a moment it writes over.
      cross join lateral (select named.row_as_of > greatest(now(), nullif(named.as_of, 'infinity')) + interval '10 minutes' as is_ahead) at
    ), held_together as (
      select both_sides.*, array(
        select key from jsonb_each(stripe) where value is distinct from mirror -> key and mirror is not null order by key
      ) as columns
      from both_sides
      where stripe is not null or mirror is not null
    ), judged as (
      select held_together.*, case
        when unasked then 'unasked'
        when stripe is not distinct from mirror then 'equal'
        when row_as_of >= held_together.as_of and not is_ahead then 'newer'
        when mirror is null and untold is not null then 'untold'
        when mirror is null then 'missing'
        when stripe is null then 'extra'
        when untold -> 'from' ? (mirror ->> 'status') and to_jsonb(columns) <@ (untold -> 'columns') then 'behind'
        else 'differs'
      end as kind
      from held_together
    )
    select known.object, object_id, kind, case when kind in ('differs', 'behind') then columns else '{}' end,
      coalesce(row_as_of, '-infinity'), judged.as_of, stripe, mirror
    from judged;
  end loop;
end
$$;

-- Sums up how what Stripe showed compares with the mirror. differing is [{object, id, kind, row_as_of, read_as_of, columns, stripe,
-- mirror}]. What is newer, untold or behind is left out of the sums.
create function public.compare_rows(changes jsonb)
returns table (objects bigint, stripe_digest text, mirror_digest text, differing jsonb)
language plpgsql stable security definer set search_path = '' set timezone = 'UTC' as $$
begin
  return query
  select
    count(*) filter (where kind not in ('newer', 'untold', 'behind')),
    billing.digest_sum(sum(billing.digest_row(object_id, stripe)) filter (where kind not in ('newer', 'untold', 'behind'))),
    billing.digest_sum(sum(billing.digest_row(object_id, mirror)) filter (where kind not in ('newer', 'untold', 'behind'))),
    coalesce(jsonb_agg(jsonb_build_object(
      'object', object, 'id', object_id, 'kind', kind, 'row_as_of', row_as_of, 'read_as_of', read_as_of,
      'columns', columns, 'stripe', stripe, 'mirror', mirror
    )) filter (where kind not in ('equal', 'untold')), '[]')
  from billing.put_beside(changes, '{}') pair
  group by object;
end
$$;

-- The ids that the mirror shows of a kind, in their order.
create function public.list_mirrored_ids(object text, after text, most integer) returns setof text
language plpgsql stable security definer set search_path = '' as $$
begin
  return query execute format(
    'select id from %s where id > $1 and not deleted and (as_of > ''-infinity'' or $3 <> ''customer'') order by id limit $2',
    (select m.target from billing.mirrored m where m.object = list_mirrored_ids.object)
  ) using coalesce(list_mirrored_ids.after, ''), most, list_mirrored_ids.object;
end
$$;

-- What the mirror showed otherwise than Stripe when a sweep came by. It was mended at once; what remains is the question why.
create table billing.drift (
  id bigint generated always as identity primary key,
  object text not null,
  object_id text not null,
  kind text not null check (kind in ('missing', 'extra', 'differs')),
  columns text[] not null,
  row_as_of timestamptz not null,
  read_as_of timestamptz not null,
  found_at timestamptz not null default now(),
  explained_at timestamptz,
  counted_at timestamptz
);
comment on column billing.drift.explained_at is 'An event that was on its way said it: nothing was wrong.';
comment on column billing.drift.counted_at is 'No event had said it ten minutes later: it was counted, and the operator told.';
create unique index drift_open on billing.drift (object, object_id) where explained_at is null and counted_at is null;

-- found is what compare_rows answers as differing.
create function public.record_drift(found jsonb) returns void
language sql security definer set search_path = '' as $$
  insert into billing.drift (object, object_id, kind, columns, row_as_of, read_as_of)
  select one.object, one.id, one.kind, one.columns, one.row_as_of, one.read_as_of
  from jsonb_to_recordset(found)
    as one (object text, id text, kind text, columns text[], row_as_of timestamptz, read_as_of timestamptz)
  on conflict do nothing
$$;

-- Whether an event explains it: made after what the row showed and before Stripe answered, and recorded after the two were compared,
-- or not applied to this day. A transaction that was under way began before; an answer takes up to twenty seconds.
create function billing.is_explained(found billing.drift) returns boolean
language sql stable set search_path = '' as $$
  select exists (
    select from billing.stripe_events entry
    where entry.object_id = found.object_id
      and entry.created_at between found.row_as_of and found.read_as_of + interval '20 seconds'
      and (entry.recorded_at >= found.found_at - interval '10 seconds' or entry.outcome in ('failed', 'refused'))
      -- The entitlements of a customer bear the customer's id.
      and (found.object = 'entitlements') = (entry.type like 'entitlements.%')
  )
$$;

-- Counts what nothing has explained within ten minutes, once, and leaves a notice for each kind.
create function public.count_drift() returns table (object text, kind text, columns text[], drifted bigint)
language plpgsql security definer set search_path = '' as $$
begin
  update billing.drift seen set explained_at = now()
  where seen.explained_at is null and coalesce(seen.counted_at, 'infinity') > now() - interval '1 hour'
    and billing.is_explained(seen);
  delete from billing.drift old where old.found_at < now() - interval '90 days';

  return query
  with counted as (
    update billing.drift seen set counted_at = now()
    where seen.explained_at is null and seen.counted_at is null and seen.found_at <= now() - interval '10 minutes'
    returning seen.*
  ), told as (
    insert into billing.outbox (source_id, kind, object_id)
    select max(counted.id)::text, 'drift', counted.object from counted group by counted.object
    on conflict do nothing
  )
  select counted.object, counted.kind, counted.columns, count(*) from counted group by 1, 2, 3 order by 1, 2, 3;
end
$$;

-- What was counted of a kind within a day and is not explained, the latest first.
create function public.list_drift(object text, most integer)
returns table (object_id text, kind text, columns text[], found_at timestamptz, total bigint)
language sql stable security definer set search_path = '' as $$
  select found.object_id, found.kind, found.columns, found.found_at, count(*) over ()
  from billing.drift found
  where found.object = list_drift.object and found.explained_at is null and found.counted_at > now() - interval '1 day'
  order by found.id desc
  limit most
$$;

-- How each page of a sweep compared once it was in the mirror. A page that is read again, because a worker died, counts once.
create table billing.compared_pages (
  range_id bigint not null references billing.sync_ranges on delete cascade,
  place text not null,
  objects bigint not null,
  differing bigint not null,
  stripe_digest text not null,
  mirror_digest text not null,
  primary key (range_id, place)
);

create function public.note_comparison(
  range_id bigint, place text, objects bigint, differing bigint, stripe_digest text, mirror_digest text
)
returns void
language plpgsql security definer set search_path = '' as $$
begin
  insert into billing.compared_pages (range_id, place, objects, differing, stripe_digest, mirror_digest)
  values (
    note_comparison.range_id, note_comparison.place, note_comparison.objects, note_comparison.differing,
    note_comparison.stripe_digest, note_comparison.mirror_digest
  )
  on conflict on constraint compared_pages_pkey do update
  set objects = excluded.objects, differing = excluded.differing, stripe_digest = excluded.stripe_digest, mirror_digest = excluded.mirror_digest;
end
$$;

-- The end of a sweep: once all pages are read, the rows of the mirror that no page showed are asked for, one by one.
create table billing.sweeps (
  run_id bigint primary key references billing.sync_runs on delete cascade,
  object text,
  after text not null default '',
  swept_at timestamptz
);
comment on column billing.sweeps.after is 'The last row of object that Stripe was asked about.';

create function public.is_swept(run_id bigint) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (select from billing.sweeps done where done.run_id = is_swept.run_id and done.swept_at is not null)
$$;

-- The next rows that no page of the run has shown: what a page shows is as of a moment after the run began. Whoever takes them asks
-- Stripe for each, by this key.
create function public.list_unseen_rows(run_id bigint, most integer, key_hash text)
returns table (object text, object_id text, "row" jsonb)
language plpgsql stable security definer set search_path = '' as $$
declare
  place billing.sweeps;
  known record;
  wanted integer := most;
  listed integer;
begin
  perform billing.assert_known_key(key_hash);
  select * into place from billing.sweeps at where at.run_id = list_unseen_rows.run_id;
  for known in
    select m.object, m.target from billing.mirrored m
    where m.position >= coalesce((select reached.position from billing.mirrored reached where reached.object = place.object), 0)
      -- Of what the key may not read nothing can be asked.
      and not exists (
        select from billing.sync_ranges forbidden
        where forbidden.run_id = list_unseen_rows.run_id and forbidden.object = m.object and forbidden.last_error is not null
      )
    order by m.position
  loop
    return query execute format($unseen$
      select $1, standing.id, to_jsonb(standing) - '{id,as_of,rank,deleted,fetched}'::text[]
      from %s standing
      where standing.id > $2 and not standing.deleted and (standing.as_of > '-infinity' or $1 <> 'customer')
        -- A moment that is yet to come no page of any run has shown.
        and (
          standing.as_of < (select run.started_at from billing.sync_runs run where run.id = $3)
          or standing.as_of > now() + interval '10 minutes'
        )
        and not exists (
          select from billing.sync_failures failure
          where failure.run_id = $3 and failure.object = $1 and failure.object_id = standing.id
        )
      order by standing.id
      limit $4
    $unseen$, known.target)
    using known.object, case when known.object = place.object then place.after else '' end, list_unseen_rows.run_id, wanted;
    get diagnostics listed = row_count;
    wanted := wanted - listed;
    exit when wanted <= 0;
  end loop;
end
$$;

create function public.advance_sweep(run_id bigint, object text, after text) returns void
language sql security definer set search_path = '' as $$
  insert into billing.sweeps (run_id, object, after) values (advance_sweep.run_id, advance_sweep.object, advance_sweep.after)
  on conflict on constraint sweeps_pkey do update set object = excluded.object, after = excluded.after
$$;

-- Says of each kind how the sweep left it: how many objects were compared, how many of them the mirror shows as Stripe does, and what both
-- sides come to.
create function public.finish_sweep(run_id bigint) returns void
language sql security definer set search_path = '' as $$
  insert into billing.sweeps (run_id, swept_at) values (finish_sweep.run_id, now())
  on conflict on constraint sweeps_pkey do update set swept_at = excluded.swept_at;

  update billing.completeness known
  set differing = swept.failed + swept.differing, compared_as_of = swept.started_at,
    compared = swept.failed + swept.objects, equal = swept.objects - swept.differing,
    stripe_digest = swept.stripe_digest, mirror_digest = swept.mirror_digest
  from (
    select range.object, run.started_at,
      (select sum(every.failed) from billing.sync_ranges every where every.run_id = run.id and every.object = range.object) as failed,
      coalesce(sum(page.objects), 0) as objects, coalesce(sum(page.differing), 0) as differing,
      billing.digest_sum(sum(billing.read_digest(page.stripe_digest))) as stripe_digest,
      billing.digest_sum(sum(billing.read_digest(page.mirror_digest))) as mirror_digest
    from billing.sync_runs run
    join billing.sync_ranges range on range.run_id = run.id
    left join billing.compared_pages page on page.range_id = range.id
    where run.id = finish_sweep.run_id
    group by run.id, range.object
  ) swept
  where known.object = swept.object and known.complete_as_of = swept.started_at;

  delete from billing.compared_pages page using billing.sync_ranges range
  where range.id = page.range_id and range.run_id = finish_sweep.run_id
$$;

revoke all on billing.drift, billing.compared_pages, billing.sweeps from public, anon, authenticated, service_role;
revoke all on function
  billing.show_columns(jsonb, text[]), billing.digest_row(text, jsonb), billing.digest_sum(numeric), billing.read_digest(text),
  billing.find_lost_owners(billing.change[]), billing.put_beside(jsonb, text[]), billing.is_explained(billing.drift),
  public.compare_rows(jsonb),
  public.list_mirrored_ids(text, text, integer),
  public.record_drift(jsonb),
  public.count_drift(),
  public.list_drift(text, integer),
  public.note_comparison(bigint, text, bigint, bigint, text, text),
  public.is_swept(bigint),
  public.list_unseen_rows(bigint, integer, text),
  public.advance_sweep(bigint, text, text),
  public.finish_sweep(bigint)
from public, anon, authenticated;
grant execute on function
  public.compare_rows(jsonb),
  public.list_mirrored_ids(text, text, integer),
  public.record_drift(jsonb),
  public.count_drift(),
  public.list_drift(text, integer),
  public.note_comparison(bigint, text, bigint, bigint, text, text),
  public.is_swept(bigint),
  public.list_unseen_rows(bigint, integer, text),
  public.advance_sweep(bigint, text, text),
  public.finish_sweep(bigint)
to service_role;
