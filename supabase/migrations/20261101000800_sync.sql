-- Reading an account: going through all that Stripe holds, so that the mirror shows also what is older than the events that Stripe
-- still lists. How far a reading has come stands here, after every page: killed anywhere, the next one goes on.

-- A reading. `sync` is a whole one, as fast as Stripe allows; `sweep` goes on all the time, slowly.
create table billing.sync_runs (
  id bigint generated always as identity primary key,
  purpose text not null check (purpose in ('sync', 'sweep')),
  started_at timestamptz not null,
  finished_at timestamptz,
  requested_by text not null,
  token uuid,
  leased_until timestamptz
);
comment on column billing.sync_runs.started_at is 'On Stripe''s clock. What Stripe held then is in the mirror once the run is finished.';
comment on column billing.sync_runs.token is 'Of the one worker that reads: the limits that Stripe sets are kept within one process.';
create unique index sync_runs_unfinished on billing.sync_runs (purpose) where finished_at is null;

-- A range of one kind of object: those created from one moment to another, newest first; or, of what Stripe lists for one customer
-- at a time, those of the customers that one page has shown.
create table billing.sync_ranges (
  id bigint generated always as identity primary key,
  run_id bigint not null references billing.sync_runs on delete cascade,
  object text not null,
  position integer not null,
  by_customer boolean not null,
  created_from timestamptz,
  created_to timestamptz,
  customers text[],
  after text,
  reached timestamptz,
  read bigint not null default 0,
  failed bigint not null default 0,
  token uuid,
  attempts integer not null default 0,
  not_before timestamptz not null default '-infinity',
  last_error text,
  done_at timestamptz
);
comment on column billing.sync_ranges.created_from is 'Null: from the first of all. created_to is null likewise, and not part of the range.';
comment on column billing.sync_ranges.customers is 'Whose are read, in this order. Null: the range stands for those of customers who are yet to be read, and is done when all are.';
comment on column billing.sync_ranges.after is 'The last object, or the last customer, whose page is in the mirror.';
comment on column billing.sync_ranges.last_error is 'Why it comes again; or, where it is done, why it could not be read.';
comment on column billing.sync_ranges.reached is 'When that object was created.';
create index sync_ranges_of_run on billing.sync_ranges (run_id, object);
create index sync_ranges_open on billing.sync_ranges (run_id) where done_at is null;

-- What a reading could not bring into the mirror: Stripe showed what cannot be read, or Postgres refused it.
create table billing.sync_failures (
  run_id bigint not null references billing.sync_runs on delete cascade,
  object text not null,
  object_id text not null,
  reason text not null,
  primary key (run_id, object, object_id)
);

-- Up to when the mirror is known to show all of a kind.
create table billing.completeness (
  object text primary key,
  complete_as_of timestamptz not null,
  objects bigint not null,
  differing bigint not null,
  compared_as_of timestamptz,
  compared bigint,
  equal bigint,
  stripe_digest text,
  mirror_digest text
);
comment on column billing.completeness.complete_as_of is 'Every object that Stripe held then was brought before the guard.';
comment on column billing.completeness.differing is 'How many of them the mirror is known not to show as Stripe does.';
comment on column billing.completeness.compared_as_of is
  'What is read is taken to be shown. Only a sweep compares: so many objects, of which so many were equal, and the digests of both sides.';

-- Begins a reading, or answers the one that is not finished. A kind is {object, by_customer, used}; one that the account does not
-- use holds nothing, and is read already. The order of the kinds is the order in which they are begun.
create function public.begin_sync_run(purpose text, started_at timestamptz, requested_by text, kinds jsonb)
returns table (id bigint, begun boolean)
language plpgsql security definer set search_path = '' as $$
declare
  run bigint;
begin
  insert into billing.sync_runs as run_ (purpose, started_at, requested_by)
  values (begin_sync_run.purpose, begin_sync_run.started_at, begin_sync_run.requested_by)
  on conflict do nothing
  returning run_.id into run;
  if run is null then
    select standing.id into run from billing.sync_runs standing
    where standing.purpose = begin_sync_run.purpose and standing.finished_at is null;
    return query select run, false;
    return;
  end if;

  insert into billing.sync_ranges (run_id, object, position, by_customer, done_at)
  select run, kind.value ->> 'object', kind.ordinality, (kind.value ->> 'by_customer')::boolean,
    case when (kind.value ->> 'used')::boolean then null else now() end
  from jsonb_array_elements(kinds) with ordinality kind;
  perform billing.note_completeness(run, array(select kind ->> 'object' from jsonb_array_elements(kinds) kind));
  -- A sweep ends all the time: who looks back wants the last few.
  delete from billing.sync_runs old
  where old.purpose = begin_sync_run.purpose and old.finished_at is not null
    and old.id not in (
      select kept.id from billing.sync_runs kept where kept.purpose = begin_sync_run.purpose order by kept.id desc limit 10
    );
  return query select run, true;
end
$$;

-- Says of each of these kinds that it is complete, once no range of it is open; and of the run that it is finished.
create function billing.note_completeness(run_id bigint, objects text[]) returns void
language plpgsql set search_path = '' as $$
declare
  run billing.sync_runs;
  awaited text[] := '{}';
begin
  -- Of two ranges that end at once, the later must see that the other has.
  select * into run from billing.sync_runs where id = note_completeness.run_id for no key update;

  if 'customer' = any (objects) and not exists (
    select from billing.sync_ranges range where range.run_id = run.id and range.object = 'customer' and range.done_at is null
  ) then
    with known as (
      update billing.sync_ranges range set done_at = now(), last_error = (
        -- Whose customers were not read, of those it was not read either.
        select max(customers.last_error) from billing.sync_ranges customers
        where customers.run_id = run.id and customers.object = 'customer'
      )
      where range.run_id = run.id and range.by_customer and range.customers is null and range.done_at is null
      returning range.object
    )
    select coalesce(array_agg(known.object), '{}') into awaited from known;
  end if;

  insert into billing.completeness as known (object, complete_as_of, objects, differing)
  select range.object, run.started_at, sum(range.read), sum(range.failed)
  from billing.sync_ranges range
  where range.run_id = run.id and range.object = any (note_completeness.objects || awaited)
  group by range.object
  having bool_and(range.done_at is not null) and bool_and(range.last_error is null)
  on conflict (object) do update
  set complete_as_of = excluded.complete_as_of, objects = excluded.objects, differing = excluded.differing
  where known.complete_as_of < excluded.complete_as_of;

  update billing.sync_runs finished set finished_at = now(), token = null, leased_until = null
  where finished.id = run.id and not exists (
    select from billing.sync_ranges range where range.run_id = run.id and range.done_at is null
  );
end
$$;

-- Makes a worker the one that reads, or that goes on reading, for so many seconds. One that died is followed once they are over. What the
-- worker notes it noted of this account: what another has nothing of would else be taken for read, too.
create function public.hold_sync_run(run_id bigint, token uuid, seconds integer, key_hash text) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  perform billing.assert_known_key(key_hash);
  update billing.sync_runs run
  set token = hold_sync_run.token, leased_until = clock_timestamp() + make_interval(secs => seconds)
  where run.id = hold_sync_run.run_id and run.finished_at is null
    and (run.token is null or run.token = hold_sync_run.token or run.leased_until <= clock_timestamp());
  return found;
end
$$;

-- The worker ends: another may begin at once.
create function public.release_sync_run(run_id bigint, token uuid) returns void
language sql security definer set search_path = '' as $$
  update billing.sync_runs run set token = null, leased_until = null
  where run.id = release_sync_run.run_id and run.token = release_sync_run.token
$$;

-- Gives the worker ranges to read, of the kinds first of which it reads the fewest at once. A range that another worker held is its
-- own from here on: the other's next page is refused.
create function public.take_sync_ranges(run_id bigint, token uuid, most integer, most_by_customer integer)
returns table (
  id bigint, object text, created_from timestamptz, created_to timestamptz, customers text[], after text, reached timestamptz
)
language plpgsql security definer set search_path = '' as $$
begin
  return query
  with open as (
    select range.id, range.position, range.by_customer, row_number() over (partition by range.object order by range.id) + (
      select count(*) from billing.sync_ranges held
      where held.run_id = range.run_id and held.done_at is null and held.object = range.object and held.token = take_sync_ranges.token
    ) as turn
    from billing.sync_ranges range
    where range.run_id = take_sync_ranges.run_id and range.done_at is null
      and range.token is distinct from take_sync_ranges.token
      and range.not_before <= now()
      and not (range.by_customer and range.customers is null)
      and exists (select from billing.sync_runs run where run.id = range.run_id and run.token = take_sync_ranges.token)
  ), free as (
    select open.id from open
    where not open.by_customer or open.turn <= most_by_customer
    order by open.turn, open.position
    limit most
  )
  update billing.sync_ranges range set token = take_sync_ranges.token
  from free where range.id = free.id and range.done_at is null
  returning range.id, range.object, range.created_from, range.created_to, range.customers, range.after, range.reached;
end
$$;

-- Notes that a page of a range is in the mirror, and answers the range as it goes on: nothing, when it is another worker's by now.
-- While fewer than the wanted ranges of the kind are open, what is left is divided, and the worker keeps the younger half.
-- customers are those that a page of customers showed: what Stripe lists for each of them may be read. failures is [{id, reason}].
create function public.advance_sync_range(
  range_id bigint, token uuid, after text, reached timestamptz, read integer, customers text[], failures jsonb, ended boolean,
  wanted integer
)
returns table (created_from timestamptz)
language plpgsql security definer set search_path = '' as $$
declare
  range billing.sync_ranges;
begin
  update billing.sync_ranges held
  set after = advance_sync_range.after, reached = advance_sync_range.reached,
    read = held.read + advance_sync_range.read, failed = held.failed + jsonb_array_length(failures),
    attempts = 0, last_error = null,
    customers = case when not (ended and held.by_customer) then held.customers else '{}' end,
    done_at = case when ended then now() end, token = case when not ended then held.token end
  where held.id = advance_sync_range.range_id and held.token = advance_sync_range.token
  returning held.* into range;
  if range.id is null then return; end if;

  if failures <> '[]' then
    insert into billing.sync_failures (run_id, object, object_id, reason)
    select range.run_id, range.object, failure ->> 'id', failure ->> 'reason' from jsonb_array_elements(failures) failure
    on conflict do nothing;
  end if;
  if advance_sync_range.customers <> '{}' then
    insert into billing.sync_ranges (run_id, object, position, by_customer, customers)
    select awaiting.run_id, awaiting.object, awaiting.position, true, advance_sync_range.customers
    from billing.sync_ranges awaiting
    where awaiting.run_id = range.run_id and awaiting.by_customer and awaiting.customers is null and awaiting.done_at is null;
  end if;
  if ended then
    perform billing.note_completeness(range.run_id, array[range.object]);
  elsif not range.by_customer and (
    select count(*) from billing.sync_ranges open
    where open.run_id = range.run_id and open.object = range.object and open.done_at is null
  ) < wanted then
    range := billing.divide_range(range);
  end if;
  return query select range.created_from;
end
$$;

-- Divides what is left of a range, and answers the half that is read on. What is left is guessed from how close together the objects
-- were that have been read: for a few pages it is not worth the while. Nobody has an object at Stripe from before 2011.
create function billing.divide_range(range billing.sync_ranges) returns billing.sync_ranges
language plpgsql set search_path = '' as $$
declare
  oldest timestamptz := coalesce(range.created_from, '2011-01-01');
  middle timestamptz := date_trunc('second', oldest + (range.reached - oldest) / 2);
  seconds_read numeric;
begin
  select extract(epoch from coalesce(range.created_to, run.started_at) - range.reached) into seconds_read
  from billing.sync_runs run where run.id = range.run_id;
  if middle > oldest and range.read * extract(epoch from range.reached - oldest) > 300 * greatest(seconds_read, 1) then
    insert into billing.sync_ranges (run_id, object, position, by_customer, created_from, created_to)
    values (range.run_id, range.object, range.position, false, range.created_from, middle);
    update billing.sync_ranges held set created_from = middle where held.id = range.id returning held.* into range;
  end if;
  return range;
end
$$;

-- The object after which a page should begin is gone from Stripe: what was created in its second is read again.
create function public.rewind_sync_range(range_id bigint, token uuid) returns timestamptz
language sql security definer set search_path = '' as $$
  update billing.sync_ranges held
  set after = null, created_to = held.reached + interval '1 second'
  where held.id = rewind_sync_range.range_id and held.token = rewind_sync_range.token
  returning held.created_to
$$;

-- The worker lets a range go: when it ends, or, with an error, because Stripe or Postgres did not answer. Then it comes again later
-- and later, up to five minutes. What has failed twelve times on end, over half an hour, must not hold up the rest for ever: the run ends
-- without it, and the kind is not complete. The next run tries again.
create function public.release_sync_range(range_id bigint, token uuid, error text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  released billing.sync_ranges;
begin
  update billing.sync_ranges held
  set token = null,
    attempts = held.attempts + (error <> '')::integer,
    last_error = coalesce(nullif(error, ''), held.last_error),
    not_before = case
      when error = '' then held.not_before
      else now() + least(interval '5 minutes', interval '5 seconds' * 2 ^ least(held.attempts, 6))
    end,
    done_at = case when error <> '' and held.attempts >= 11 then now() end
  where held.id = release_sync_range.range_id and held.token = release_sync_range.token
  returning held.* into released;
  if released.done_at is not null then
    perform billing.note_completeness(released.run_id, array[released.object]);
  end if;
end
$$;

-- The key may not read this kind, and asking again would not change that: the run ends without it, and it is not complete. What is
-- listed by customer is not read either where customers are not. The next run tries again.
create function public.forbid_sync_range(range_id bigint, token uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  refused billing.sync_ranges;
begin
  select * into refused from billing.sync_ranges held
  where held.id = forbid_sync_range.range_id and held.token = forbid_sync_range.token;
  update billing.sync_ranges range set done_at = now(), token = null, last_error = 'forbidden'
  where range.run_id = refused.run_id and range.done_at is null
    and (range.object = refused.object or refused.object = 'customer' and range.by_customer);
  perform billing.note_completeness(refused.run_id, '{}');
end
$$;

-- How far the latest reading of this purpose has come, by kind.
create function public.get_sync_progress(purpose text)
returns table (
  run_id bigint, started_at timestamptz, finished_at timestamptz, requested_by text, is_read boolean,
  object text, ranges_open bigint, ranges_done bigint, read bigint, failed bigint, last_error text
)
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  select run.id, run.started_at, run.finished_at, run.requested_by,
    run.token is not null and run.leased_until > now(),
    range.object, count(*) filter (where range.done_at is null), count(*) filter (where range.done_at is not null),
    sum(range.read)::bigint, sum(range.failed)::bigint, max(range.last_error)
  from billing.sync_runs run
  join billing.sync_ranges range on range.run_id = run.id
  where run.id = (
    select max(latest.id) from billing.sync_runs latest where latest.purpose = get_sync_progress.purpose
  )
  group by run.id, range.object
  order by min(range.position);
end
$$;

create function public.get_sync_failures(purpose text, most integer) returns table (object text, object_id text, reason text)
language sql stable security definer set search_path = '' as $$
  select failure.object, failure.object_id, failure.reason
  from billing.sync_failures failure
  where failure.run_id = (
    select max(latest.id) from billing.sync_runs latest where latest.purpose = get_sync_failures.purpose
  )
  order by failure.object, failure.object_id
  limit most
$$;

-- Of each kind that is mirrored, up to when it is complete; never, where that is null. last_error is why the latest run that came to
-- it could not read it. It is unread where the latest run that was through with it has ended without a part of it.
create function public.get_completeness()
returns table (
  object text, complete_as_of timestamptz, objects bigint, differing bigint, compared_as_of timestamptz, compared bigint, equal bigint,
  last_error text, unread boolean
)
language sql stable security definer set search_path = '' as $$
  select mirrored.object, known.complete_as_of, coalesce(known.objects, 0), coalesce(known.differing, 0),
    known.compared_as_of, coalesce(known.compared, 0), coalesce(known.equal, 0), (
    select max(range.last_error) from billing.sync_ranges range
    where range.object = mirrored.object and range.run_id = (
      select max(run.id) from billing.sync_runs run where exists (
        select from billing.sync_ranges tried
        where tried.run_id = run.id and tried.object = mirrored.object and (tried.done_at is not null or tried.last_error is not null)
      )
    )
  ), exists (
    select from billing.sync_ranges range
    where range.object = mirrored.object and range.last_error is not null and range.run_id = (
      select max(ended.run_id) from billing.sync_ranges ended
      where ended.object = mirrored.object and not exists (
        select from billing.sync_ranges open
        where open.run_id = ended.run_id and open.object = ended.object and open.done_at is null
      )
    )
  )
  from billing.mirrored
  left join billing.completeness known on known.object = mirrored.object
  order by mirrored.position
$$;

-- Whether all of these kinds have been read from Stripe once; without an argument, of all kinds. While it is false, that a user has no
-- plan here does not mean that they have none.
create function public.mirror_is_complete(kinds text[] default null) returns boolean
language sql stable security definer set search_path = '' as $$
  select not exists (
    select from billing.mirrored
    where (kinds is null or mirrored.object = any (kinds))
      and not exists (select from billing.completeness known where known.object = mirrored.object)
  )
$$;

revoke all on billing.sync_runs, billing.sync_ranges, billing.sync_failures, billing.completeness
from public, anon, authenticated, service_role;
revoke all on function
  billing.note_completeness(bigint, text[]), billing.divide_range(billing.sync_ranges),
  public.begin_sync_run(text, timestamptz, text, jsonb),
  public.hold_sync_run(bigint, uuid, integer, text),
  public.release_sync_run(bigint, uuid),
  public.take_sync_ranges(bigint, uuid, integer, integer),
  public.advance_sync_range(bigint, uuid, text, timestamptz, integer, text[], jsonb, boolean, integer),
  public.rewind_sync_range(bigint, uuid),
  public.release_sync_range(bigint, uuid, text),
  public.forbid_sync_range(bigint, uuid),
  public.get_sync_progress(text),
  public.get_sync_failures(text, integer),
  public.get_completeness(),
  public.mirror_is_complete(text[])
from public, anon, authenticated;
grant execute on function
  public.begin_sync_run(text, timestamptz, text, jsonb),
  public.hold_sync_run(bigint, uuid, integer, text),
  public.release_sync_run(bigint, uuid),
  public.take_sync_ranges(bigint, uuid, integer, integer),
  public.advance_sync_range(bigint, uuid, text, timestamptz, integer, text[], jsonb, boolean, integer),
  public.rewind_sync_range(bigint, uuid),
  public.release_sync_range(bigint, uuid, text),
  public.forbid_sync_range(bigint, uuid),
  public.get_sync_progress(text),
  public.get_sync_failures(text, integer),
  public.get_completeness()
to service_role;
grant execute on function public.mirror_is_complete(text[]) to anon, authenticated, service_role;
