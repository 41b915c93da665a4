-- Whose the customers of an account with a past are, before and after all of them have been read.

-- What the operator has said of customers that are in no row yet, about whom a sale asks Stripe, and of users who are not there yet.
-- It is done when both are there.
create table billing.promised_owners (
  customer_id text primary key,
  user_id uuid,
  organization_id text,
  check (num_nonnulls(user_id, organization_id) = 1)
);
create index promised_owners_user_id on billing.promised_owners (user_id);
create index promised_owners_organization_id on billing.promised_owners (organization_id);

-- Under which metadata keys a sale must look at Stripe for a payer's customers while not every customer is in a row, with its owner;
-- and which customers are promised to the payer.
create function public.find_unread_customers(user_id uuid default null, organization_id text default null)
returns table (may_be_unread boolean, metadata_keys text[], promised text[])
language sql stable security definer set search_path = '' as $$
  select
    not public.mirror_is_complete('{customer}'),
    case when find_unread_customers.organization_id is null then user_metadata_keys else organization_metadata_keys end,
    array(
      select promise.customer_id from billing.promised_owners promise
      where promise.user_id = find_unread_customers.user_id or promise.organization_id = find_unread_customers.organization_id
    )
  from billing.settings
$$;

-- The metadata keys that say whose a purchase is: what a request brings along may bear none of them.
create function public.owner_keys() returns text[]
language sql stable security definer set search_path = '' as $$
  select user_metadata_keys || organization_metadata_keys from billing.settings
$$;

-- Metadata is read, and not kept: under another key, customers that were read before may have an owner after all. Until they have
-- been read again the copy must not pass for complete, nor may a sale rely on it.
create function billing.forget_customers_were_read() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from billing.completeness known where known.object = 'customer';
  -- A reading that is on its way begins anew with them.
  with begun as (
    delete from billing.sync_ranges range
    using billing.sync_runs run
    where run.id = range.run_id and run.finished_at is null and range.object = 'customer'
    returning range.run_id, range.position
  )
  insert into billing.sync_ranges (run_id, object, position, by_customer)
  select distinct begun.run_id, 'customer', begun.position, false from begun;
  return null;
end
$$;
create trigger forget_customers_were_read after update of user_metadata_keys, organization_metadata_keys on billing.settings
for each row when (
  (old.user_metadata_keys, old.organization_metadata_keys) is distinct from (new.user_metadata_keys, new.organization_metadata_keys)
)
execute function billing.forget_customers_were_read();

-- What would become of what is said of customers: claims is [{customer_id, users, organizations}], a customer once. An owner who is
-- known stays, but for one by an address, before whom the operator's word stands as metadata does.
create function billing.judge_owners(claims jsonb, owned_by text)
returns table (customer_id text, user_id uuid, organization_id text, outcome text, reason text, owner text)
language sql stable set search_path = '' as $$
  with named as (
    select
      claim ->> 'customer_id' as customer_id,
      jsonb_array_length(claim -> 'users') + jsonb_array_length(claim -> 'organizations') as owners,
      billing.to_uuid(claim -> 'users' ->> 0) as user_id,
      claim -> 'organizations' ->> 0 as organization_id
    from jsonb_array_elements(claims) claim
  ), judged as (
    select named.*, coalesce(customer.user_id::text, customer.organization_id) as owner, case
      when owners = 0 then 'unmatched names_nobody'
      when owners > 1 then 'conflicting named_twice'
      when named.customer_id not like 'cus\_%' then 'unmatched no_customer_id'
      when named.organization_id is null and named.user_id is null then 'unmatched no_user_id'
      when gone.payer is not null then 'unmatched payer_left'
      when named.organization_id is null and users.id is null then 'unmatched no_such_user'
      when customer.deleted then 'unmatched customer_deleted'
      when customer.id is null and mirror.is_complete then 'unmatched no_such_customer'
      when customer.id is null
        and (promise.user_id, promise.organization_id) is not distinct from (named.user_id, named.organization_id) then 'owned once_read'
      when customer.id is null then 'matched once_read'
      when customer.user_id is null and customer.organization_id is null then 'matched'
      when (customer.user_id, customer.organization_id) is not distinct from (named.user_id, named.organization_id) then 'owned'
      when customer.owned_by = 'email' and judge_owners.owned_by <> 'email' then 'matched instead_of_address'
      else 'conflicting owned_by_another'
    end as verdict
    from named
    cross join (select public.mirror_is_complete('{customer}')) mirror (is_complete)
    left join public.customers customer on customer.id = named.customer_id
    left join billing.promised_owners promise on promise.customer_id = named.customer_id
    left join auth.users users on users.id = named.user_id and users.deleted_at is null
    left join billing.left_payers gone on gone.payer = coalesce('organization:' || named.organization_id, 'user:' || named.user_id)
  )
  select judged.customer_id, judged.user_id, judged.organization_id,
    split_part(verdict, ' ', 1), nullif(split_part(verdict, ' ', 2), ''), judged.owner
  from judged
$$;

-- The same, before anything is written.
create function public.plan_owners(claims jsonb, owned_by text)
returns table (customer_id text, user_id uuid, organization_id text, outcome text, reason text, owner text)
language sql stable security definer set search_path = '' as $$
  select * from billing.judge_owners(claims, owned_by)
$$;

-- Lets whoever promises, or keeps what was promised, and whoever signs up see each other: the later waits until the earlier has ended.
-- Those who sign up do not wait for one another.
create function billing.lock_promises() returns void
language sql set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('billing.promised_owners', 0))
$$;

-- Gives customers to whom they are said to be, and answers what became of each. Those that are in no row yet are promised, and so are
-- those of users who are not there yet: a user's id is Supabase's, and nobody can sign up with one that they choose.
create function billing.give_owners(claims jsonb, owned_by text)
returns table (customer_id text, user_id uuid, organization_id text, outcome text, reason text, owner text)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  ids text[] := array(select claim ->> 'customer_id' from jsonb_array_elements(claims) claim);
  verdicts jsonb;
begin
  select coalesce(jsonb_agg(to_jsonb(verdict)), '[]') into verdicts
  from billing.judge_owners(claims, give_owners.owned_by) verdict;

  with given as (
    update public.customers customer
    set user_id = verdict.user_id, organization_id = verdict.organization_id, owned_by = give_owners.owned_by
    from jsonb_to_recordset(verdicts) verdict (customer_id text, user_id uuid, organization_id text, outcome text)
    where customer.id = verdict.customer_id and verdict.outcome = 'matched'
    returning customer.id, customer.user_id, customer.organization_id, customer.owned_by
  )
  insert into billing.given_owners select * from given
  on conflict (subject) do update
  set (user_id, organization_id, owned_by) = (excluded.user_id, excluded.organization_id, excluded.owned_by);

  if give_owners.owned_by = 'operator' then
    -- What is said now stands instead of what was said before.
    delete from billing.promised_owners promise where promise.customer_id = any (ids);
    insert into billing.promised_owners (customer_id, user_id, organization_id)
    select verdict.customer_id, verdict.user_id, verdict.organization_id
    from jsonb_to_recordset(verdicts) verdict (customer_id text, user_id uuid, organization_id text, reason text)
    where verdict.reason in ('once_read', 'no_such_user')
    on conflict (customer_id) do update set user_id = excluded.user_id, organization_id = excluded.organization_id;
  end if;

  return query select verdict.* from jsonb_to_recordset(verdicts) verdict (
    customer_id text, user_id uuid, organization_id text, outcome text, reason text, owner text
  );
end
$$;

-- The same for the operator.
create function public.apply_owners(claims jsonb, owned_by text)
returns table (customer_id text, user_id uuid, organization_id text, outcome text, reason text, owner text)
language plpgsql security definer set search_path = '' as $$
begin
  perform billing.lock_customers(array(select claim ->> 'customer_id' from jsonb_array_elements(claims) claim));
  perform billing.lock_promises();
  return query select * from billing.give_owners(claims, apply_owners.owned_by);
end
$$;

-- Does what was promised of customers that have arrived. Where another owner came first, they stay, and the operator is told. Whoever left
-- while it was promised had it, and has it no more.
create function billing.keep_promises(customer_ids text[]) returns void
language plpgsql set search_path = '' as $$
declare
  claims jsonb := (
    select jsonb_agg(jsonb_build_object(
      'customer_id', promise.customer_id,
      'users', array_remove(array[promise.user_id], null), 'organizations', array_remove(array[promise.organization_id], null)
    ))
    from billing.promised_owners promise where promise.customer_id = any (keep_promises.customer_ids)
  );
begin
  if claims is null then return; end if;
  insert into billing.outbox (source_id, kind, object_id)
  select
    coalesce(verdict.organization_id, verdict.user_id::text),
    case when verdict.reason = 'payer_left' then 'customer_orphaned' else 'claim_refused' end,
    verdict.customer_id
  from billing.give_owners(claims, 'operator') verdict
  where verdict.outcome = 'conflicting' or verdict.reason = 'payer_left'
  on conflict do nothing;
end
$$;

-- The user to whom they were promised has come. A customer that is locked is left out: whoever writes it comes to its promise after this
-- transaction has ended.
create function billing.keep_promises_to_user() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('billing.promised_owners', 0));
  perform billing.keep_promises(array(
    select customer.id from public.customers customer
    where customer.id in (select promise.customer_id from billing.promised_owners promise where promise.user_id = new.id)
    order by customer.id
    for update skip locked
  ));
  return null;
end
$$;
-- By its name it comes after attach_purchases, whose locks it does not wait for.
create trigger keep_promises after insert on auth.users for each row execute function billing.keep_promises_to_user();

-- What a first reading finds paid for and nobody's is told of in one notice, once it has ended: see billing.report_unowned. One that has
-- not ended in a day is not waited for any longer.
create function billing.count_unowned_when_read() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.finished_at is null then
    insert into billing.outbox (source_id, kind, object_id, next_attempt_at)
    select new.id::text, 'unowned_when_read', new.id::text, now() + interval '1 day'
    where not public.mirror_is_complete('{customer,subscription,checkout_session}');
  else
    update billing.outbox notice set next_attempt_at = now() + interval '5 minutes'
    where notice.source_id = new.id::text and notice.kind = 'unowned_when_read' and notice.attempts = 0;
  end if;
  return null;
end
$$;
create trigger count_unowned_when_read after insert or update of finished_at on billing.sync_runs
for each row when (new.purpose = 'sync') execute function billing.count_unowned_when_read();

-- What a table or a view of the product says, a customer once, in the order of their ids. It is read with the rights of the service
-- role: what that may not read is not shown.
create function public.list_owners_in_table(
  source text, customer_column text, user_column text, organization_column text, after text, most integer
)
returns table (customer_id text, users text[], organizations text[])
language plpgsql stable set search_path = '' as $$
declare
  found_table regclass := to_regclass(source);
  missing text;
  owners text[] := array(
    select case
      when name is null then format('%L::text[]', '{}')
      else format('array_remove(array_agg(distinct nullif(said.%I::text, %L)), null)', name, '')
    end
    from unnest(array[user_column, organization_column]) with ordinality named (name, place)
    order by place
  );
begin
  if found_table is null then
    raise exception 'There is no table %. Name it with its schema, as in public.users', source using errcode = '22023';
  end if;
  select name into missing from unnest(array[customer_column, user_column, organization_column]) named (name)
  where name is not null and not exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = found_table and a.attname = name and a.attnum > 0 and not a.attisdropped
  );
  if missing is not null then
    raise exception 'The table % has no column %', source, missing using errcode = '22023';
  end if;
  return query execute format(
    'select said.%1$I::text, %3$s, %4$s from %2$s said where said.%1$I > $1 group by said.%1$I order by said.%1$I limit $2',
    customer_column, found_table, owners[1], owners[2]
  ) using after, most;
end
$$;

-- Customers that belong to nobody, beside the users who have confirmed their address.
create function public.list_owners_by_email(after text, most integer)
returns table (customer_id text, users text[], organizations text[])
language sql stable security definer set search_path = '' as $$
  select customer.id, array_agg(users.id::text), '{}'::text[]
  from public.customers customer
  join auth.users users
    on lower(users.email) = lower(customer.email) and users.email_confirmed_at is not null and users.deleted_at is null
  where customer.user_id is null and customer.organization_id is null and not customer.deleted
    and customer.id > list_owners_by_email.after
  group by customer.id order by customer.id
  limit most
$$;

revoke all on billing.promised_owners from public, anon, authenticated, service_role;
revoke all on function
  billing.forget_customers_were_read(), billing.judge_owners(jsonb, text), billing.give_owners(jsonb, text), billing.lock_promises(),
  billing.keep_promises(text[]), billing.keep_promises_to_user(), billing.count_unowned_when_read(),
  public.find_unread_customers(uuid, text),
  public.owner_keys(),
  public.plan_owners(jsonb, text),
  public.apply_owners(jsonb, text),
  public.list_owners_in_table(text, text, text, text, text, integer),
  public.list_owners_by_email(text, integer)
from public, anon, authenticated;
grant execute on function
  public.find_unread_customers(uuid, text),
  public.owner_keys(),
  public.plan_owners(jsonb, text),
  public.apply_owners(jsonb, text),
  public.list_owners_in_table(text, text, text, text, text, integer),
  public.list_owners_by_email(text, integer)
to service_role;
