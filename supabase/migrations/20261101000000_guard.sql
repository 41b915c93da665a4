-- The guard: what decides, for every mirrored object alike, whether what Stripe showed lands in its row.
-- An object is mirrored by one call, `select billing.mirror('refund', 'billing.refunds')`, beside its table.

create schema billing;
comment on schema billing is 'Internal to Turnpike. Do not add it to the exposed schemas of the API.';
revoke all on schema billing from public, anon, authenticated;
grant usage on schema billing to authenticated, service_role; -- for the tables under public.payment_history, each with its own policy

-- A change is an object as Stripe showed it, in an event or in an answer of its API:
--   event_id, type, created_at, api_version   the event; absent when Stripe was asked and no event was the reason
--   object     what it is registered as       object_id  Stripe's id
--   row        the projected columns, but for those that are null          rank, deleted, fetched, as_of   for the guard
--   owner      {customer_id, user_id}, or {customer_id, email} of a guest: whose the customer is, where the object says so
--   notify     what must reach a person       see billing.outbox
--   outcome, reason   instead of a row: 'failed' or 'refused', and why
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
  outcome text,
  reason text
);

-- What became of a change.
create type billing.outcome as (event_id text, outcome text, reason text);

create table billing.mirrored (
  object text primary key,
  target text not null unique,
  position serial
);
comment on table billing.mirrored is
  'The objects that are mirrored, each with its table. Rows are written in the order of position, so that two batches cannot wait for each other.';

-- Mirrors an object: gives its table the guard's columns, builds the applier that writes through them, registers both with the
-- dispatcher, and closes the table to all but the service role. A migration that adds a column to the table makes the same call again, grants included.
--
-- The guard's columns:
--   as_of    the moment of Stripe's truth that the row shows; it never goes back, but for one that is yet to come: no answer of
--            Stripe's bore it, and the next answer writes over the row
--   rank     settles two events of the same second where the object's own life says which came last
--   deleted  terminal: no event brings the row back
--   fetched  the row was read from Stripe's API, not taken from an event
--
-- The applier, billing.apply_<object>(changes), writes the best change of each object over a row that it supersedes, and says of
-- every change what became of it. There is one per table, so that Postgres plans each statement once.
-- own_columns are those that Stripe does not decide.
create function billing.mirror(object text, target regclass, own_columns name[] default '{}') returns void
language plpgsql set search_path = '' as $mirror$
declare
  column_list text;
  projected_list text;
  excluded_list text;
  nulls jsonb;
  applier text := $applier$
    create or replace function billing.{name}(changes billing.change[]) returns billing.outcome[]
    language plpgsql set search_path = '' as $body$
    declare
      applied billing.outcome[] := array(
        select row(c.event_id, 'applied', null)::billing.outcome from unnest(changes) c where c.object = {object}
      );
      written integer;
      all_written boolean;
    begin
      insert into {target} as standing (id, {columns}, as_of, rank, deleted, fetched)
      select change.object_id, {projected}, change.as_of, change.rank, change.deleted, change.fetched
      from (
        select distinct on (c.object_id)
          c.object_id, c.as_of, c.rank, c.deleted, c.fetched, jsonb_populate_record(null::{target}, c."row") as projected
        from unnest(changes) c
        where c.object = {object}
        order by c.object_id, c.deleted desc, c.as_of desc, c.rank desc, c.event_id
      ) change
      order by change.object_id
      on conflict (id) do update
      set ({columns}, as_of, rank, deleted, fetched) =
        ({excluded}, case
          when standing.as_of > greatest(now(), excluded.as_of) + interval '10 minutes' then excluded.as_of
          else greatest(standing.as_of, excluded.as_of)
        end, excluded.rank, excluded.deleted, excluded.fetched)
      -- A deletion is terminal: only an answer that is newer than the last one brings the row back. That a moment is yet to come both
      -- clocks must say, ours and Stripe's, and by more than ours may be behind and an answer may be old when it is written.
      where case
        when standing.as_of > greatest(now(), excluded.as_of) + interval '10 minutes'
          then excluded.fetched or excluded.deleted and not standing.deleted
        when excluded.deleted then not standing.deleted or excluded.as_of > standing.as_of
        when standing.deleted then excluded.fetched and excluded.as_of > standing.as_of
        else (excluded.as_of, excluded.rank) > (standing.as_of, standing.rank)
      end;

      get diagnostics written = row_count;
      -- Each object had one change, and that one stands now.
      if written = cardinality(applied) then return applied; end if;

      all_written := written = (select count(distinct c.object_id) from unnest(changes) c where c.object = {object});
      return array(
        select row(change.event_id, case
          -- To compare rows costs as much as to write them: it is done where an object had several changes, or one did not land.
          when all_written and change.of_object = 1 then 'applied'
          when jsonb_populate_record(standing."row", {nulls} || change."row") is not distinct from standing."row"
            and (standing."row").deleted = change.deleted
            and (change.as_of, change.rank) >= ((standing."row").as_of, (standing."row").rank) then 'applied'
          when change.fetched and change.as_of >= (standing."row").as_of then 'applied'
          -- Stripe keeps a subscription that is over, and takes what is written on it.
          when change.deleted and (standing."row").deleted
            then case when change.as_of = (standing."row").as_of then 'ambiguous' else 'applied' end
          when change.deleted or (standing."row").deleted
            or (change.as_of, change.rank) < ((standing."row").as_of, (standing."row").rank) then 'stale'
          -- Same second, same rank, and another row: only Stripe knows which came last.
          else 'ambiguous'
        end, null)::billing.outcome
        from (
          select c.*, count(*) over (partition by c.object_id) as of_object from unnest(changes) c where c.object = {object}
        ) change
        -- By the key, one by one: a plan made while the table was small would read all of it.
        cross join lateral (select s as "row" from {target} s where s.id = change.object_id limit 1) standing
      );
    end
    $body$
  $applier$;
begin
  insert into billing.mirrored as known (object, target) values (mirror.object, mirror.target::text)
  on conflict on constraint mirrored_pkey do update set target = excluded.target;

  -- Rows are written over and over. Where a page has room for the next version of its rows, no index has to learn of it.
  execute format('
    alter table %s
      add column if not exists as_of timestamptz not null default ''-infinity'',
      add column if not exists rank smallint not null default 0,
      add column if not exists deleted boolean not null default false,
      add column if not exists fetched boolean not null default false,
      set (fillfactor = 80),
      enable row level security
  ', target);
  -- Supabase grants everything in public to its API roles by default. Whom a policy lets in needs a grant beside it.
  execute format('revoke all on %s from public, anon, authenticated, service_role', target);
  execute format('grant select on %s to service_role', target);

  select
    string_agg(format('%I', attname), ', ' order by attnum),
    string_agg(format('(change.projected).%I', attname), ', ' order by attnum),
    string_agg(format('excluded.%I', attname), ', ' order by attnum),
    jsonb_object_agg(attname, null)
  into column_list, projected_list, excluded_list, nulls
  from pg_catalog.pg_attribute
  where attrelid = target and attnum > 0 and not attisdropped and attgenerated = ''
    and attname <> all (own_columns || '{id,as_of,rank,deleted,fetched}');

  applier := replace(applier, '{name}', format('%I', 'apply_' || object));
  applier := replace(applier, '{object}', format('%L', object));
  applier := replace(applier, '{target}', target::text);
  applier := replace(applier, '{columns}', column_list);
  applier := replace(applier, '{projected}', projected_list);
  applier := replace(applier, '{excluded}', excluded_list);
  applier := replace(applier, '{nulls}', format('%L::jsonb', nulls));
  execute applier;
  execute format('revoke all on function billing.%I(billing.change[]) from public, anon, authenticated', 'apply_' || object);

  -- The dispatcher: one line per object. Written out, because a call that is put together at run time is planned at each run. It ends
  -- when nothing is left: to go through all objects costs a change that comes alone a twentieth of its time.
  execute (
    select replace($dispatcher$
      create or replace function billing.apply_rows(objects text[], changes billing.change[]) returns billing.outcome[]
      language plpgsql set search_path = '' as $body$
      declare
        outcomes billing.outcome[] := '{}';
      begin
        {calls}
        return outcomes;
      end
      $body$
    $dispatcher$, '{calls}', string_agg(
      format($call$
        if %L = any (objects) then
          outcomes := outcomes || billing.%I(changes);
          if cardinality(outcomes) = cardinality(changes) then return outcomes; end if;
        end if;$call$, m.object, 'apply_' || m.object),
      '' order by m.position
    ))
    from billing.mirrored m
  );
end
$mirror$;
