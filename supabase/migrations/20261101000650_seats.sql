-- Seats: a number that the product keeps (its members, projects, devices), which the quantity of a subscription follows.

-- How many a payer uses, of the plans of one group. A row is a queue of one: however often the number changes, only the last counts.
create table billing.seats (
  payer text,
  subscription_group text,
  wanted integer not null check (wanted between 1 and 999999),
  version bigint not null default 1,
  followed bigint not null default 0,
  due_at timestamptz not null default now(),
  leased_until timestamptz not null default '-infinity',
  attempts integer not null default 0,
  changed_at timestamptz,
  problem text,
  primary key (payer, subscription_group)
);
comment on column billing.seats.payer is '"user:" or "organization:", and the id.';
comment on column billing.seats.version is 'Grows whenever the number may not be what Stripe has.';
comment on column billing.seats.followed is 'The version that Stripe''s quantity was brought to last; less, it is to be.';
comment on column billing.seats.changed_at is 'When Stripe''s quantity was changed for it last.';
comment on column billing.seats.problem is 'Why the quantity does not follow, by the refusal''s code; it is tried again.';
create index seats_due on billing.seats (due_at) where version > followed;

-- Says how many a payer uses. The product calls it in the transaction that changes the number, from a trigger or with the service role:
--   perform billing.set_seats('organization', new.organization_id::text, (select count(*) from members …));
-- One that is used by nobody is paid for all the same: a subscription is of one at least.
create function billing.set_seats(kind text, id text, seats bigint, subscription_group text default '') returns void
language plpgsql set search_path = '' as $$
begin
  if set_seats.kind is null or set_seats.kind not in ('user', 'organization') then
    raise exception 'A payer is a user or an organization, not a "%"', set_seats.kind;
  end if;
  if set_seats.id is null or set_seats.seats is null or set_seats.seats < 0 or set_seats.seats > 999999 then
    raise exception 'Seats are a number from 0 to 999999, of a payer who has an id';
  end if;
  insert into billing.seats as known (payer, subscription_group, wanted)
  values (set_seats.kind || ':' || set_seats.id, billing.group_named(set_seats.subscription_group), greatest(set_seats.seats, 1))
  on conflict on constraint seats_pkey do update
  set wanted = excluded.wanted, version = known.version + 1, attempts = 0, due_at = billing.seats_due_after(known.changed_at)
  where known.wanted <> excluded.wanted;
end
$$;

-- From when on a quantity may be changed again. Stripe changes one 200 times an hour at the most, and makes at most 10 invoices a minute and 20
-- a day for a subscription (https://docs.stripe.com/rate-limits). Each change is an invoice: sixteen a day leave some for changes of plan.
create function billing.seats_due_after(changed_at timestamptz) returns timestamptz
language sql stable set search_path = '' as $$
  select greatest(now(), coalesce(changed_at, '-infinity') + interval '90 minutes')
$$;

-- The same, for the service role: public.set_seats through the API.
create function public.set_seats(kind text, id text, seats bigint, subscription_group text default '') returns void
language sql security definer set search_path = '' as $$
  select billing.set_seats(kind, id, seats, subscription_group)
$$;

-- How many of a group's plans a payer uses, or null: fewer are neither sold to them nor changed to.
create function public.find_seats(subscription_group text, user_id uuid default null, organization_id text default null)
returns integer
language sql stable security definer set search_path = '' as $$
  select known.wanted from billing.seats known
  where known.subscription_group = find_seats.subscription_group
    and known.payer = coalesce('organization:' || find_seats.organization_id, 'user:' || find_seats.user_id)
$$;

-- Takes what is due, each for one worker only; what a worker took and did not settle, because it died, is due again in two minutes.
create function public.take_seats(most integer)
returns table (payer text, subscription_group text, wanted integer, version bigint)
language sql security definer set search_path = '' as $$
  with due as (
    select known.payer, known.subscription_group
    from billing.seats known
    where known.version > known.followed and known.due_at <= now() and known.leased_until <= now()
    order by known.due_at
    limit most
    for update skip locked
  )
  update billing.seats known
  set leased_until = now() + interval '2 minutes', attempts = known.attempts + 1
  from due
  where known.payer = due.payer and known.subscription_group = due.subscription_group
  returning known.payer, known.subscription_group, known.wanted, known.version
$$;

-- Says what became of one: that Stripe's quantity is the number of that version, or why not. What fails comes again, later and later; where
-- only the customer can mend it, in a day. A reason that is to be told is told once for each number.
create function public.settle_seats(
  payer text, subscription_group text, version bigint, changed boolean, problem text default null, to_tell boolean default false,
  waits boolean default false
) returns void
language plpgsql security definer set search_path = '' as $$
begin
  update billing.seats known
  set leased_until = '-infinity',
    problem = settle_seats.problem,
    -- Asked again, Stripe would answer a key as it did before.
    version = case when settle_seats.waits then known.version + 1 else known.version end,
    followed = case when settle_seats.problem is null then greatest(known.followed, settle_seats.version) else known.followed end,
    changed_at = case when settle_seats.changed then now() else known.changed_at end,
    due_at = case
      when settle_seats.problem is null or known.version > settle_seats.version
        then billing.seats_due_after(case when settle_seats.changed then now() else known.changed_at end)
      when settle_seats.waits then now() + interval '1 day'
      else now() + billing.pause_before_attempt(known.attempts)
    end
  where known.payer = settle_seats.payer and known.subscription_group = settle_seats.subscription_group
    -- Whoever got no answer to that it follows says that something is in the way.
    and (settle_seats.problem is null or known.followed < settle_seats.version);
  if settle_seats.to_tell then
    insert into billing.outbox (source_id, kind, object_id)
    select known.wanted || ' ' || known.subscription_group, 'seats_not_followed', known.payer || ' (' || settle_seats.problem || ')'
    from billing.seats known
    where known.payer = settle_seats.payer and known.subscription_group = settle_seats.subscription_group
    on conflict do nothing;
  end if;
end
$$;

-- Of subscriptions that were just written, as they were before: one that began, or was changed elsewhere, and has another quantity than its
-- payer uses, is looked at. It leaves a notice, as a row of billing.seats that another transaction holds would make two wait for each other.
create function billing.watch_seats(subscription_ids text[], before public.user_subscriptions[]) returns void
language sql set search_path = '' as $$
  insert into billing.outbox (source_id, kind, object_id)
  select gen_random_uuid()::text, 'seats_differ', known.payer
  from public.user_subscriptions subscription
  join public.customers customer on customer.id = subscription.customer_id
  join billing.seats known on known.payer = billing.payer_of(customer)
  left join unnest(before) was on was.id = subscription.id
  where subscription.id = any (subscription_ids)
    and subscription.is_live
    and (subscription.items, subscription.status, subscription.ends_at, subscription.paused)
      is distinct from (was.items, was.status, was.ends_at, was.paused)
    and exists (
      select
      from jsonb_array_elements(subscription.items) item
      left join public.products product on product.id = item ->> 'product_id'
      -- A product that has not arrived yet may be of any.
      where (product.id is null or billing.group_named(product.metadata ->> 'subscription_group') = known.subscription_group)
        and (item ->> 'quantity')::integer is distinct from known.wanted
    )
$$;

-- A payer's numbers are compared with Stripe once more.
create function public.recheck_seats(payer text) returns void
language sql security definer set search_path = '' as $$
  update billing.seats known
  set version = greatest(known.version, known.followed + 1), attempts = 0, due_at = billing.seats_due_after(known.changed_at)
  where known.payer = recheck_seats.payer
$$;

revoke all on billing.seats from public, anon, authenticated, service_role;
revoke all on function
  billing.set_seats(text, text, bigint, text),
  billing.seats_due_after(timestamptz),
  billing.watch_seats(text[], public.user_subscriptions[]),
  public.set_seats(text, text, bigint, text),
  public.find_seats(text, uuid, text),
  public.take_seats(integer),
  public.settle_seats(text, text, bigint, boolean, text, boolean, boolean),
  public.recheck_seats(text)
from public, anon, authenticated;
grant execute on function
  public.set_seats(text, text, bigint, text),
  public.find_seats(text, uuid, text),
  public.take_seats(integer),
  public.settle_seats(text, text, bigint, boolean, text, boolean, boolean),
  public.recheck_seats(text)
to service_role;
