-- The sale: who buys, and one sale at a time for each payer.

-- Who is selling something to a payer at this moment. A request looks at what there is at Stripe and then opens a page to pay on:
-- two at once would each see nothing and open one each, and both could be paid.
create table billing.sales_in_progress (
  payer text primary key,
  token uuid not null,
  expires_at timestamptz not null
);
comment on column billing.sales_in_progress.payer is '"user:" or "organization:", and the id.';
comment on column billing.sales_in_progress.expires_at is
  'When a sale whose process died stops standing in the way: after the 20 seconds that a function may take, and what it had asked of Stripe last.';

-- Begins a sale, unless another one of this payer's is in progress. The caller makes the token up, so that it may ask again when an
-- answer was lost.
create function public.begin_sale(payer text, token uuid) returns boolean
language sql security definer set search_path = '' as $$
  with begun as (
    insert into billing.sales_in_progress as standing (payer, token, expires_at)
    values (begin_sale.payer, begin_sale.token, clock_timestamp() + interval '30 seconds')
    on conflict on constraint sales_in_progress_pkey do update
    set token = excluded.token, expires_at = excluded.expires_at
    where standing.expires_at <= clock_timestamp() or standing.token = excluded.token
    returning 1
  )
  select exists (select from begun)
$$;

-- Ends it. One that ran out meanwhile, and is another's by now, stays.
create function public.end_sale(payer text, token uuid) returns void
language sql security definer set search_path = '' as $$
  delete from billing.sales_in_progress standing
  where standing.payer = end_sale.payer and standing.token = end_sale.token
$$;

-- Who is buying: the address as it is now, where a token has that of up to an hour ago, and outlives a user who is deleted.
create function public.find_buyer(user_id uuid) returns table (email text, email_confirmed boolean)
language sql stable security definer set search_path = '' as $$
  select users.email::text, users.email_confirmed_at is not null
  from auth.users users
  where users.id = find_buyer.user_id and users.deleted_at is null
$$;

-- A payer's customers that were deleted at Stripe: what they had is listed there still.
create function public.find_deleted_customers(user_id uuid default null, organization_id text default null) returns setof text
language sql stable security definer set search_path = '' as $$
  select c.id from public.customers c
  where c.deleted and (
    c.user_id = find_deleted_customers.user_id or c.organization_id = find_deleted_customers.organization_id
  )
$$;

revoke all on billing.sales_in_progress from public, anon, authenticated, service_role;
revoke all on function
  public.begin_sale(text, uuid),
  public.end_sale(text, uuid),
  public.find_buyer(uuid),
  public.find_deleted_customers(uuid, text)
from public, anon, authenticated;
grant execute on function
  public.begin_sale(text, uuid),
  public.end_sale(text, uuid),
  public.find_buyer(uuid),
  public.find_deleted_customers(uuid, text)
to service_role;
