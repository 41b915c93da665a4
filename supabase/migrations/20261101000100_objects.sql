-- The mirrored objects: one row per Stripe object, keyed by Stripe's id. Each block is all that SQL knows of one: its table, its
-- indexes, its one call of billing.mirror, and who may read it.
-- No foreign keys between mirrored tables: Stripe promises no order, so a child may arrive before its parent.
-- Customers come first: what else is written may depend on whose they are.

create table public.customers (
  id text primary key check (id like 'cus\_%'),
  user_id uuid references auth.users (id) on delete set null,
  organization_id text,
  owned_by text check (owned_by in ('metadata', 'email', 'purchase', 'operator')),
  named_user_id uuid references auth.users (id) on delete set null,
  email text,
  name text,
  default_payment_method_id text,
  created_at timestamptz,
  check (user_id is null or organization_id is null)
);
comment on table public.customers is
  'A payer, which is a user or an organisation of the product, owns any number of them. A customer has one payer, who sees and manages all of it.';
comment on column public.customers.owned_by is
  'How it came to its payer: metadata that only a secret key can write; an address that the user has confirmed; the user who came back from its purchase; the operator.';
comment on column public.customers.named_user_id is
  'Whom a purchase names in client_reference_id, which is part of a link''s address and can be edited by anyone. It gives that user what was bought, and nothing to see or to manage.';
create index customers_user_id on public.customers (user_id);
create index customers_organization_id on public.customers (organization_id);
create index customers_named_user_id on public.customers (named_user_id);
create index customers_unowned_email on public.customers (lower(email)) where user_id is null and organization_id is null;
select billing.mirror('customer', 'public.customers', '{user_id,organization_id,owned_by,named_user_id}');

-- What the signed-in user owns or manages for an organisation: all rows of those customers, the deleted ones included. A policy asks
-- for them as an array: then Postgres looks each up in the table's index, where `in` would make it read everybody's rows.
create function billing.own_customer_ids() returns setof text
-- In plpgsql a plan is kept for as long as a connection lives; in sql it is made at each call, which is most of what a call costs.
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  select id from public.customers where user_id = (select auth.uid())
  union all
  select id from public.customers where organization_id = any (array(
    select o.organization_id from billing.organizations_of((select auth.uid())) o where o.manages_billing
  ));
end
$$;
-- What the user may use: that, what belongs to any organisation of theirs, and what somebody has bought for them.
create function billing.usable_customer_ids(user_id uuid) returns setof text
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  select c.id from public.customers c where c.user_id = usable_customer_ids.user_id
  union
  select c.id from public.customers c where c.named_user_id = usable_customer_ids.user_id
  union
  select c.id from public.customers c where c.organization_id = any (array(
    select o.organization_id from billing.organizations_of(usable_customer_ids.user_id) o
  ));
end
$$;
create function billing.usable_customer_ids() returns setof text
language plpgsql stable security definer set search_path = '' as $$
begin
  return query select billing.usable_customer_ids(auth.uid());
end
$$;
revoke all on function billing.own_customer_ids(), billing.usable_customer_ids(), billing.usable_customer_ids(uuid) from public, anon;
grant execute on function billing.own_customer_ids(), billing.usable_customer_ids() to authenticated;

create policy "users read their own customers" on public.customers
  for select to authenticated using (id = any (array(select billing.own_customer_ids())));

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
select billing.mirror('product', 'public.products');

-- The group that is named so: neither the spaces around a name nor its capital letters make another one of it. As `groupOf` reads it in
-- packages/core/src/catalog/schema.ts.
create function billing.group_named(name text) returns text
language sql immutable set search_path = '' as $$
  select lower(btrim(coalesce(name, ''), E' \t\n\v\f\r\u00a0\u2028\u2029\u202f\u3000\ufeff'))
$$;

create table public.prices (
  id text primary key,
  product_id text not null,
  active boolean not null,
  nickname text,
  lookup_key text,
  currency text not null,
  type text not null,
  unit_amount bigint,
  unit_amount_decimal text,
  transform_quantity jsonb,
  recurring_interval text,
  recurring_interval_count integer,
  trial_period_days integer,
  usage_type text,
  tax_behavior text,
  currency_options jsonb not null,
  metadata jsonb not null,
  created_at timestamptz not null
);
comment on column public.prices.currency_options is
  'What it costs in each of its currencies, its own among them; empty once it was deleted. @type { [currency: string]: { unit_amount: number | null; unit_amount_decimal: string | null; tax_behavior: string | null } }';
comment on column public.prices.unit_amount is 'In the smallest unit of the currency; null for tiered and fractional prices.';
comment on column public.prices.unit_amount_decimal is 'The same with up to twelve decimals, as Stripe writes it: half a cent is 0.5; null for tiered prices, and where the buyer says how much.';
comment on column public.prices.transform_quantity is
  'In packages: so many count as one, what is left over as one more (up) or as none (down). @type { divide_by: number; round: string }';
comment on column public.prices.tax_behavior is 'inclusive: the amount holds the tax; exclusive: it comes on top; else the account decides.';
comment on column public.prices.usage_type is 'licensed, or metered: paid by what was used, so it is sold without a quantity.';
create index prices_product_id on public.prices (product_id);
select billing.mirror('price', 'public.prices');
create policy "anyone reads what is on sale" on public.products
  for select to anon, authenticated using (active and not deleted);
create policy "anyone reads the prices on sale" on public.prices
  for select to anon, authenticated using (active and not deleted);

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
  pending_update jsonb,
  latest_invoice_id text,
  metadata jsonb not null,
  created_at timestamptz not null
);
comment on column public.user_subscriptions.pending_update is
  'A change that waits for its payment: see upcoming_changes. @type { expires_at: string; items: { price_id: string; quantity: number | null }[] }';
comment on column public.user_subscriptions.ends_at is
  'When it ends or ended. The portal sets cancel_at, the API and the dashboard cancel_at_period_end: either one will end it.';
comment on column public.user_subscriptions.items is
  'What it is made of, up to twenty prices. @type { id: string; price_id: string; product_id: string; quantity: number | null; current_period_start: string | null; current_period_end: string | null }[]';
comment on column public.user_subscriptions.price_id is 'Of the first item; items holds them all.';
create index user_subscriptions_customer_id on public.user_subscriptions (customer_id);
select billing.mirror('subscription', 'public.user_subscriptions');
alter table public.user_subscriptions
  add column is_live boolean not null generated always as (
    status = any ('{trialing,active,past_due,unpaid,paused}') and not deleted
  ) stored,
  add column grants_access boolean not null generated always as (
    status = any ('{trialing,active,past_due}') and not deleted
  ) stored;
comment on column public.user_subscriptions.is_live is
  'Stripe may still take money for it. The one definition: the sale, the pages and what is told all read it here.';
comment on column public.user_subscriptions.grants_access is
  'It is paid for, or tried. past_due is the grace in which Stripe still retries the card.';
create policy "users read what they may use" on public.user_subscriptions
  for select to authenticated using (customer_id = any (array(select billing.usable_customer_ids())));
-- An archived plan stays readable for whoever is on it.
create policy "users read the products that they subscribed to" on public.products
  for select to authenticated using (
    id in (select item ->> 'product_id' from public.user_subscriptions, jsonb_array_elements(items) item)
  );
create policy "users read the prices that they subscribed to" on public.prices
  for select to authenticated using (
    id in (select item ->> 'price_id' from public.user_subscriptions, jsonb_array_elements(items) item)
  );

create table public.subscription_schedules (
  id text primary key,
  customer_id text,
  subscription_id text,
  status text not null,
  end_behavior text not null,
  phases jsonb not null,
  current_phase_start timestamptz,
  current_phase_end timestamptz,
  canceled_at timestamptz,
  completed_at timestamptz,
  released_at timestamptz,
  metadata jsonb not null,
  created_at timestamptz not null
);
comment on column public.subscription_schedules.phases is
  '@type { start_date: string; end_date: string; items: { price_id: string | null; quantity: number | null }[] }[]';
comment on table public.subscription_schedules is 'Changes of a subscription that are to come.';
comment on column public.subscription_schedules.subscription_id is 'Also of one that was released: the subscription that it managed.';
create index subscription_schedules_customer_id on public.subscription_schedules (customer_id);
select billing.mirror('subscription_schedule', 'public.subscription_schedules');
create policy "users read what they may use" on public.subscription_schedules
  for select to authenticated using (customer_id = any (array(select billing.usable_customer_ids())));

create table public.checkout_sessions (
  id text primary key,
  customer_id text,
  user_id uuid references auth.users (id) on delete set null,
  organization_id text,
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
  ) stored check (outcome in ('open', 'processing', 'complete', 'failed', 'expired')),
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
comment on column public.checkout_sessions.user_id is
  'Whose a purchase without a customer is, found as for a customer: what a payment link sells once makes none by itself.';
comment on column public.checkout_sessions.payment_failed is 'A delayed payment (a bank debit) that failed after the session was complete.';
create index checkout_sessions_customer_id on public.checkout_sessions (customer_id);
create index checkout_sessions_payment_intent_id on public.checkout_sessions (payment_intent_id);
create index checkout_sessions_email on public.checkout_sessions (lower(customer_email)) where status = 'complete';
create index checkout_sessions_user_id on public.checkout_sessions (user_id);
select billing.mirror('checkout_session', 'public.checkout_sessions', '{user_id,organization_id}');

-- Purchases of the signed-in user that have no customer: by their sessions, and by what those paid with.
create function billing.own_purchases() returns table (checkout_session_id text, payment_intent_id text)
language sql stable security definer set search_path = '' as $$
  select s.id, s.payment_intent_id from public.checkout_sessions s
  where s.customer_id is null and (
    s.user_id = (select auth.uid())
    or s.organization_id = any (array(
      select o.organization_id from billing.organizations_of((select auth.uid())) o where o.manages_billing
    ))
  )
$$;
revoke all on function billing.own_purchases() from public, anon;
grant execute on function billing.own_purchases() to authenticated;
create policy "users read their own" on public.checkout_sessions
  for select to authenticated using (
    customer_id = any (array(select billing.own_customer_ids()))
    or id = any (array(select checkout_session_id from billing.own_purchases()))
  );

create table billing.invoices (
  id text primary key,
  customer_id text,
  subscription_id text,
  payment_intent_id text,
  number text,
  status text not null,
  billing_reason text,
  collection_method text,
  due_date timestamptz,
  currency text not null,
  amount_due bigint not null,
  amount_paid bigint not null,
  amount_remaining bigint not null,
  attempted boolean not null,
  attempt_count integer not null,
  next_payment_attempt timestamptz,
  product_id text,
  description text,
  other_products integer not null,
  hosted_invoice_url text,
  invoice_pdf text,
  created_at timestamptz not null
);
comment on column billing.invoices.payment_intent_id is 'Named by API versions before 2025-03-31; later ones link through billing.invoice_payments.';
comment on column billing.invoices.product_id is 'Of the line that costs the most.';
comment on column billing.invoices.description is 'The same line, in Stripe''s words: it has no product when it was written by hand.';
comment on column billing.invoices.other_products is 'How many other things are charged for, of those that Stripe shows with an invoice: ten lines.';
create index invoices_customer_id on billing.invoices (customer_id);
select billing.mirror('invoice', 'billing.invoices');
create policy "users read their own" on billing.invoices
  for select to authenticated using (customer_id = any (array(select billing.own_customer_ids())));

create table billing.invoice_payments (
  id text primary key,
  invoice_id text not null,
  payment_intent_id text,
  charge_id text,
  status text not null
);
comment on table billing.invoice_payments is
  'Which payment paid an invoice, or is to pay it. An invoice may be paid in several parts: docs.stripe.com/invoicing/partial-payments';
create index invoice_payments_invoice_id on billing.invoice_payments (invoice_id);
create index invoice_payments_payment_intent_id on billing.invoice_payments (payment_intent_id);
select billing.mirror('invoice_payment', 'billing.invoice_payments');
-- It names no customer: it is the user's where its invoice is.
create policy "users read the payments of their own invoices" on billing.invoice_payments
  for select to authenticated using (exists (select from billing.invoices where invoices.id = invoice_id));

create table billing.credit_notes (
  id text primary key,
  customer_id text,
  invoice_id text not null,
  number text not null,
  status text not null,
  type text not null,
  reason text,
  currency text not null,
  amount bigint not null,
  pre_payment_amount bigint not null,
  post_payment_amount bigint not null,
  pdf text,
  voided_at timestamptz,
  created_at timestamptz not null
);
comment on table billing.credit_notes is
  'What was taken off a finalised invoice: pre_payment_amount from what was still to be paid, post_payment_amount given back.';
create index credit_notes_customer_id on billing.credit_notes (customer_id);
create index credit_notes_invoice_id on billing.credit_notes (invoice_id);
select billing.mirror('credit_note', 'billing.credit_notes');
create policy "users read their own" on billing.credit_notes
  for select to authenticated using (customer_id = any (array(select billing.own_customer_ids())));

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
select billing.mirror('payment_intent', 'billing.payment_intents');
create policy "users read their own" on billing.payment_intents
  for select to authenticated using (
    customer_id = any (array(select billing.own_customer_ids()))
    or id = any (array(select payment_intent_id from billing.own_purchases()))
  );

create table billing.charges (
  id text primary key,
  customer_id text,
  payment_intent_id text,
  invoice_id text,
  status text not null,
  currency text not null,
  amount bigint not null,
  amount_captured bigint not null,
  amount_refunded bigint not null,
  failure_code text,
  failure_message text,
  receipt_url text,
  created_at timestamptz not null
);
create index charges_payment_intent_id on billing.charges (payment_intent_id);
create index charges_customer_id on billing.charges (customer_id);
create index charges_invoice_id on billing.charges (invoice_id);
select billing.mirror('charge', 'billing.charges');
create policy "users read their own" on billing.charges
  for select to authenticated using (
    customer_id = any (array(select billing.own_customer_ids()))
    or payment_intent_id = any (array(select payment_intent_id from billing.own_purchases()))
  );

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
select billing.mirror('refund', 'billing.refunds');
-- It names no customer: it is the user's where its charge is.
create policy "users read the refunds of their own charges" on billing.refunds
  for select to authenticated using (exists (select from billing.charges where charges.id = charge_id));

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
select billing.mirror('dispute', 'billing.disputes');
create policy "users read the disputes of their own charges" on billing.disputes
  for select to authenticated using (exists (select from billing.charges where charges.id = charge_id));

create table billing.early_fraud_warnings (
  id text primary key,
  charge_id text not null,
  payment_intent_id text,
  fraud_type text,
  actionable boolean,
  created_at timestamptz
);
comment on table billing.early_fraud_warnings is 'A card network expects a dispute. For the operator alone: no policy lets a customer see it.';
select billing.mirror('early_fraud_warning', 'billing.early_fraud_warnings');

create table public.entitlements (
  id text primary key,
  customer_id text not null,
  lookup_keys text[] not null
);
comment on table public.entitlements is 'The features that a customer may use, as a set: Stripe sends it whole. The id is the customer''s.';
select billing.mirror('entitlements', 'public.entitlements');
create policy "users read what they may use" on public.entitlements
  for select to authenticated using (id = any (array(select billing.usable_customer_ids())));

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
select billing.mirror('payment_method', 'public.payment_methods');
create policy "users read their own" on public.payment_methods
  for select to authenticated using (customer_id = any (array(select billing.own_customer_ids())));

grant select on public.products, public.prices to anon, authenticated;
grant select on
  public.customers, public.user_subscriptions, public.subscription_schedules, public.checkout_sessions, public.entitlements,
  public.payment_methods, billing.invoices, billing.invoice_payments, billing.credit_notes, billing.payment_intents,
  billing.charges, billing.refunds, billing.disputes
to authenticated;
