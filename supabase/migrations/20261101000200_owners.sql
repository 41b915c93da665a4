-- Whose a customer is, and what must be done or told.

-- What must be done or told, written with the rows, once per source and kind. The relay handles each: see the migration of the outbox.
create table billing.outbox (
  id bigint generated always as identity primary key,
  source_id text not null,
  kind text not null,
  object_id text not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  unique (source_id, kind, object_id)
);
comment on column billing.outbox.source_id is 'The event that led to it; for what happened here, the payer or the object that it happened to.';

-- Whose a customer is, or a purchase that has none, as it was decided here. Whatever becomes of their rows, whoever was given something
-- has it until it is given to another, or they leave: what shows another owner was edited by hand, and is put back.
create table billing.given_owners (
  subject text primary key,
  user_id uuid references auth.users (id) on delete cascade,
  organization_id text,
  owned_by text,
  check (num_nonnulls(user_id, organization_id) = 1)
);
create index given_owners_user_id on billing.given_owners (user_id);

-- Whom a customer's purchases named first, likewise: they have the use of what was bought until they leave.
create table billing.named_users (
  customer_id text primary key,
  user_id uuid not null references auth.users (id) on delete cascade
);
create index named_users_user_id on billing.named_users (user_id);
revoke all on billing.given_owners, billing.named_users from public, anon, authenticated, service_role;

-- What a change of this object says of whose something is: of a customer, or of a purchase that has none.
create type billing.claim as (subject text, object_id text, as_of timestamptz, owned_by text, user_id uuid, organization_id text);

-- change.owner is {customer_id, metadata, reference, email}, each where the object shows it. Whoever has left, and an address that nobody
-- has confirmed, say nothing.
create function billing.find_claims(changes billing.change[]) returns billing.claim[]
language plpgsql stable set search_path = '' as $$
declare
  claims billing.claim[];
  addressed billing.change[];
begin
  claims := array(
    with said as (
      select coalesce(c.owner ->> 'customer_id', c.object_id) as subject, c.object_id, c.as_of, c.owner
      from unnest(changes) c
      where c.owner is not null
    )
    select row(said.subject, said.object_id, said.as_of, 'metadata', null, said.owner -> 'metadata' ->> key.name)::billing.claim
    from said cross join billing.settings cross join lateral unnest(organization_metadata_keys) key (name)
    where said.owner -> 'metadata' ->> key.name <> ''
      and not exists (
        select from billing.left_payers gone where gone.payer = 'organization:' || (said.owner -> 'metadata' ->> key.name)
      )
    union all
    select row(said.subject, said.object_id, said.as_of, 'metadata', users.id, null)::billing.claim
    from said cross join billing.settings cross join lateral unnest(user_metadata_keys) key (name)
    join auth.users users on users.id = billing.to_uuid(said.owner -> 'metadata' ->> key.name) and users.deleted_at is null
    -- Whoever buys for an organisation is named beside it.
    where not exists (
      select from unnest(organization_metadata_keys) other (name) where said.owner -> 'metadata' ->> other.name <> ''
    )
  );

  -- For an address all users are looked through: so only where it decides, of what has no owner and names none.
  addressed := array(
    select c from unnest(changes) c
    left join public.customers customer on customer.id = c.owner ->> 'customer_id'
    where c.owner ->> 'email' is not null
      and customer.user_id is null and customer.organization_id is null
      and not exists (select from unnest(claims) claim where claim.subject = coalesce(c.owner ->> 'customer_id', c.object_id))
  );
  if cardinality(addressed) = 0 then return claims; end if;
  return claims || array(
    select row(coalesce(c.owner ->> 'customer_id', c.object_id), c.object_id, c.as_of, 'email', users.id, null)::billing.claim
    from unnest(addressed) c
    join auth.users users on lower(users.email) = lower(c.owner ->> 'email') and users.email_confirmed_at is not null
  );
end
$$;

-- Whom metadata name: organisations or, where they name none, users. Whoever buys for an organisation is named beside it, may go, and
-- it stays.
create function billing.payers_in(metadata jsonb) returns setof text
language sql stable set search_path = '' as $$
  select 'organization:' || (payers_in.metadata ->> key.name)
  from billing.settings cross join unnest(organization_metadata_keys) key (name)
  where payers_in.metadata ->> key.name <> ''
  union all
  select 'user:' || billing.to_uuid(payers_in.metadata ->> key.name)
  from billing.settings cross join unnest(user_metadata_keys) key (name)
  where not exists (select from unnest(organization_metadata_keys) other (name) where payers_in.metadata ->> other.name <> '')
$$;

-- Lets one transaction at a time decide whose what was bought with an address is.
create function billing.lock_address(address text) returns void
language sql set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended(lower(address), 0))
$$;

-- Locks customers in the order in which batches of events lock them, so that neither waits for the other.
create function billing.lock_customers(customer_ids text[]) returns void
language plpgsql set search_path = '' as $$
begin
  perform from public.customers customer where customer.id = any (customer_ids) order by customer.id for update;
end
$$;

-- Says whose customers are. What metadata says stands before an address, whichever came first; else the first owner stays. The
-- customer's row is made here if the customer has not arrived yet.
create function billing.claim_customers(changes billing.change[]) returns void
language plpgsql set search_path = '' as $$
declare
  customer_ids text[] := array(select coalesce(change.owner ->> 'customer_id', change.object_id) from unnest(changes) change);
  claims billing.claim[];
begin
  -- Else a purchase, and the confirming of its address at the same moment, would not see each other.
  perform billing.lock_address(address) from (
    select distinct lower(change.owner ->> 'email') from unnest(changes) change where change.owner ->> 'email' is not null order by 1
  ) addresses (address);

  -- Makes those that have not arrived yet and locks the others, in one statement and one order, so that two batches cannot wait
  -- for each other. The customers that are only written are among them.
  insert into public.customers (id)
  select change.owner ->> 'customer_id' from unnest(changes) change where change.owner ->> 'customer_id' is not null
  union
  select change.object_id from unnest(changes) change where change.object = 'customer'
  order by 1
  on conflict (id) do update set id = excluded.id where false;

  update public.customers customer
  set user_id = given.user_id, organization_id = given.organization_id, owned_by = given.owned_by
  from billing.given_owners given
  where customer.id = any (customer_ids) and given.subject = customer.id
    and (customer.user_id, customer.organization_id, customer.owned_by)
      is distinct from (given.user_id, given.organization_id, given.owned_by);

  claims := billing.find_claims(changes);
  with given as (
    update public.customers customer
    set user_id = claim.user_id, organization_id = claim.organization_id, owned_by = claim.owned_by
    from (
      select distinct on (c.subject) c.* from unnest(claims) c
      order by c.subject, c.owned_by = 'metadata' desc, c.as_of, c.organization_id, c.user_id
    ) claim
    where customer.id = claim.subject
      and (
        (customer.user_id is null and customer.organization_id is null)
        or (customer.owned_by = 'email' and claim.owned_by = 'metadata')
      )
    returning customer.id, customer.user_id, customer.organization_id, customer.owned_by
  )
  insert into billing.given_owners select * from given
  on conflict (subject) do update
  set (user_id, organization_id, owned_by) = (excluded.user_id, excluded.organization_id, excluded.owned_by);

  insert into billing.named_users (customer_id, user_id)
  select distinct on (c.owner ->> 'customer_id') c.owner ->> 'customer_id', users.id
  from unnest(changes) c
  join auth.users users on users.id = billing.to_uuid(c.owner ->> 'reference') and users.deleted_at is null
  where c.owner ->> 'customer_id' is not null
  order by c.owner ->> 'customer_id', c.as_of, users.id
  on conflict do nothing;
  update public.customers customer
  set named_user_id = named.user_id
  from billing.named_users named
  where customer.id = any (customer_ids) and named.customer_id = customer.id
    and customer.named_user_id is distinct from named.user_id;

  if exists (select from billing.promised_owners where customer_id = any (customer_ids)) then
    perform billing.lock_promises();
    perform billing.keep_promises(customer_ids);
  end if;

  -- Whoever is named had left before it came, and nobody has it: it ends as what they had then.
  insert into billing.outbox (source_id, kind, object_id)
  select gone.payer, 'customer_orphaned', customer.id
  from unnest(changes) c
  join public.customers customer on customer.id = coalesce(c.owner ->> 'customer_id', c.object_id)
  cross join lateral (
    select billing.payers_in(c.owner -> 'metadata') union all select 'user:' || billing.to_uuid(c.owner ->> 'reference')
  ) named (payer)
  join billing.left_payers gone on gone.payer = named.payer
  where c.owner is not null and coalesce(customer.organization_id, customer.user_id::text, customer.named_user_id::text) is null
  on conflict do nothing;

  -- Support has named a user, say, and nothing changes: that must not go unnoticed. A page on which nothing is paid asks for nothing: it
  -- names whoever had the customer then.
  insert into billing.outbox (source_id, kind, object_id)
  select coalesce(claim.organization_id, claim.user_id::text), 'claim_refused', claim.subject
  from unnest(claims) claim
  join unnest(changes) change on change.object_id = claim.object_id
  join public.customers customer on customer.id = claim.subject
  where claim.owned_by = 'metadata'
    and (change.object = 'customer' or change."row" ->> 'status' = 'complete')
    and (customer.user_id, customer.organization_id) is distinct from (claim.user_id, claim.organization_id)
  on conflict do nothing;

  -- Somebody has paid on a page that was theirs when it was opened, and the customer is another's by now. Once the purchase is in its
  -- row it was told, or was theirs then.
  insert into billing.outbox (source_id, kind, object_id)
  select coalesce(claim.organization_id, claim.user_id::text), 'paid_for_another', claim.object_id
  from unnest(claims) claim
  join unnest(changes) change on change.object_id = claim.object_id and change.object = 'checkout_session'
  join public.customers customer on customer.id = claim.subject
  where claim.owned_by = 'metadata'
    and change."row" ->> 'status' = 'complete'
    and not exists (select from public.checkout_sessions known where known.id = claim.object_id and known.status = 'complete')
    and (claim.user_id, claim.organization_id) is distinct from (customer.user_id, customer.organization_id)
  on conflict do nothing;
end
$$;

-- The same for purchases that have no customer, once their rows are written.
create function billing.claim_purchases(changes billing.change[]) returns void
language sql set search_path = '' as $$
  update public.checkout_sessions session
  set user_id = given.user_id, organization_id = given.organization_id
  from billing.given_owners given
  where session.id in (select change.object_id from unnest(changes) change) and given.subject = session.id
    and (session.user_id, session.organization_id) is distinct from (given.user_id, given.organization_id);

  with given as (
    update public.checkout_sessions session
    set user_id = claim.user_id, organization_id = claim.organization_id
    from (
      select distinct on (c.subject) c.*
      from unnest(billing.find_claims(array(select c from unnest(changes) c where c.owner ->> 'customer_id' is null))) c
      order by c.subject, c.owned_by = 'metadata' desc, c.as_of, c.organization_id, c.user_id
    ) claim
    where session.id = claim.subject and session.user_id is null and session.organization_id is null
    returning session.id, session.user_id, session.organization_id, claim.owned_by
  )
  insert into billing.given_owners select * from given
  on conflict (subject) do update
  set (user_id, organization_id, owned_by) = (excluded.user_id, excluded.organization_id, excluded.owned_by)
$$;

-- The same, when a user confirms an address after the purchase, or signs up with it again.
create function billing.attach_purchases() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  found_ids text[];
begin
  perform billing.lock_address(new.email);
  -- In the order in which batches lock them, so that neither waits for the other.
  found_ids := array(
    select customer.id from public.customers customer
    where customer.user_id is null and customer.organization_id is null and not customer.deleted
      and (
        lower(customer.email) = lower(new.email)
        or customer.id in (
          select session.customer_id from public.checkout_sessions session
          where session.status = 'complete' and lower(session.customer_email) = lower(new.email)
        )
      )
    order by customer.id
    for update
  );
  update public.customers set user_id = new.id, owned_by = 'email' where id = any (found_ids);
  with given as (
    update public.checkout_sessions session
    set user_id = new.id
    where session.status = 'complete' and lower(session.customer_email) = lower(new.email)
      and session.customer_id is null and session.user_id is null and session.organization_id is null
    returning session.id
  )
  insert into billing.given_owners (subject, user_id, owned_by)
  select given.id, new.id, 'email' from (select id from given union all select unnest(found_ids)) given
  on conflict (subject) do update
  set (user_id, organization_id, owned_by) = (excluded.user_id, excluded.organization_id, excluded.owned_by);
  return null;
end
$$;
create trigger attach_purchases after insert or update of email, email_confirmed_at on auth.users
for each row when (new.email_confirmed_at is not null) execute function billing.attach_purchases();

-- What is paid for and belongs to nobody: subscriptions that run, and one-time purchases. The operator assigns it.
create view billing.unowned_purchases with (security_invoker = true) as
select s.id, 'subscription' as kind, s.customer_id, c.email, s.created_at
from public.user_subscriptions s
left join public.customers c on c.id = s.customer_id
where s.is_live and c.user_id is null and c.organization_id is null and c.named_user_id is null
union all
select s.id, 'checkout_session', s.customer_id, s.customer_email, s.created_at
from public.checkout_sessions s
left join public.customers c on c.id = s.customer_id
where s.mode = 'payment' and s.outcome = 'complete'
  and s.user_id is null and s.organization_id is null
  and c.user_id is null and c.organization_id is null and c.named_user_id is null;
revoke all on billing.unowned_purchases from public, anon, authenticated, service_role;
grant select on billing.unowned_purchases to service_role;

-- A customer by its own id, or by that of one of its subscriptions or purchases: these may have arrived before it.
create function billing.find_customer(object_id text) returns text
language sql stable set search_path = '' as $$
  select customer_id from public.user_subscriptions s where find_customer.object_id in (s.id, s.customer_id)
  union
  select customer_id from public.checkout_sessions s where find_customer.object_id in (s.id, s.customer_id) and customer_id is not null
  union
  select c.id from public.customers c where c.id = find_customer.object_id
$$;

-- Gives a customer (also by one of its subscriptions or purchases), or a purchase that has none, to a payer. Whoever had it before has
-- it no more.
create function public.assign_purchase(object_id text, user_id uuid default null, organization_id text default null) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  found_customer text := billing.find_customer(assign_purchase.object_id);
begin
  if num_nonnulls(assign_purchase.user_id, assign_purchase.organization_id) <> 1 then
    raise exception 'Name either a user or an organisation' using errcode = '22023';
  end if;
  -- What it pays for would end at once.
  if exists (
    select from billing.left_payers gone
    where gone.payer = coalesce('organization:' || assign_purchase.organization_id, 'user:' || assign_purchase.user_id)
  ) then
    raise exception 'This payer has left' using errcode = '22023';
  end if;
  insert into public.customers (id) select found_customer where found_customer is not null on conflict do nothing;
  with given_customer as (
    update public.customers customer
    set user_id = assign_purchase.user_id, organization_id = assign_purchase.organization_id, owned_by = 'operator'
    where customer.id = found_customer
    returning customer.id
  ), given_session as (
    update public.checkout_sessions session
    set user_id = assign_purchase.user_id, organization_id = assign_purchase.organization_id
    where session.id = assign_purchase.object_id and session.customer_id is null
    returning session.id
  )
  insert into billing.given_owners (subject, user_id, organization_id, owned_by)
  select given.id, assign_purchase.user_id, assign_purchase.organization_id, 'operator'
  from (select id from given_customer union all select id from given_session) given
  on conflict (subject) do update
  set (user_id, organization_id, owned_by) = (excluded.user_id, excluded.organization_id, excluded.owned_by);
  return found;
end
$$;

-- Gives a purchase that is nobody's to the user whom it names and who has come back from it: the id of its session is known to
-- whoever opened the page, who mostly is who pays.
create function public.claim_purchase(session_id text, user_id uuid) returns void
language sql security definer set search_path = '' as $$
  with given_customer as (
    update public.customers customer
    set user_id = claim_purchase.user_id, owned_by = 'purchase'
    from public.checkout_sessions session
    where session.id = claim_purchase.session_id and session.status = 'complete' and customer.id = session.customer_id
      and customer.user_id is null and customer.organization_id is null
    returning customer.id
  ), given_session as (
    update public.checkout_sessions session
    set user_id = claim_purchase.user_id
    where session.id = claim_purchase.session_id and session.status = 'complete' and session.customer_id is null
      and session.user_id is null and session.organization_id is null
    returning session.id
  )
  insert into billing.given_owners (subject, user_id, owned_by)
  select given.id, claim_purchase.user_id, 'purchase'
  from (select id from given_customer union all select id from given_session) given
  on conflict (subject) do update
  set (user_id, organization_id, owned_by) = (excluded.user_id, excluded.organization_id, excluded.owned_by)
$$;

-- The customers of a payer that can be sold to, the first of them being the one to use: one that pays already, then those whose
-- metadata name the payer. Owned says whether the payer may manage it, or is only named by a purchase. Whom a purchase names counts where
-- nobody owns the customer: what another payer is known to pay for keeps nobody from buying their own.
create function public.find_customers(user_id uuid default null, organization_id text default null)
returns table (id text, is_owned boolean, is_live boolean)
language sql stable security definer set search_path = '' as $$
  select
    c.id,
    c.user_id is not distinct from find_customers.user_id and c.organization_id is not distinct from find_customers.organization_id,
    exists (select from public.user_subscriptions s where s.customer_id = c.id and s.is_live)
  from public.customers c
  where not c.deleted and (
    c.user_id = find_customers.user_id
    or (c.named_user_id = find_customers.user_id and c.user_id is null and c.organization_id is null)
    or c.organization_id = find_customers.organization_id
  )
  order by 2 desc, 3 desc, c.owned_by = 'metadata' desc, c.created_at, c.id
$$;

-- May this user buy and cancel for the organisation?
create function public.manages_billing(user_id uuid, organization_id text) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from billing.organizations_of(manages_billing.user_id) o
    where o.organization_id = manages_billing.organization_id and o.manages_billing
  )
$$;
