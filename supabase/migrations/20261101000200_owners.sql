-- Whose a customer is, and what must reach a person.

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

-- Says whose a customer is, once: the first owner stays. The customer's row is made here if the customer has not arrived yet. A user
-- who is gone, or who has another customer, owns nothing new.
create function billing.claim_customers(changes billing.change[]) returns void
language plpgsql set search_path = '' as $$
begin
  -- Makes those that have not arrived yet and locks the others, in one statement and one order, so that two batches cannot wait
  -- for each other. The customers that are only written are among them.
  insert into public.customers (id)
  select change.owner ->> 'customer_id' from unnest(changes) change where change.owner is not null
  union
  select change.object_id from unnest(changes) change where change.object = 'customer'
  order by 1
  on conflict (id) do update set id = excluded.id where false;

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
    and subscription.is_live
  on conflict do nothing;
  return old;
end
$$;
create trigger report_orphaned_subscriptions before delete on auth.users
for each row execute function billing.report_orphaned_subscriptions();
