-- The outbox: what must be done or told after a transaction, and the relay that takes it. And what comes to stand there by itself:
-- payers who leave, e-mails that change, two subscriptions of one group, purchases that belong to nobody.

alter table billing.outbox
  add column attempts integer not null default 0,
  add column next_attempt_at timestamptz not null default now(),
  add column last_error text;
comment on column billing.outbox.sent_at is 'When it was handled: nothing is left to do.';
comment on column billing.outbox.attempts is 'How often the relay has taken it, whatever became of that.';
comment on column billing.outbox.next_attempt_at is
  'From when on the relay may take it. It is infinity for what was given up: a person sets it to now(), and attempts to 0.';
comment on column billing.outbox.last_error is 'Why it was not handled, by the error''s code: it quotes nobody.';
create index outbox_due on billing.outbox (next_attempt_at) where sent_at is null;

-- From 15 seconds to an hour. Thirty attempts take about a day: then it is given up.
create function billing.pause_before_attempt(attempt integer) returns interval
language sql immutable set search_path = '' as $$
  select least(interval '1 hour', interval '15 seconds' * 2 ^ least(attempt - 1, 10))
$$;

-- Takes what is due, each for one relay only. What a relay takes and does not settle, because it died, is due again after two
-- minutes or the pause, whichever is longer: a relay runs for less than that.
create function public.take_notices(most integer)
returns table (id bigint, kind text, object_id text, attempts integer)
language sql security definer set search_path = '' as $$
  with due as (
    select notice.id
    from billing.outbox notice
    where notice.sent_at is null and notice.next_attempt_at <= now() and notice.attempts < 30
    order by notice.next_attempt_at, notice.id
    limit most
    for update skip locked
  )
  update billing.outbox notice
  set attempts = notice.attempts + 1,
    next_attempt_at = now() + greatest(interval '2 minutes', billing.pause_before_attempt(notice.attempts + 1))
  from due
  where notice.id = due.id
  returning notice.id, notice.kind, notice.object_id, notice.attempts
$$;

-- Says what became of notices: of each why it was not handled, or nothing.
create function public.settle_notices(ids bigint[], errors text[]) returns void
language sql security definer set search_path = '' as $$
  -- Two relays may come to settle the same ones, of which the slower had lost its turn: in one order, so that neither waits for the other.
  with settled as (
    select notice.id, given.error
    from billing.outbox notice
    join unnest(ids, errors) given (id, error) on given.id = notice.id
    where notice.sent_at is null
    order by notice.id
    for update of notice
  )
  update billing.outbox notice
  set sent_at = case when settled.error = '' then now() end,
    last_error = nullif(settled.error, ''),
    next_attempt_at = now() + billing.pause_before_attempt(notice.attempts)
  from settled
  where notice.id = settled.id
$$;

-- Gives up what could not be handled in thirty attempts, and counts all that was given up and waits for a person.
create function public.give_up_notices() returns bigint
language sql security definer set search_path = '' as $$
  with given_up as (
    update billing.outbox notice
    set next_attempt_at = 'infinity'
    where notice.sent_at is null and notice.next_attempt_at <= now() and notice.attempts >= 30
    returning 1
  )
  select (select count(*) from given_up)
    + (select count(*) from billing.outbox notice where notice.sent_at is null and notice.next_attempt_at = 'infinity')
$$;

-- Whom a customer belongs to: "organization:" or "user:", and the id. Whom only a purchase names counts where nobody owns it.
create function billing.payer_of(customer public.customers) returns text
language sql stable set search_path = '' as $$
  select coalesce('organization:' || customer.organization_id, 'user:' || coalesce(customer.user_id, customer.named_user_id))
$$;

create function billing.customers_of(payer text) returns text[]
language sql stable set search_path = '' as $$
  select array(
    select customer.id
    from public.customers customer
    where billing.payer_of(customer) = customers_of.payer and (
      customer.organization_id = substring(customers_of.payer from '^organization:(.*)$')
      or customer.user_id = billing.to_uuid(substring(customers_of.payer from '^user:(.*)$'))
      or customer.named_user_id = billing.to_uuid(substring(customers_of.payer from '^user:(.*)$'))
    )
  )
$$;

-- Who has left, for good: users who were deleted here, and organisations of which the product has said so. That an object names a user
-- whom nobody knows is no reason to end a subscription: another product on the same Stripe account, or the one before this, may have
-- written its own user's id there. That the user was deleted here is one.
create table billing.left_payers (
  payer text primary key,
  left_at timestamptz not null default now()
);

-- Whether a customer belongs to a payer who has not left.
create function billing.is_owned(customer_id text) returns boolean
language sql stable set search_path = '' as $$
  select exists (
    select from public.customers customer
    where customer.id = is_owned.customer_id
      and billing.payer_of(customer) is not null
      and not exists (select from billing.left_payers gone where gone.payer = billing.payer_of(customer))
  )
$$;

-- Writes down the live subscriptions of customers whose payer has left.
create function billing.report_orphans(customer_ids text[]) returns void
language sql set search_path = '' as $$
  insert into billing.outbox (source_id, kind, object_id)
  select subscription.customer_id, 'subscription_orphaned', subscription.id
  from public.user_subscriptions subscription
  where subscription.customer_id = any (customer_ids) and subscription.is_live
  on conflict do nothing
$$;

-- A payer leaves: what they subscribed to must end, and what they were about to buy must not be sold. Users leave by being
-- deleted. For its organisations the product calls this, in the transaction that deletes one and before it is gone:
--   perform billing.leave('organization', old.id::text);
-- An organisation's id must never be another's later. What comes when they have left, comes to the same end.
create function billing.leave(kind text, id text) returns void
language plpgsql set search_path = '' as $$
declare
  payer text := leave.kind || ':' || leave.id;
  customer_ids text[];
begin
  if leave.kind not in ('user', 'organization') then
    raise exception 'A payer is a user or an organization, not a "%"', leave.kind;
  end if;
  -- Whoever is just giving an organisation a customer ends first, so that the customer is seen. Whoever comes later sees that it left.
  perform pg_advisory_xact_lock(hashtextextended(payer, 0));
  insert into billing.left_payers (payer) values (payer) on conflict do nothing;
  -- A customer that has not arrived pays at Stripe already.
  with promised as (
    delete from billing.promised_owners promise
    where promise.user_id = case leave.kind when 'user' then leave.id::uuid end
      or promise.organization_id = case leave.kind when 'organization' then leave.id end
    returning promise.customer_id
  )
  select billing.customers_of(payer) || array(select promised.customer_id from promised) into customer_ids;
  insert into billing.outbox (source_id, kind, object_id)
  select payer, 'customer_orphaned', customer_id from unnest(customer_ids) customer_id
  on conflict do nothing;
  -- Somebody left them before, and somebody had them since.
  update billing.outbox notice
  set sent_at = null, attempts = 0, next_attempt_at = now()
  from public.user_subscriptions subscription
  where notice.source_id = subscription.customer_id and notice.kind = 'subscription_orphaned'
    and notice.object_id = subscription.id and notice.sent_at is not null
    and subscription.customer_id = any (customer_ids) and subscription.is_live;
  perform billing.report_orphans(customer_ids);
end
$$;
create index outbox_orphaned_customers on billing.outbox (object_id) where kind = 'customer_orphaned';

create function billing.leave_as(user_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  -- Whoever is just being given a customer holds the user's row: waits for that, so that the customer is seen.
  perform from auth.users where users.id = leave_as.user_id for update;
  -- As whoever gives a customer or a purchase does: it first, then what says whose it is. So neither waits for the other.
  perform billing.lock_customers(array(
    select customer.id from public.customers customer where leave_as.user_id in (customer.user_id, customer.named_user_id)
    union
    select given.subject from billing.given_owners given where given.user_id = leave_as.user_id
    union
    select named.customer_id from billing.named_users named where named.user_id = leave_as.user_id
  ));
  update public.checkout_sessions session set user_id = null where session.user_id = leave_as.user_id;
  delete from billing.given_owners given where given.user_id = leave_as.user_id;
  delete from billing.named_users named where named.user_id = leave_as.user_id;
  perform billing.leave('user', leave_as.user_id::text);
end
$$;

create function billing.leave_as_user() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform billing.leave_as(old.id);
  return old;
end
$$;
create trigger leave_as_user before delete on auth.users for each row execute function billing.leave_as_user();

-- Supabase can also keep the row of a user whom it deletes: they leave all the same, and own nothing any more.
create function billing.leave_softly() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform billing.leave_as(old.id);
  update public.customers customer set user_id = null where customer.user_id = old.id;
  update public.customers customer set named_user_id = null where customer.named_user_id = old.id;
  return null;
end
$$;
create trigger leave_softly after update of deleted_at on auth.users
for each row when (old.deleted_at is null and new.deleted_at is not null) execute function billing.leave_softly();

-- A confirmed address that is another now. Each change is a notice of its own; the relay reads the address as it is then.
create function billing.report_changed_email() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into billing.outbox (source_id, kind, object_id)
  select gen_random_uuid()::text, 'email_changed', new.id
  where exists (select from public.customers customer where customer.user_id = new.id);
  return null;
end
$$;
create trigger report_changed_email after update of email, email_confirmed_at on auth.users
for each row when (
  new.email_confirmed_at is not null and (new.email is distinct from old.email or old.email_confirmed_at is null)
)
execute function billing.report_changed_email();

-- A purchase is nobody's. Whoever it is for has five minutes to be known by: then it is looked at. While an account with a past is
-- read, thousands may be nobody's until the operator has said whose they are. One notice counts them when the reading has ended, and
-- each by itself is written down only where that notice might come too early to count it.
create function billing.report_unowned(purchase_id text) returns void
language sql set search_path = '' as $$
  insert into billing.outbox (source_id, kind, object_id, next_attempt_at)
  select report_unowned.purchase_id, 'paid_unowned', report_unowned.purchase_id, now() + interval '5 minutes'
  where not exists (
    select from billing.outbox later
    where later.kind = 'unowned_when_read' and later.sent_at is null and later.attempts = 0
      and later.next_attempt_at > now() + interval '5 minutes'
  )
  on conflict do nothing
$$;

-- The groups that a subscription's products are in. All products that name none are of one; of one that has not arrived yet it is null.
create function billing.groups_of(items jsonb) returns text[]
language sql stable set search_path = '' as $$
  select array(
    select case when product.id is not null then billing.group_named(product.metadata ->> 'subscription_group') end
    from jsonb_array_elements(groups_of.items) item
    left join public.products product on product.id = item ->> 'product_id'
  )
$$;

-- The live subscriptions that exclude each other with this one: of the same payer or, where there is none, of the same customer,
-- and in one group. A product that has not arrived yet may be of any: whoever is to act on it asks Stripe for it first. The oldest
-- first, itself among them.
create function billing.find_rivals(subscription_id text) returns setof public.user_subscriptions
language sql stable set search_path = '' as $$
  select rival.*
  from public.user_subscriptions subscription
  left join public.customers customer on customer.id = subscription.customer_id
  join public.user_subscriptions rival
    on rival.customer_id = any (billing.customers_of(billing.payer_of(customer)) || subscription.customer_id)
  where subscription.id = find_rivals.subscription_id
    and subscription.is_live
    and rival.is_live
    and (
      billing.groups_of(rival.items) && billing.groups_of(subscription.items)
      or array_position(billing.groups_of(rival.items) || billing.groups_of(subscription.items), null) is not null
    )
  order by rival.created_at, rival.id
$$;

-- Writes down which of the rivals that this subscription is among are the younger ones: each once while an older one stands that
-- it was written down beside. Of ten subscriptions nine are told of, not forty-five pairs.
create function billing.report_doubles(subscription_id text) returns void
language sql set search_path = '' as $$
  insert into billing.outbox (source_id, kind, object_id)
  select distinct on (younger.id) older.id, 'double_subscription', younger.id
  from billing.find_rivals(report_doubles.subscription_id) older
  join billing.find_rivals(report_doubles.subscription_id) younger
    on (older.created_at, older.id) < (younger.created_at, younger.id)
  where report_doubles.subscription_id in (older.id, younger.id)
    and not exists (
      select from billing.find_rivals(report_doubles.subscription_id) beside
      join billing.outbox told on told.source_id = beside.id
      where told.kind = 'double_subscription' and told.object_id = younger.id
    )
  order by younger.id, older.created_at, older.id
  on conflict do nothing
$$;

-- A subscription is live now, or has another payer: is there a second one? Is it anybody's?
--
-- Two transactions that bring one each do not see each other's. Each takes a lock on the payer for as long as it lasts; one that
-- finds it taken does not wait, since two that wait for each other would be a deadlock, but leaves a notice to look once more, when
-- both are over.
--
-- It runs for every subscription that starts. So what it asks are lookups by a key, written out: a call of an SQL function costs more
-- than they do.
create function billing.watch_subscription(subscription_id text, customer_id text, metadata jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  payer_user uuid;
  payer_organization text;
begin
  select coalesce(customer.user_id, customer.named_user_id), customer.organization_id
  into payer_user, payer_organization
  from public.customers customer where customer.id = watch_subscription.customer_id;

  if not pg_try_advisory_xact_lock(hashtextextended(watch_subscription.customer_id, 0))
    or not coalesce(pg_try_advisory_xact_lock(hashtextextended(coalesce(payer_organization, payer_user::text), 0)), true) then
    -- Each time anew: what was looked at before this is over did not see it.
    insert into billing.outbox (source_id, kind, object_id, next_attempt_at)
    values (gen_random_uuid()::text, 'double_suspected', watch_subscription.subscription_id, now() + interval '30 seconds');
  end if;

  if exists (
    select from public.user_subscriptions other
    where other.customer_id = watch_subscription.customer_id and other.is_live and other.id <> watch_subscription.subscription_id
  ) or exists (
    -- Whether these pay for anything is looked at only where there are any: few payers have two.
    select from public.customers other
    where (other.user_id = payer_user or other.named_user_id = payer_user or other.organization_id = payer_organization)
      and other.id <> watch_subscription.customer_id
  ) then
    perform billing.report_doubles(watch_subscription.subscription_id);
  end if;

  if exists (
    select from billing.left_payers gone
    where gone.payer = coalesce('organization:' || payer_organization, 'user:' || payer_user)
  ) or payer_user is null and payer_organization is null and (
    exists (
      select from billing.outbox notice
      where notice.kind = 'customer_orphaned' and notice.object_id = watch_subscription.customer_id
    ) or exists (
      select from billing.payers_in(watch_subscription.metadata) named (payer)
      join billing.left_payers gone on gone.payer = named.payer
    )
  ) then
    insert into billing.outbox (source_id, kind, object_id)
    values (watch_subscription.customer_id, 'subscription_orphaned', watch_subscription.subscription_id)
    on conflict do nothing;
  elsif payer_user is null and payer_organization is null then
    perform billing.report_unowned(watch_subscription.subscription_id);
  end if;
end
$$;

create function billing.watch_live_subscription() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform billing.watch_subscription(new.id, new.customer_id, new.metadata);
  return null;
end
$$;
create trigger watch_new_subscription after insert on public.user_subscriptions
for each row when (new.is_live) execute function billing.watch_live_subscription();
-- A change of plan may lead into the group of another one, and so may what is added to a plan.
create trigger watch_started_subscription after update on public.user_subscriptions
for each row when (
  new.is_live and (
    not old.is_live
    or new.items is distinct from old.items
      and jsonb_path_query_array(new.items, '$[*].product_id') is distinct from jsonb_path_query_array(old.items, '$[*].product_id')
  )
)
execute function billing.watch_live_subscription();

create function billing.watch_owned_customer() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- On a page that stands open whoever had it would pay for what is another's.
  if coalesce(old.organization_id, old.user_id::text) is not null
    and coalesce(new.organization_id, new.user_id::text) is not null
    and (new.user_id, new.organization_id) is distinct from (old.user_id, old.organization_id) then
    insert into billing.outbox (source_id, kind, object_id) values (gen_random_uuid()::text, 'customer_moved', new.id);
  end if;
  -- It has come to who has left. An organisation that leaves at this moment waits, and sees it then.
  if new.organization_id is not null then
    perform pg_advisory_xact_lock_shared(hashtextextended('organization:' || new.organization_id, 0));
  end if;
  insert into billing.outbox (source_id, kind, object_id)
  select gone.payer, 'customer_orphaned', new.id from billing.left_payers gone where gone.payer = billing.payer_of(new)
  on conflict do nothing;
  perform billing.watch_subscription(subscription.id, subscription.customer_id, subscription.metadata)
  from public.user_subscriptions subscription
  where subscription.customer_id = new.id and subscription.is_live;
  -- Until now nobody knew whose seats these are.
  if exists (select from billing.seats) then
    perform billing.watch_seats(array(select s.id from public.user_subscriptions s where s.customer_id = new.id), '{}');
  end if;
  return null;
end
$$;
create trigger watch_owned_customer after update of user_id, organization_id, named_user_id on public.customers
for each row when (
  (new.user_id, new.organization_id, new.named_user_id) is distinct from (old.user_id, old.organization_id, old.named_user_id)
  and coalesce(new.organization_id, new.user_id::text, new.named_user_id::text) is not null
)
execute function billing.watch_owned_customer();

create function billing.watch_paid_session() returns trigger
language plpgsql set search_path = '' as $$
begin
  if not exists (
    select from public.customers customer
    where customer.id = new.customer_id
      and coalesce(customer.organization_id, customer.user_id::text, customer.named_user_id::text) is not null
  ) then
    perform billing.report_unowned(new.id);
  end if;
  return null;
end
$$;
create trigger watch_new_session after insert on public.checkout_sessions
for each row when (new.mode = 'payment' and new.outcome = 'complete') execute function billing.watch_paid_session();
create trigger watch_paid_session after update on public.checkout_sessions
for each row when (new.mode = 'payment' and new.outcome = 'complete' and old.outcome <> 'complete')
execute function billing.watch_paid_session();

-- What the relay asks before it acts: much may have changed since a notice was written.

create function public.find_rival_subscriptions(subscription_id text)
returns table (id text, status text, ends_at timestamptz, metadata jsonb, product_ids text[])
language sql stable security definer set search_path = '' as $$
  select rival.id, rival.status, rival.ends_at, rival.metadata,
    array(select item ->> 'product_id' from jsonb_array_elements(rival.items) item)
  from billing.find_rivals(find_rival_subscriptions.subscription_id) rival
$$;

create function public.report_double_subscriptions(subscription_id text) returns void
language sql security definer set search_path = '' as $$
  select billing.report_doubles(report_double_subscriptions.subscription_id)
$$;

create function public.report_orphaned_subscriptions(customer_id text) returns void
language sql security definer set search_path = '' as $$
  select billing.report_orphans(array[report_orphaned_subscriptions.customer_id])
  where not billing.is_owned(report_orphaned_subscriptions.customer_id)
$$;

create function public.is_owned_customer(customer_id text) returns boolean
language sql stable security definer set search_path = '' as $$
  select billing.is_owned(is_owned_customer.customer_id)
$$;

create function public.is_unowned_purchase(object_id text) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from billing.unowned_purchases purchase
    where purchase.id = is_unowned_purchase.object_id and not exists (
      -- Whoever paid for it has left: that is told, and what is done about it.
      select from billing.outbox notice
      where notice.source_id = purchase.customer_id and notice.kind = 'subscription_orphaned' and notice.object_id = purchase.id
    )
  )
$$;

create function public.count_unowned_purchases() returns bigint
language sql stable security definer set search_path = '' as $$
  select count(*) from billing.unowned_purchases
$$;

revoke all on billing.left_payers from public, anon, authenticated, service_role;
revoke all on function
  public.take_notices(integer),
  public.settle_notices(bigint[], text[]),
  public.give_up_notices(),
  public.find_rival_subscriptions(text),
  public.report_double_subscriptions(text),
  public.report_orphaned_subscriptions(text),
  public.is_owned_customer(text),
  public.is_unowned_purchase(text),
  public.count_unowned_purchases()
from public, anon, authenticated;
revoke all on function
  billing.pause_before_attempt(integer),
  billing.is_owned(text),
  billing.payer_of(public.customers),
  billing.customers_of(text),
  billing.report_orphans(text[]),
  billing.leave(text, text),
  billing.leave_as(uuid),
  billing.leave_as_user(),
  billing.leave_softly(),
  billing.report_changed_email(),
  billing.report_unowned(text),
  billing.find_rivals(text),
  billing.groups_of(jsonb),
  billing.report_doubles(text),
  billing.watch_subscription(text, text, jsonb),
  billing.watch_live_subscription(),
  billing.watch_owned_customer(),
  billing.watch_paid_session()
from public, anon, authenticated;
grant execute on function
  public.take_notices(integer),
  public.settle_notices(bigint[], text[]),
  public.give_up_notices(),
  public.find_rival_subscriptions(text),
  public.report_double_subscriptions(text),
  public.report_orphaned_subscriptions(text),
  public.is_owned_customer(text),
  public.is_unowned_purchase(text),
  public.count_unowned_purchases()
to service_role;
