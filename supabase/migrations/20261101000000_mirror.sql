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
  email text,
  name text,
  created_at timestamptz
);
comment on column public.customers.user_id is 'Set once. What a customer owns belongs to this user, whenever it arrived.';
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
create index charges_invoice_id on billing.charges (invoice_id);

do $$ begin perform billing.add_guard(mirrored) from unnest('{
  public.customers, public.products, public.prices, public.user_subscriptions, public.checkout_sessions,
  billing.invoices, billing.invoice_payments, billing.charges
}'::regclass[]) mirrored; end $$;

create unique index customers_one_per_user on public.customers (user_id) where not deleted;

-- What the signed-in user owns: all rows of their customers, the deleted ones included.
create function billing.own_customer_ids() returns setof text
language sql stable security definer set search_path = '' as $$
  select id from public.customers where user_id = (select auth.uid())
$$;
revoke all on function billing.own_customer_ids() from public, anon;
grant execute on function billing.own_customer_ids() to authenticated;

alter table public.customers enable row level security;
alter table public.products enable row level security;
alter table public.prices enable row level security;
alter table public.user_subscriptions enable row level security;
alter table public.checkout_sessions enable row level security;
alter table billing.invoices enable row level security;
alter table billing.invoice_payments enable row level security;
alter table billing.charges enable row level security;

create policy "users read their own customer" on public.customers
  for select to authenticated using (user_id = (select auth.uid()));
create policy "anyone reads what is on sale" on public.products
  for select to anon, authenticated using (active and not deleted);
create policy "anyone reads the prices on sale" on public.prices
  for select to anon, authenticated using (active and not deleted);
create policy "users read their own subscriptions" on public.user_subscriptions
  for select to authenticated using (customer_id in (select billing.own_customer_ids()));
-- An archived plan stays readable for whoever is on it.
create policy "users read the products that they subscribed to" on public.products
  for select to authenticated using (id in (select product_id from public.user_subscriptions));
create policy "users read the prices that they subscribed to" on public.prices
  for select to authenticated using (id in (select price_id from public.user_subscriptions));
create policy "users read their own checkout sessions" on public.checkout_sessions
  for select to authenticated using (customer_id in (select billing.own_customer_ids()));
create policy "users read their own invoices" on billing.invoices
  for select to authenticated using (customer_id in (select billing.own_customer_ids()));
create policy "users read the payments of their own invoices" on billing.invoice_payments
  for select to authenticated using (invoice_id in (select id from billing.invoices));
create policy "users read their own charges" on billing.charges
  for select to authenticated using (customer_id in (select billing.own_customer_ids()));

-- A row per invoice and per one-time payment. A view, because its parts (invoice, charge, session) are objects of their own,
-- each with its own moment of truth: computed from them it is right whatever the order in which they arrived.
create view public.payment_history with (security_invoker = true) as
with refund as (
  select
    coalesce(c.invoice_id, p.invoice_id) as invoice_id,
    c.payment_intent_id,
    sum(c.amount_refunded)::bigint as amount_refunded,
    max(c.receipt_url) as receipt_url,
    (array_agg(c.failure_message order by c.created_at desc))[1] as failure_message
  from billing.charges c
  left join billing.invoice_payments p on p.payment_intent_id = c.payment_intent_id
  group by 1, 2
)
select
  i.id,
  i.customer_id,
  i.id as invoice_id,
  coalesce(i.payment_intent_id, r.payment_intent_id) as payment_intent_id,
  i.subscription_id,
  null::text as checkout_session_id,
  i.currency,
  i.amount_due as amount,
  i.amount_paid,
  coalesce(r.amount_refunded, 0) as amount_refunded,
  case
    when coalesce(r.amount_refunded, 0) > 0 and r.amount_refunded >= i.amount_paid then 'refunded'
    when coalesce(r.amount_refunded, 0) > 0 then 'partially_refunded'
    when i.status in ('paid', 'void', 'uncollectible') then i.status
    when i.attempt_count > 0 then 'failed'
    else 'processing'
  end as status,
  r.failure_message as failure_reason,
  i.attempt_count,
  i.next_payment_attempt,
  i.number as invoice_number,
  i.hosted_invoice_url,
  i.invoice_pdf,
  r.receipt_url,
  i.created_at
from billing.invoices i
left join refund r on r.invoice_id = i.id or (r.invoice_id is null and r.payment_intent_id = i.payment_intent_id)
where i.status <> 'draft' and not i.deleted
union all
select
  s.payment_intent_id,
  s.customer_id,
  null,
  s.payment_intent_id,
  null,
  s.id,
  s.currency,
  s.amount_total,
  case when s.outcome = 'complete' then s.amount_total else 0 end,
  coalesce(r.amount_refunded, 0),
  case
    when coalesce(r.amount_refunded, 0) > 0 and r.amount_refunded >= s.amount_total then 'refunded'
    when coalesce(r.amount_refunded, 0) > 0 then 'partially_refunded'
    when s.outcome = 'complete' then 'paid'
    else s.outcome
  end,
  r.failure_message,
  1,
  null,
  null,
  null,
  null,
  r.receipt_url,
  s.created_at
from public.checkout_sessions s
left join refund r on r.payment_intent_id = s.payment_intent_id
where s.mode = 'payment' and s.payment_intent_id is not null and s.invoice_id is null and s.status = 'complete';

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

-- Supabase grants everything in public to its API roles by default: leave what each role needs.
revoke all on
  public.customers, public.products, public.prices, public.user_subscriptions, public.checkout_sessions, public.payment_history
from anon, authenticated, service_role;
revoke all on all tables in schema billing from public, anon, authenticated, service_role;
grant select on public.products, public.prices to anon;
grant select on
  public.customers, public.products, public.prices, public.user_subscriptions, public.checkout_sessions, public.payment_history,
  billing.invoices, billing.invoice_payments, billing.charges
to authenticated, service_role;
