-- The mirror: one row per Stripe object, keyed by Stripe's id.
-- No foreign keys between mirrored tables: Stripe promises no order, so a child may arrive before its parent.

create schema billing;
comment on schema billing is 'Internal to Turnpike. Do not add it to the exposed schemas of the API.';
revoke all on schema billing from public, anon, authenticated;
grant usage on schema billing to authenticated, service_role; -- for the tables under public.payment_history, each with its own policy

-- The guard's columns, which every mirrored table carries:
--   as_of    the moment of Stripe's truth that the row shows; it never goes back
--   rank     settles two events of the same second where the object's own life says which came last
--   deleted  terminal: no event brings the row back
--   fetched  the row was read from Stripe's API, not taken from an event
create function billing.add_guard(target regclass) returns void
language plpgsql set search_path = '' as $$
begin
  execute format('
    alter table %s
      add column as_of timestamptz not null default ''-infinity'',
      add column rank smallint not null default 0,
      add column deleted boolean not null default false,
      add column fetched boolean not null default false
  ', target);
end
$$;

create table public.customers (
  id text primary key check (id like 'cus\_%'),
  user_id uuid references auth.users (id) on delete set null,
  attached_by_email boolean not null default false,
  email text,
  name text,
  default_payment_method_id text,
  created_at timestamptz
);
comment on column public.customers.user_id is 'Set once. What a customer owns belongs to this user, whenever it arrived.';
comment on column public.customers.attached_by_email is
  'A guest whose purchases went to the user who confirmed that e-mail. A user may have several of them, but only one customer of their own.';
create index customers_user_id on public.customers (user_id);

create table public.products (
  id text primary key,
  name text not null,
  description text,
  active boolean not null,
  default_price_id text,
  images text[] not null,
  marketing_features text[] not null,
  metadata jsonb not null,
  created_at timestamptz not null
);

create table public.prices (
  id text primary key,
  product_id text not null,
  active boolean not null,
  nickname text,
  lookup_key text,
  currency text not null,
  type text not null,
  unit_amount bigint,
  recurring_interval text,
  recurring_interval_count integer,
  trial_period_days integer,
  metadata jsonb not null,
  created_at timestamptz not null
);
comment on column public.prices.unit_amount is 'In the smallest unit of the currency; null for tiered and fractional prices.';
create index prices_product_id on public.prices (product_id);

create table public.user_subscriptions (
  id text primary key,
  customer_id text not null,
  status text not null,
  price_id text,
  product_id text,
  quantity integer,
  items jsonb not null,
  currency text not null,
  current_period_start timestamptz,
  current_period_end timestamptz,
  trial_start timestamptz,
  trial_end timestamptz,
  cancel_at_period_end boolean not null,
  cancel_at timestamptz,
  canceled_at timestamptz,
  ended_at timestamptz,
  ends_at timestamptz generated always as (
    coalesce(ended_at, cancel_at, case when cancel_at_period_end then current_period_end end)
  ) stored,
  paused boolean not null,
  latest_invoice_id text,
  metadata jsonb not null,
  created_at timestamptz not null
);
comment on column public.user_subscriptions.ends_at is
  'When it ends or ended. The portal sets cancel_at, the API and the dashboard cancel_at_period_end: either one will end it.';
comment on column public.user_subscriptions.price_id is 'Of the first item; items holds them all.';
create index user_subscriptions_customer_id on public.user_subscriptions (customer_id);

create table public.checkout_sessions (
  id text primary key,
  customer_id text,
  user_id uuid,
  mode text not null,
  status text not null,
  payment_status text not null,
  payment_failed boolean not null,
  outcome text not null generated always as (
    case
      when status in ('open', 'expired') then status
      when payment_status in ('paid', 'no_payment_required') then 'complete'
      when payment_failed then 'failed'
      else 'processing'
    end
  ) stored,
  price_id text,
  currency text,
  amount_total bigint,
  customer_email text,
  payment_intent_id text,
  subscription_id text,
  invoice_id text,
  expires_at timestamptz not null,
  created_at timestamptz not null
);
comment on column public.checkout_sessions.payment_failed is 'A delayed payment (a bank debit) that failed after the session was complete.';
create index checkout_sessions_customer_id on public.checkout_sessions (customer_id);
create index checkout_sessions_payment_intent_id on public.checkout_sessions (payment_intent_id);
create index checkout_sessions_guest_email on public.checkout_sessions (lower(customer_email)) where user_id is null;

create table public.entitlements (
  id text primary key,
  customer_id text not null,
  lookup_keys text[] not null
);
comment on table public.entitlements is 'The features that a customer may use, as a set: Stripe sends it whole. The id is the customer''s.';

create table public.payment_methods (
  id text primary key,
  customer_id text,
  type text not null,
  brand text,
  last4 text,
  exp_month integer,
  exp_year integer,
  created_at timestamptz not null
);
comment on table public.payment_methods is 'On file; customers.default_payment_method_id says which one pays.';
create index payment_methods_customer_id on public.payment_methods (customer_id);

create table billing.invoices (
  id text primary key,
  customer_id text,
  subscription_id text,
  payment_intent_id text,
  number text,
  status text not null,
  billing_reason text,
  currency text not null,
  amount_due bigint not null,
  amount_paid bigint not null,
  amount_remaining bigint not null,
  attempted boolean not null,
  attempt_count integer not null,
  next_payment_attempt timestamptz,
  hosted_invoice_url text,
  invoice_pdf text,
  created_at timestamptz not null
);
comment on column billing.invoices.payment_intent_id is 'Named by API versions before 2025-03-31; later ones link through billing.invoice_payments.';
create index invoices_customer_id on billing.invoices (customer_id);

create table billing.invoice_payments (
  id text primary key,
  invoice_id text not null,
  payment_intent_id text,
  charge_id text,
  status text not null
);
create index invoice_payments_invoice_id on billing.invoice_payments (invoice_id);
create index invoice_payments_payment_intent_id on billing.invoice_payments (payment_intent_id);

create table billing.payment_intents (
  id text primary key,
  customer_id text,
  status text not null,
  currency text not null,
  amount bigint not null,
  amount_received bigint not null,
  failure_code text,
  failure_message text,
  created_at timestamptz not null
);
create index payment_intents_customer_id on billing.payment_intents (customer_id);

create table billing.charges (
  id text primary key,
  customer_id text,
  payment_intent_id text,
  invoice_id text,
  status text not null,
  currency text not null,
  amount bigint not null,
  amount_refunded bigint not null,
  failure_code text,
  failure_message text,
  receipt_url text,
  created_at timestamptz not null
);
create index charges_payment_intent_id on billing.charges (payment_intent_id);
create index charges_customer_id on billing.charges (customer_id);
create index charges_invoice_id on billing.charges (invoice_id);

create table billing.refunds (
  id text primary key,
  charge_id text,
  payment_intent_id text,
  status text not null,
  currency text not null,
  amount bigint not null,
  failure_reason text,
  created_at timestamptz not null
);
create index refunds_charge_id on billing.refunds (charge_id);

create table billing.disputes (
  id text primary key,
  charge_id text not null,
  payment_intent_id text,
  status text not null,
  reason text,
  currency text not null,
  amount bigint not null,
  created_at timestamptz not null
);
create index disputes_charge_id on billing.disputes (charge_id);

do $$ begin perform billing.add_guard(mirrored) from unnest('{
  public.customers, public.products, public.prices, public.user_subscriptions, public.checkout_sessions,
  public.entitlements, public.payment_methods,
  billing.invoices, billing.invoice_payments, billing.payment_intents, billing.charges, billing.refunds, billing.disputes
}'::regclass[]) mirrored; end $$;

create unique index customers_one_per_user on public.customers (user_id) where not deleted and not attached_by_email;

-- What the signed-in user owns: all rows of their customers, the deleted ones included.
create function billing.own_customer_ids() returns setof text
language sql stable security definer set search_path = '' as $$
  select id from public.customers where user_id = (select auth.uid())
$$;
revoke all on function billing.own_customer_ids() from public, anon;
grant execute on function billing.own_customer_ids() to authenticated;

do $$
declare
  own text;
begin
  -- A user reads what their customers own.
  foreach own in array '{
    public.user_subscriptions, public.checkout_sessions, public.entitlements, public.payment_methods,
    billing.invoices, billing.payment_intents, billing.charges
  }'::text[]
  loop
    execute format('alter table %s enable row level security', own);
    execute format('
      create policy "users read their own" on %s
      for select to authenticated using (customer_id in (select billing.own_customer_ids()))
    ', own);
  end loop;
end
$$;

alter table public.customers enable row level security;
alter table public.products enable row level security;
alter table public.prices enable row level security;
alter table billing.invoice_payments enable row level security;
alter table billing.refunds enable row level security;
alter table billing.disputes enable row level security;

create policy "users read their own customer" on public.customers
  for select to authenticated using (user_id = (select auth.uid()));
create policy "anyone reads what is on sale" on public.products
  for select to anon, authenticated using (active and not deleted);
create policy "anyone reads the prices on sale" on public.prices
  for select to anon, authenticated using (active and not deleted);
-- An archived plan stays readable for whoever is on it.
create policy "users read the products that they subscribed to" on public.products
  for select to authenticated using (id in (select product_id from public.user_subscriptions));
create policy "users read the prices that they subscribed to" on public.prices
  for select to authenticated using (id in (select price_id from public.user_subscriptions));
-- These name no customer: they are the user's where what they are about is.
create policy "users read the payments of their own invoices" on billing.invoice_payments
  for select to authenticated using (invoice_id in (select id from billing.invoices));
create policy "users read the refunds of their own charges" on billing.refunds
  for select to authenticated using (charge_id in (select id from billing.charges));
create policy "users read the disputes of their own charges" on billing.disputes
  for select to authenticated using (charge_id in (select id from billing.charges));

-- What became of a charge's money. Its own total, as of some moment, may still count a refund that failed since, or miss one
-- that its own event brought already; the greater of both counts is never behind.
create view billing.charge_balances with (security_invoker = true) as
select
  c.id,
  c.invoice_id,
  c.payment_intent_id,
  c.receipt_url,
  c.failure_message,
  c.created_at,
  greatest(refunds.standing, c.amount_refunded - refunds.reversed)::bigint as amount_refunded,
  dispute.status as dispute_status
from billing.charges c
cross join lateral (
  select
    coalesce(sum(r.amount) filter (where r.status not in ('failed', 'canceled')), 0) as standing,
    coalesce(sum(r.amount) filter (where r.status in ('failed', 'canceled')), 0) as reversed
  from billing.refunds r
  where r.charge_id = c.id and not r.deleted
) refunds
left join lateral (
  select d.status from billing.disputes d where d.charge_id = c.id order by d.created_at desc, d.id desc limit 1
) dispute on true;

-- A row per invoice and per one-time payment. A view, because its parts (invoice, payment, charge, refund, dispute) are objects
-- of their own, each with its own moment of truth: computed from them it is right whatever the order in which they arrived.
create view public.payment_history with (security_invoker = true) as
with payment as (
  select
    i.id, i.customer_id, i.id as invoice_id, link.payment_intent_id, i.subscription_id, null::text as checkout_session_id,
    i.currency, i.amount_due as amount, i.amount_paid,
    case
      when i.status in ('paid', 'void', 'uncollectible') then i.status
      when intent.status = 'requires_action' then 'action_required'
      when intent.status = 'processing' then 'processing'
      when i.attempt_count > 0 then 'failed'
      else 'processing'
    end as status,
    intent.failure_message, i.attempt_count, i.next_payment_attempt, i.number as invoice_number, i.hosted_invoice_url,
    i.invoice_pdf, i.created_at
  from billing.invoices i
  left join lateral (
    select coalesce(i.payment_intent_id, max(p.payment_intent_id)) as payment_intent_id
    from billing.invoice_payments p
    where p.invoice_id = i.id
  ) link on true
  left join billing.payment_intents intent on intent.id = link.payment_intent_id
  where i.status <> 'draft' and not i.deleted
  union all
  select
    s.payment_intent_id, s.customer_id, null, s.payment_intent_id, null, s.id,
    s.currency, s.amount_total, case when s.outcome = 'complete' then s.amount_total else 0 end,
    case
      when s.outcome = 'complete' then 'paid'
      when intent.status = 'requires_action' then 'action_required'
      else s.outcome
    end,
    intent.failure_message, 1, null, null, null,
    null, s.created_at
  from public.checkout_sessions s
  left join billing.payment_intents intent on intent.id = s.payment_intent_id
  where s.mode = 'payment' and s.payment_intent_id is not null and s.invoice_id is null and s.status = 'complete'
)
select
  payment.id,
  payment.customer_id,
  payment.invoice_id,
  payment.payment_intent_id,
  payment.subscription_id,
  payment.checkout_session_id,
  payment.currency,
  payment.amount,
  payment.amount_paid,
  money.amount_refunded,
  case
    when money.dispute_status in ('needs_response', 'under_review', 'lost') then 'disputed'
    when money.amount_refunded > 0 and money.amount_refunded >= payment.amount_paid then 'refunded'
    when money.amount_refunded > 0 then 'partially_refunded'
    else payment.status
  end as status,
  money.dispute_status,
  case when payment.status <> 'paid' then coalesce(payment.failure_message, money.failure_message) end as failure_reason,
  payment.attempt_count,
  payment.next_payment_attempt,
  payment.invoice_number,
  payment.hosted_invoice_url,
  payment.invoice_pdf,
  money.receipt_url,
  payment.created_at
from payment
cross join lateral (
  select
    coalesce(sum(b.amount_refunded), 0)::bigint as amount_refunded,
    (array_agg(b.dispute_status order by b.created_at desc, b.id) filter (where b.dispute_status is not null))[1] as dispute_status,
    (array_agg(b.failure_message order by b.created_at desc, b.id))[1] as failure_message,
    (array_agg(b.receipt_url order by b.created_at desc, b.id) filter (where b.receipt_url is not null))[1] as receipt_url
  from billing.charge_balances b
  where b.payment_intent_id = payment.payment_intent_id or b.invoice_id = payment.invoice_id
) money;

-- Does the signed-in user pay? For use in a product's own policies: using (has_active_subscription()).
-- past_due is the grace in which Stripe still retries the card.
create function public.has_active_subscription() returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from public.user_subscriptions
    where customer_id in (select billing.own_customer_ids())
      and status in ('trialing', 'active', 'past_due')
      and not deleted
  )
$$;
revoke all on function public.has_active_subscription() from public, anon;
grant execute on function public.has_active_subscription() to authenticated, service_role;

-- May the signed-in user use this feature? The key is the lookup key of a Stripe feature.
create function public.has_feature(key text) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from public.entitlements
    where customer_id in (select billing.own_customer_ids()) and has_feature.key = any (lookup_keys)
  )
$$;
revoke all on function public.has_feature(text) from public, anon;
grant execute on function public.has_feature(text) to authenticated, service_role;

-- Supabase grants everything in public to its API roles by default: leave what each role needs.
revoke all on
  public.customers, public.products, public.prices, public.user_subscriptions, public.checkout_sessions, public.entitlements,
  public.payment_methods, public.payment_history
from anon, authenticated, service_role;
revoke all on all tables in schema billing from public, anon, authenticated, service_role;
grant select on public.products, public.prices to anon;
grant select on
  public.customers, public.products, public.prices, public.user_subscriptions, public.checkout_sessions, public.entitlements,
  public.payment_methods, public.payment_history,
  billing.invoices, billing.invoice_payments, billing.payment_intents, billing.charges, billing.refunds, billing.disputes,
  billing.charge_balances
to authenticated, service_role;
