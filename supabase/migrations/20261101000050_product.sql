-- What the product decides. A migration of its own changes the settings (`update billing.settings set …`) and replaces the function.

create table billing.settings (
  only_row boolean primary key default true check (only_row),
  user_metadata_keys text[] not null default '{user_id}',
  organization_metadata_keys text[] not null default '{organization_id}',
  past_due_grace_days integer check (past_due_grace_days >= 0)
);
comment on column billing.settings.user_metadata_keys is
  'Under which names a customer or a checkout session bears the id of its user, such as those of a system that was here before.';
comment on column billing.settings.past_due_grace_days is
  'For how many days a subscription that is past due gives access, from the invoice that is not paid. Null: for as long as Stripe tries.';
insert into billing.settings default values;
revoke all on billing.settings from public, anon, authenticated, service_role;

-- Which organisations a user belongs to, and whose billing they may manage: buy, cancel, see invoices and cards. The id is what the
-- product calls it, as text. docs/organizations.md has an example with tables and policies.
create function billing.organizations_of(user_id uuid) returns table (organization_id text, manages_billing boolean)
language sql stable set search_path = '' as $$
  select null::text, null::boolean where false
$$;
revoke all on function billing.organizations_of(uuid) from public, anon, authenticated;

-- Null for what is none: never an error for what somebody has written in Stripe's dashboard.
create function billing.to_uuid(value text) returns uuid
language sql immutable set search_path = '' as $$
  select case when value ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then value::uuid end
$$;
revoke all on function billing.to_uuid(text) from public, anon, authenticated;
