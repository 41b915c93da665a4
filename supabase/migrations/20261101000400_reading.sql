-- What the product reads: the history of payments, and who may use what.

-- What became of a charge's money. Its own total, as of some moment, may still count a refund that failed since, or miss one
-- that its own event brought already; the greater of both counts is never behind. Both also count what was
-- held and let go again, which was never taken: https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
-- Of several disputes the one counts that weighs most: open, then lost, then the newest.
create view billing.charge_balances with (security_invoker = true) as
select
  c.id,
  c.invoice_id,
  c.payment_intent_id,
  c.receipt_url,
  c.failure_message,
  c.created_at,
  greatest(
    0, greatest(refunds.standing, c.amount_refunded - refunds.reversed) - (c.amount - c.amount_captured)
  )::bigint as amount_refunded,
  dispute.status as dispute_status,
  dispute.weight as dispute_weight
from billing.charges c
cross join lateral (
  select
    coalesce(sum(r.amount) filter (where r.status not in ('failed', 'canceled')), 0) as standing,
    coalesce(sum(r.amount) filter (where r.status in ('failed', 'canceled')), 0) as reversed
  from billing.refunds r
  where r.charge_id = c.id
) refunds
left join lateral (
  select d.status, case when d.status in ('needs_response', 'under_review') then 2 when d.status = 'lost' then 1 else 0 end as weight
  from billing.disputes d
  where d.charge_id = c.id
  order by weight desc, d.created_at desc, d.id desc
  limit 1
) dispute on true;

-- A row per invoice and per one-time purchase. A view, because its parts (invoice, payment, charge, refund, dispute) are objects
-- of their own, each with its own moment of truth: computed from them it is right whatever the order in which they arrived.
-- An invoice may be paid in several parts: what it shows is the sum of them all.
create view public.payment_history with (security_invoker = true) as
with payment as (
  select
    i.id, i.customer_id, i.id as invoice_id, parts.payment_intent_ids, parts.charge_ids, i.subscription_id, null::text as checkout_session_id,
    i.currency, i.amount_due as amount, i.amount_paid,
    case
      when i.status <> 'open' then i.status
      when parts.action_required then 'action_required'
      when parts.processing then 'processing'
      when i.due_date < now() then 'overdue'
      -- On a test clock that is ahead of ours Stripe alone knows: what it calls past due is the latest invoice of a subscription.
      when i.due_date is not null and exists (
        select from public.user_subscriptions s
        where s.id = i.subscription_id and s.latest_invoice_id = i.id and s.status in ('past_due', 'unpaid')
      ) then 'overdue'
      when i.amount_paid > 0 then 'partially_paid'
      when i.attempt_count > 0 and i.collection_method is distinct from 'send_invoice' then 'failed'
      else 'open'
    end as status,
    parts.failure_message, i.attempt_count, i.next_payment_attempt, i.due_date, i.number as invoice_number,
    i.product_id, i.description, i.other_products, i.hosted_invoice_url, i.invoice_pdf, i.created_at
  from billing.invoices i
  cross join lateral (
    select
      array_agg(part.charge_id) as charge_ids,
      array_agg(part.payment_intent_id order by intent.created_at desc nulls last, part.payment_intent_id) as payment_intent_ids,
      bool_or(intent.status = 'requires_action') as action_required,
      bool_or(intent.status = 'processing') as processing,
      (array_agg(intent.failure_message order by intent.created_at desc, intent.id)
        filter (where intent.failure_message is not null and intent.status <> 'canceled'))[1] as failure_message
    from (
      select i.payment_intent_id, null::text as charge_id where i.payment_intent_id is not null
      union
      select p.payment_intent_id, p.charge_id from billing.invoice_payments p where p.invoice_id = i.id
    ) part
    left join billing.payment_intents intent on intent.id = part.payment_intent_id
  ) parts
  where i.status <> 'draft' and not i.deleted
  union all
  select
    coalesce(s.payment_intent_id, s.id), s.customer_id, null, array[s.payment_intent_id], null, null, s.id,
    s.currency, s.amount_total,
    case when intent.status = 'succeeded' then intent.amount_received when s.outcome = 'complete' then s.amount_total else 0 end,
    case
      when intent.status = 'requires_capture' then 'held'
      when intent.status = 'canceled' then 'canceled'
      when intent.status = 'succeeded' or s.outcome = 'complete' then 'paid'
      when intent.status = 'requires_action' then 'action_required'
      else s.outcome
    end,
    intent.failure_message, 1, null, null, null, null,
    null, 0, null, null, s.created_at
  from public.checkout_sessions s
  left join billing.payment_intents intent on intent.id = s.payment_intent_id
  where s.mode = 'payment' and s.invoice_id is null and s.status = 'complete'
)
select
  payment.id,
  payment.customer_id,
  payment.invoice_id,
  payment.payment_intent_ids[1] as payment_intent_id,
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
  payment.due_date,
  payment.invoice_number,
  payment.product_id,
  payment.description,
  payment.other_products,
  payment.hosted_invoice_url,
  payment.invoice_pdf,
  money.receipt_url,
  payment.created_at
from payment
cross join lateral (
  select
    coalesce(sum(b.amount_refunded), 0)::bigint as amount_refunded,
    (array_agg(b.dispute_status order by b.dispute_weight desc, b.created_at desc, b.id)
      filter (where b.dispute_status is not null))[1] as dispute_status,
    (array_agg(b.failure_message order by b.created_at desc, b.id))[1] as failure_message,
    (array_agg(b.receipt_url order by b.created_at desc, b.id) filter (where b.receipt_url is not null))[1] as receipt_url
  from billing.charge_balances b
  where b.payment_intent_id = any (payment.payment_intent_ids)
    or b.id = any (payment.charge_ids)
    or b.invoice_id = payment.invoice_id
) money;
comment on column public.payment_history.status is
  'open waits to be paid; held is authorised and not captured; what is given back or disputed stands before how it was paid. @type "paid" | "void" | "uncollectible" | "open" | "overdue" | "partially_paid" | "processing" | "action_required" | "failed" | "held" | "canceled" | "refunded" | "partially_refunded" | "disputed" | "expired"';

comment on column public.payment_history.product_id is
  'What an invoice is for, as it was made: of several things the one that costs the most, and other_products counts the others. Null where description alone says it.';

-- Since when a past due subscription is not paid: since the first invoice after the one that was paid last. Each renewal makes another,
-- and the subscription's latest would begin the grace anew.
create function billing.unpaid_since(subscription public.user_subscriptions) returns timestamptz
language sql stable set search_path = '' as $$
  select coalesce(
    (
      select min(unpaid.created_at) from billing.invoices unpaid
      where unpaid.customer_id = subscription.customer_id and unpaid.subscription_id = subscription.id
        and unpaid.status in ('open', 'uncollectible')
        and unpaid.created_at > all (
          select paid.created_at from billing.invoices paid
          where paid.customer_id = subscription.customer_id and paid.subscription_id = subscription.id and paid.status = 'paid'
        )
    ),
    (select latest.created_at from billing.invoices latest where latest.id = subscription.latest_invoice_id),
    subscription.current_period_start,
    subscription.created_at
  )
$$;

-- Does one of these customers pay, or try?
create function billing.gives_access(customer_ids text[]) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return exists (
    select from public.user_subscriptions s cross join billing.settings
    where s.customer_id = any (customer_ids) and s.grants_access
      and (
        s.status <> 'past_due' or past_due_grace_days is null
        or now() < make_interval(days => past_due_grace_days) + billing.unpaid_since(s)
      )
  );
end
$$;
create function billing.gives_feature(customer_ids text[], key text) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return exists (
    select from public.entitlements e where e.id = any (customer_ids) and gives_feature.key = any (e.lookup_keys)
  );
end
$$;
create function billing.organization_customer_ids(organization_id text) returns setof text
language sql stable set search_path = '' as $$
  select c.id from public.customers c where c.organization_id = organization_customer_ids.organization_id
$$;
-- Whoever comes in through the API as a user sees only the organisations that they belong to; the service role sees all.
create function billing.may_ask_about(organization_id text) returns boolean
language sql stable set search_path = '' as $$
  select current_setting('role') not in ('anon', 'authenticated') or exists (
    select from billing.organizations_of((select auth.uid())) o where o.organization_id = may_ask_about.organization_id
  )
$$;

-- What is to become of a subscription, by what stands already at Stripe: for a page to say "Changes to Starter on 1 March".
create view public.upcoming_changes with (security_invoker = true) as
select s.id as subscription_id, s.customer_id, change.kind, change.at, change.items,
  plan.item ->> 'price_id' as price_id, (plan.item ->> 'quantity')::integer as quantity
from public.user_subscriptions s
cross join lateral (
  -- The first phase to come in which something else is paid for than now.
  (
    select 'change' as kind, (phase ->> 'start_date')::timestamptz as at, phase -> 'items' as items
    from public.subscription_schedules schedule, jsonb_array_elements(schedule.phases) phase
    where schedule.subscription_id = s.id and schedule.status = 'active'
      and (phase ->> 'start_date')::timestamptz >= schedule.current_phase_end
      and phase -> 'items' is distinct from (
        select jsonb_agg(jsonb_build_object('price_id', item -> 'price_id', 'quantity', item -> 'quantity') order by place)
        from jsonb_array_elements(s.items) with ordinality as items (item, place)
      )
    order by 2
    limit 1
  )
  union all
  select 'change_when_paid', (s.pending_update ->> 'expires_at')::timestamptz, s.pending_update -> 'items'
  where s.pending_update is not null
  union all
  select 'trial_end', s.trial_end, null where s.status = 'trialing'
  union all
  select 'end', s.ends_at, null where s.ends_at is not null
) change
left join lateral (
  select item
  from jsonb_array_elements(change.items) with ordinality as items (item, place)
  left join public.prices price on price.id = item ->> 'price_id'
  left join public.products product on product.id = price.product_id
  order by (product.id is not null and coalesce(product.metadata ->> 'subscription_group', '') !~ '\S') desc, place
  limit 1
) plan on true
where s.is_live;
comment on column public.upcoming_changes.kind is
  'change: it becomes what items says. change_when_paid: the same, if the invoice is paid until then. trial_end: then it costs. end: then it is over.';
comment on column public.upcoming_changes.price_id is
  'Of the plan: the item whose product names no group. Where all name one, or it may not be read, of the first item.';
comment on column public.upcoming_changes.items is '@type { price_id: string; quantity: number | null }[]';

-- For a product's own policies: does the signed-in user pay, or somebody for them? Write (select has_active_subscription()), then it
-- is asked once for a query and not for each row. Of visitors it is false.
create function public.has_active_subscription() returns boolean
language sql stable security definer set search_path = '' as $$
  select billing.gives_access(array(select billing.usable_customer_ids()))
$$;
-- May the signed-in user use this feature? The key is the lookup key of a Stripe feature.
create function public.has_feature(key text) returns boolean
language sql stable security definer set search_path = '' as $$
  select billing.gives_feature(array(select billing.usable_customer_ids()), has_feature.key)
$$;

-- The same of one organisation, for its members and the service role; anybody else hears false.
create function public.organization_has_active_subscription(organization_id text) returns boolean
language sql stable security definer set search_path = '' as $$
  select billing.may_ask_about(organization_has_active_subscription.organization_id) and billing.gives_access(
    array(select billing.organization_customer_ids(organization_has_active_subscription.organization_id))
  )
$$;
create function public.organization_has_feature(organization_id text, key text) returns boolean
language sql stable security definer set search_path = '' as $$
  select billing.may_ask_about(organization_has_feature.organization_id) and billing.gives_feature(
    array(select billing.organization_customer_ids(organization_has_feature.organization_id)), organization_has_feature.key
  )
$$;

-- The same of any user, for the service role: a worker or an edge function has no signed-in user.
create function public.user_has_active_subscription(user_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select billing.gives_access(array(select billing.usable_customer_ids(user_has_active_subscription.user_id)))
$$;
create function public.user_has_feature(user_id uuid, key text) returns boolean
language sql stable security definer set search_path = '' as $$
  select billing.gives_feature(array(select billing.usable_customer_ids(user_has_feature.user_id)), user_has_feature.key)
$$;

revoke all on all functions in schema billing from public, anon;
revoke all on function
  billing.unpaid_since(public.user_subscriptions), billing.gives_access(text[]), billing.gives_feature(text[], text), billing.organization_customer_ids(text), billing.may_ask_about(text)
from authenticated;
revoke all on function
  public.has_active_subscription(), public.has_feature(text),
  public.organization_has_active_subscription(text), public.organization_has_feature(text, text),
  public.user_has_active_subscription(uuid), public.user_has_feature(uuid, text)
from public, anon, authenticated;
grant execute on function
  public.has_active_subscription(), public.has_feature(text),
  public.organization_has_active_subscription(text), public.organization_has_feature(text, text)
to anon, authenticated, service_role;
grant execute on function public.user_has_active_subscription(uuid), public.user_has_feature(uuid, text) to service_role;
revoke all on public.payment_history, public.upcoming_changes, billing.charge_balances from public, anon, authenticated, service_role;
grant select on public.payment_history, public.upcoming_changes, billing.charge_balances to authenticated, service_role;
