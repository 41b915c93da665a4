-- What an operator asks: whose is this, what does the mirror say of it beside Stripe, which events came, and what is nobody's?

-- Who or what a reference names: a user by id or e-mail, else an organisation. What is none of them is an object of Stripe's.
create function public.find_payer(reference text)
returns table (user_id uuid, email text, organization_id text, is_gone boolean, has_access boolean, customer_ids text[], session_ids text[])
language sql stable security definer set search_path = '' as $$
  with payer as (
    select users.id as user_id, users.email::text as email, null::text as organization_id, users.deleted_at is not null as is_gone
    from auth.users users
    where users.id = billing.to_uuid(find_payer.reference) or lower(users.email) = lower(find_payer.reference)
    union all
    select gone.id, null, null, true from billing.to_uuid(find_payer.reference) gone (id)
    where exists (select from billing.left_payers known where known.payer = 'user:' || gone.id)
      and not exists (select from auth.users users where users.id = gone.id)
    union all
    select null, null, find_payer.reference, gone.is_known
    from (select exists (select from billing.left_payers known where known.payer = 'organization:' || find_payer.reference)) gone (is_known)
    where gone.is_known
      or exists (select from public.customers c where c.organization_id = find_payer.reference)
      or exists (select from public.checkout_sessions s where s.organization_id = find_payer.reference)
  )
  select payer.user_id, payer.email, payer.organization_id, payer.is_gone,
    case
      when payer.organization_id is null then public.user_has_active_subscription(payer.user_id)
      else billing.gives_access(array(select billing.organization_customer_ids(payer.organization_id)))
    end,
    array(
      select c.id from public.customers c
      where c.user_id = payer.user_id or c.named_user_id = payer.user_id or c.organization_id = payer.organization_id
      order by c.created_at, c.id
    ),
    array(
      select s.id from public.checkout_sessions s
      where s.customer_id is null and (s.user_id = payer.user_id or s.organization_id = payer.organization_id)
      order by s.created_at, s.id
    )
  from payer
$$;

-- What Stripe shows beside what the mirror holds: see billing.put_beside. In one value, for there may be more than Supabase's API answers rows.
create function public.show_beside_mirror(shown jsonb, owners text[]) returns jsonb
language sql stable security definer set search_path = '' set timezone = 'UTC' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'object', object, 'object_id', object_id, 'kind', kind, 'columns', columns, 'stripe', stripe, 'mirror', mirror,
    'as_of', nullif(row_as_of, '-infinity')
  )), '[]')
  from billing.put_beside(shown, owners) pair
$$;

-- What events and notices say of objects, the newest first.
create function public.find_ledger_entries(object_ids text[], most integer)
returns table (id text, type text, object_id text, created_at timestamptz, recorded_at timestamptz, outcome text, reason text)
language sql stable security definer set search_path = '' as $$
  select entry.id, entry.type, entry.object_id, entry.created_at, entry.recorded_at, entry.outcome, entry.reason
  from billing.stripe_events entry
  where entry.object_id = any (object_ids)
  order by entry.created_at desc, entry.id
  limit most
$$;

create function public.find_notices(object_ids text[], most integer)
returns table (kind text, object_id text, created_at timestamptz, sent_at timestamptz, attempts integer, last_error text)
language sql stable security definer set search_path = '' as $$
  select notice.kind, notice.object_id, notice.created_at, notice.sent_at, notice.attempts, notice.last_error
  from billing.outbox notice
  where notice.object_id = any (object_ids)
  order by notice.created_at desc, notice.id
  limit most
$$;

-- What is said of whose these are, by what Stripe shows now, and what was decided: which claim stands. Of a purchase without a customer
-- the subject is its session. A claim of nobody stands where nothing was decided. What metadata say and no user bears says nothing: it is
-- shown by its key and value, with whether it is a user's who was deleted.
create function public.explain_claims(shown jsonb)
returns table (
  subject text, owned_by text, user_id uuid, organization_id text, stands boolean, says_key text, says_value text, says_deleted boolean
)
language sql stable security definer set search_path = '' as $$
  with change as (
    select c from jsonb_populate_recordset(null::billing.change, explain_claims.shown) c
  ), said as (
    select distinct claim.subject, claim.owned_by, claim.user_id, claim.organization_id
    from unnest(billing.find_claims(array(select change.c from change))) claim
  ), unborne as (
    select distinct coalesce((change.c).owner ->> 'customer_id', (change.c).object_id) as subject,
      key.name, (change.c).owner -> 'metadata' ->> key.name as value
    from change cross join billing.settings cross join unnest(user_metadata_keys) key (name)
    where (change.c).owner -> 'metadata' ->> key.name <> ''
  ), decided as (
    select c.id as subject, coalesce(c.owned_by, 'nobody') as owned_by, c.user_id, c.organization_id
    from public.customers c
    where c.id in (select s ->> 'object_id' from jsonb_array_elements(explain_claims.shown) s)
    union all
    select s.id, case when num_nonnulls(s.user_id, s.organization_id) = 0 then 'nobody' else 'purchase' end, s.user_id, s.organization_id
    from public.checkout_sessions s
    where s.customer_id is null and s.status = 'complete'
      and s.id in (select c ->> 'object_id' from jsonb_array_elements(explain_claims.shown) c)
  )
  select decided.subject, decided.owned_by, decided.user_id, decided.organization_id, true, null, null, false from decided
  union all
  select c.id, 'reference', c.named_user_id, null, false, null, null, false
  from public.customers c
  where c.named_user_id is not null and c.named_user_id is distinct from c.user_id
    and c.id in (select s ->> 'object_id' from jsonb_array_elements(explain_claims.shown) s)
  union all
  select said.subject, said.owned_by, said.user_id, said.organization_id, false, null, null, false from said
  where not exists (
    select from decided where decided.subject = said.subject
      and (decided.user_id, decided.organization_id) is not distinct from (said.user_id, said.organization_id)
  )
  union all
  select unborne.subject, 'metadata', null, null, false, unborne.name, unborne.value,
    exists (select from billing.left_payers gone where gone.payer = 'user:' || billing.to_uuid(unborne.value))
  from unborne
  where not exists (
    select from auth.users users where users.id = billing.to_uuid(unborne.value) and users.deleted_at is null
  )
$$;

create function public.list_unowned_purchases(most integer)
returns table (id text, kind text, customer_id text, email text, created_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select purchase.id, purchase.kind, purchase.customer_id, purchase.email, purchase.created_at
  from billing.unowned_purchases purchase
  order by purchase.created_at, purchase.id
  limit most
$$;

-- Who has a customer (also by one of its subscriptions or purchases), or a purchase that has none.
create function public.find_owner(object_id text) returns table (user_id uuid, organization_id text)
language sql stable security definer set search_path = '' as $$
  select c.user_id, c.organization_id
  from billing.find_customer(find_owner.object_id) known (id) left join public.customers c on c.id = known.id
  where known.id is not null
  union all
  select s.user_id, s.organization_id from public.checkout_sessions s
  where s.id = find_owner.object_id and s.customer_id is null
$$;

revoke all on function
  public.find_payer(text),
  public.show_beside_mirror(jsonb, text[]),
  public.find_ledger_entries(text[], integer),
  public.find_notices(text[], integer),
  public.explain_claims(jsonb),
  public.list_unowned_purchases(integer),
  public.find_owner(text)
from public, anon, authenticated;
grant execute on function
  public.find_payer(text),
  public.show_beside_mirror(jsonb, text[]),
  public.find_ledger_entries(text[], integer),
  public.find_notices(text[], integer),
  public.explain_claims(jsonb),
  public.list_unowned_purchases(integer),
  public.find_owner(text)
to service_role;
