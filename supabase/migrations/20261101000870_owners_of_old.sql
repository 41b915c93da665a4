-- Whose the customers of an account with a past are, before and after all of them have been read.

-- Under which metadata keys a sale must look at Stripe for a payer's customers, and which others it must ask Stripe about by their
-- ids: none, once every customer is in a row, with its owner.
create function public.find_unread_customers(user_id uuid default null, organization_id text default null)
returns table (may_be_unread boolean, metadata_keys text[])
language sql stable security definer set search_path = '' as $$
  select
    not public.mirror_is_complete('{customer}'),
    case when find_unread_customers.organization_id is null then user_metadata_keys else organization_metadata_keys end
  from billing.settings
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

revoke all on function billing.forget_customers_were_read(), public.find_unread_customers(uuid, text)
from public, anon, authenticated;
grant execute on function public.find_unread_customers(uuid, text) to service_role;
