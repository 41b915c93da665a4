-- What cannot be as long as guard, ledger and outbox do what they promise. Whoever finds it has found a fault of ours, or somebody else
-- who writes to these tables.

create table billing.impossible (
  id bigint generated always as identity primary key,
  rule text not null check (rule in ('moment went back', 'came back', 'without a row', 'without an event')),
  event_id text not null,
  object_id text not null,
  found_at timestamptz not null default now(),
  unique (rule, event_id, object_id)
);
comment on column billing.impossible.rule is
  'moment went back: the row is as of a moment before an event that it shows. came back: the event deleted it, no later answer brought it back, and there it is. without a row: the event was applied. without an event: there is a notice of it, and the ledger does not have it.';

create table billing.last_look (
  only_row boolean primary key default true check (only_row),
  until timestamptz not null
);
comment on table billing.last_look is 'What was recorded up to then was looked at.';

-- Looks at what was recorded since the last look, of a day at the most, and answers what it finds, once. A transaction that is under way
-- has a minute to end.
create function public.find_impossible() returns table (rule text, event_id text, object_id text)
language plpgsql security definer set search_path = '' set enable_seqscan = off as $$
declare
  began timestamptz := greatest((select look.until from billing.last_look look), now() - interval '1 day');
  ended timestamptz := now() - interval '1 minute';
  -- Before the first look there may be what a backup has put back: its events were in a ledger that is lost.
  told_from timestamptz := case when exists (select from billing.last_look) then began else ended end;
  every_row text := (
    select string_agg(format('select %L as object, id, as_of, deleted, fetched from %s', m.object, m.target), ' union all ')
    from billing.mirrored m
  );
begin
  insert into billing.last_look as look (until) values (ended)
  on conflict (only_row) do update set until = greatest(look.until, excluded.until);

  return query execute format($look$
    with judged as (
      select entry.id, entry.object_id, case
        when standing.id is null then case when entry.outcome = 'applied' then 'without a row' end
        -- What is to be read anew shows no moment. An event that bears a time far ahead is settled by what Stripe holds now.
        when standing.as_of = '-infinity' or entry.created_at > entry.recorded_at then null
        when standing.deleted then null
        when entry.created_at > standing.as_of then 'moment went back'
        when entry.outcome = 'applied' and entry.type like '%%.deleted'
          and not (standing.fetched and standing.as_of > entry.created_at) then 'came back'
      end as rule
      from billing.stripe_events entry
      left join lateral (
        select each.* from (%s) each
        -- The entitlements of a customer bear the customer's id.
        where each.id = entry.object_id and (each.object = 'entitlements') = (entry.type like 'entitlements.%%')
        limit 1
      ) standing on true
      where entry.recorded_at > $1 and entry.recorded_at <= $2 and entry.outcome in ('applied', 'stale')
      union all
      select notice.source_id, notice.object_id, 'without an event'
      from billing.outbox notice
      where notice.created_at > $3 and notice.created_at <= $2 and notice.source_id like 'evt\_%%'
        and not exists (
          select from billing.stripe_events entry
          where entry.id = notice.source_id and entry.outcome in ('applied', 'stale')
        )
    )
    insert into billing.impossible as found (rule, event_id, object_id)
    select judged.rule, judged.id, judged.object_id from judged where judged.rule is not null
    on conflict do nothing
    returning found.rule, found.event_id, found.object_id
  $look$, every_row) using began, ended, told_from;
end
$$;

revoke all on billing.impossible, billing.last_look from public, anon, authenticated, service_role;
revoke all on function public.find_impossible() from public, anon, authenticated;
grant execute on function public.find_impossible() to service_role;
