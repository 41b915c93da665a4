-- Whether the mirror shows what Stripe shows: compared row by row, summed up to one digest for each side, and what differed without a
-- reason remembered as drift.

-- Addresses that Stripe writes anew at each answer: of these only that there is one is compared.
create function billing.show_columns("row" jsonb, names text[]) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_object_agg(name, case
    when name = any ('{hosted_invoice_url,invoice_pdf,receipt_url,pdf}') and "row" ->> name is not null then to_jsonb('an address'::text)
    else "row" -> name
  end)
  from unnest(names) name
$$;

-- Digests of rows add up to a digest of pages, and those to one of a table, in whatever order they are read.
create function billing.digest_row(id text, shown jsonb) returns numeric
language sql immutable set search_path = '' as $$
  select ('x' || left(encode(sha256(convert_to(id || ' ' || shown::text, 'UTF8')), 'hex'), 15))::bit(60)::bigint::numeric
$$;

create function billing.digest_sum(total numeric) returns text
language sql immutable set search_path = '' as $$
  select lpad(to_hex((coalesce(total, 0) % (2::numeric ^ 60))::bigint), 15, '0')
$$;

-- The customers that belong to nobody, though they name a payer who was there when they were last written.
create function billing.find_lost_owners(changes billing.change[]) returns text[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(customer.id), '{}')
  from unnest(billing.find_claims(array(select c from unnest(changes) c where c.object = 'customer' and c.owner is not null))) claim
  join public.customers customer on customer.id = claim.subject
  left join auth.users users on users.id = claim.user_id
  where claim.owned_by = 'metadata' and customer.user_id is null and customer.organization_id is null
    and (claim.user_id is null or users.created_at <= customer.as_of)
$$;

-- Compares what Stripe showed with the mirror, of the columns that Stripe decides. A change without a row is one that Stripe does
-- not know. differing is [{object, id, kind, row_as_of, columns, stripe, mirror}]; its kinds:
--   missing  the mirror has no such row       extra  Stripe has no such object
--   differs  in these columns                 newer  the mirror shows a later moment: nothing can be said
-- A change that is untold (Stripe sends no event of that state) may be missing or differ, and is then left out, as what is newer is.
create function public.compare_rows(changes jsonb)
returns table (objects bigint, stripe_digest text, mirror_digest text, differing jsonb)
language plpgsql stable security definer set search_path = '' set timezone = 'UTC' as $$
declare
  incoming billing.change[] := array(select c from jsonb_populate_recordset(null::billing.change, changes) c);
  lost text[] := billing.find_lost_owners(incoming);
  known record;
begin
  for known in
    select m.object, m.target from billing.mirrored m
    where m.object in (select c.object from unnest(incoming) c) order by m.position
  loop
    return query execute format($compare$
      with change as (
        select c.*, coalesce((element ->> 'untold')::boolean, false) as untold,
          array(select jsonb_object_keys(coalesce(
            c."row", to_jsonb(jsonb_populate_record(null::%1$s, '{}')) - '{id,as_of,rank,deleted,fetched}'::text[]
          ))) || '{deleted}'::text[] as names
        from jsonb_array_elements($1) element, jsonb_populate_record(null::billing.change, element) c
        where c.object = $2
      ), both_sides as (
        select change.*, standing.as_of as row_as_of,
          case when change."row" is not null then billing.show_columns(
            to_jsonb(jsonb_populate_record(null::%1$s, change."row" || jsonb_build_object('deleted', change.deleted))), change.names
          ) || case when change.object_id = any ($3) then '{"owner": "whom its metadata name"}' else '{}' end::jsonb end as stripe,
          case when standing.as_of > '-infinity' and (change."row" is not null or not standing.deleted)
            then billing.show_columns(to_jsonb(standing), change.names)
              || case when change.object_id = any ($3) then '{"owner": "nobody"}' else '{}' end::jsonb end as mirror
        from change left join %1$s standing on standing.id = change.object_id
      ), judged as (
        select both_sides.*, case
          when stripe is not distinct from mirror then 'equal'
          when row_as_of >= both_sides.as_of and row_as_of <= now() + interval '1 minute' then 'newer'
          when untold then 'untold'
          when mirror is null then 'missing'
          when stripe is null then 'extra'
          else 'differs'
        end as kind
        from both_sides
        where stripe is not null or mirror is not null
      )
      select
        count(*) filter (where kind not in ('newer', 'untold')),
        billing.digest_sum(sum(billing.digest_row(object_id, stripe)) filter (where kind not in ('newer', 'untold'))),
        billing.digest_sum(sum(billing.digest_row(object_id, mirror)) filter (where kind not in ('newer', 'untold'))),
        coalesce(jsonb_agg(jsonb_build_object(
          'object', object, 'id', object_id, 'kind', kind, 'row_as_of', coalesce(row_as_of, '-infinity'),
          'columns', case when kind = 'differs' then (
            select jsonb_agg(key order by key) from jsonb_each(stripe) where value is distinct from mirror -> key
          ) else '[]' end,
          'stripe', stripe, 'mirror', mirror
        )) filter (where kind not in ('equal', 'untold')), '[]')
      from judged
    $compare$, known.target) using changes, known.object, lost;
  end loop;
end
$$;

-- The ids that the mirror shows of a kind, in their order.
create function public.list_mirrored_ids(object text, after text, most integer) returns setof text
language plpgsql stable security definer set search_path = '' as $$
begin
  return query execute format(
    'select id from %s where id > $1 and not deleted and as_of > ''-infinity'' order by id limit $2',
    (select m.target from billing.mirrored m where m.object = list_mirrored_ids.object)
  ) using coalesce(list_mirrored_ids.after, ''), most;
end
$$;

revoke all on function
  billing.show_columns(jsonb, text[]), billing.digest_row(text, jsonb), billing.digest_sum(numeric),
  billing.find_lost_owners(billing.change[]), public.compare_rows(jsonb), public.list_mirrored_ids(text, text, integer)
from public, anon, authenticated;
grant execute on function public.compare_rows(jsonb), public.list_mirrored_ids(text, text, integer) to service_role;
