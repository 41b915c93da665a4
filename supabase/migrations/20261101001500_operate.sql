-- What an operator's tools ask: what became of events, how far everything is, and whether the database is as the migrations made it.

-- An event is looked up by its id, or by when it was written down. The ledger grows in that order, so this index costs next to nothing.
create index stripe_events_recorded on billing.stripe_events using brin (recorded_at) with (autosummarize = on);

create function public.find_stripe_events(event_ids text[])
returns table (id text, type text, object_id text, created_at timestamptz, api_version text, outcome text, reason text, recorded_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select e.id, e.type, e.object_id, e.created_at, e.api_version, e.outcome, e.reason, e.recorded_at
  from billing.stripe_events e where e.id = any (event_ids)
$$;

-- What was written down after this entry, oldest first. Without types: of every type.
create function public.list_stripe_events(after_moment timestamptz, after_id text, types text[], most integer)
returns table (id text, type text, object_id text, created_at timestamptz, api_version text, outcome text, reason text, recorded_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select e.id, e.type, e.object_id, e.created_at, e.api_version, e.outcome, e.reason, e.recorded_at
  from billing.stripe_events e
  where e.recorded_at >= after_moment and (e.recorded_at, e.id) > (after_moment, after_id)
    and (types is null or e.type = any (types))
  order by e.recorded_at, e.id
  limit most
$$;

-- How far everything is. What is counted is counted within a day, so that a large ledger does not have to be read.
create function public.inspect_state() returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  migrations jsonb;
begin
  -- Made by Supabase's CLI, which keeps statements apart and without their semicolons: so a digest is of what is neither space nor
  -- comment nor semicolon.
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    execute $applied$
      select jsonb_agg(jsonb_build_object(
        'version', version,
        'name', name,
        'digest', md5(regexp_replace(regexp_replace(array_to_string(statements, E'\n'), '--[^\n]*', '', 'g'), '[ \t\r\n;]+', '', 'g'))
      ) order by version)
      from supabase_migrations.schema_migrations
    $applied$ into migrations;
  end if;
  return jsonb_build_object(
    'now', clock_timestamp(),
    'migrations', migrations,
    'ledger', (
      select jsonb_build_object(
        'last_recorded_at', max(e.recorded_at),
        'last_created_at', max(e.created_at),
        'api_versions', coalesce(jsonb_agg(distinct e.api_version) filter (where e.api_version is not null), '[]')
      )
      from billing.stripe_events e where e.recorded_at > now() - interval '1 day'
    ),
    'failed', (
      select coalesce(jsonb_agg(jsonb_build_object('id', failed.id, 'type', failed.type, 'reason', failed.reason)), '[]')
      from (
        select e.id, e.type, e.reason from billing.stripe_events e where e.outcome = 'failed' order by e.recorded_at desc limit 100
      ) failed
    ),
    'reconciled_until', (select c.reconciled_until from billing.reconcile_cursor c where c.listing = 'all'),
    'notices', (
      select jsonb_build_object(
        'due_since', min(n.next_attempt_at) filter (where n.next_attempt_at <= now()),
        'given_up', count(*) filter (where n.next_attempt_at = 'infinity')
      )
      from billing.outbox n where n.sent_at is null
    ),
    'unowned', (select count(*) from billing.unowned_purchases p where p.created_at < now() - interval '5 minutes'),
    'for_sale', (
      select count(*) from public.prices price join public.products product on product.id = price.product_id
      where price.active and product.active and not price.deleted and not product.deleted
    )
  );
end
$$;

-- Tables, views and functions as they are: what the migrations made of them is written down beside the code that compares.
create function public.inspect_schema() returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('relations', (
    select jsonb_object_agg(format('%s.%s', n.nspname, c.relname), jsonb_build_object(
      'columns', (
        select jsonb_object_agg(a.attname, pg_catalog.format_type(a.atttypid, null)) from pg_catalog.pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      ),
      'row_level_security', c.relrowsecurity,
      'asks_as_caller', coalesce('security_invoker=true' = any (c.reloptions), false),
      'policies', (
        select coalesce(jsonb_object_agg(p.polname, md5(concat(p.polcmd, p.polpermissive,
          array(select roles.name from unnest(p.polroles) id cross join lateral (select id::regrole::text) roles (name) order by 1),
          regexp_replace(pg_catalog.pg_get_expr(p.polqual, p.polrelid), '\s+', ' ', 'g')))), '{}')
        from pg_catalog.pg_policy p where p.polrelid = c.oid
      ),
      'granted', (
        select coalesce(jsonb_object_agg(role, granted), '{}')
        from (
          select role, jsonb_agg(privilege order by privilege) as granted
          from unnest('{anon,authenticated,service_role}'::name[]) role
          cross join unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) privilege
          where case
            when privilege in ('DELETE', 'TRUNCATE') then pg_catalog.has_table_privilege(role, c.oid, privilege)
            else pg_catalog.has_any_column_privilege(role, c.oid, privilege)
          end
          group by role
        ) grants
      ),
      'triggers', (
        select coalesce(jsonb_agg(t.tgname order by t.tgname), '[]') from pg_catalog.pg_trigger t
        where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled in ('O', 'A')
      ),
      'indexes', (
        select coalesce(jsonb_agg(i.relname order by i.relname), '[]')
        from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid where x.indrelid = c.oid and x.indisvalid
      )
    ))
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v') and (n.nspname in ('public', 'billing') or (n.nspname, c.relname) = ('auth', 'users'))
  ), 'routines', (
    select jsonb_object_agg(
      format('%s.%s(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
      jsonb_build_object(
        'body', md5(p.prosrc),
        'definer', p.prosecdef,
        'settings', coalesce(to_jsonb(p.proconfig), '[]'),
        'callers', array(
          select role from unnest('{anon,authenticated,service_role}'::name[]) role
          where pg_catalog.has_function_privilege(role, p.oid, 'execute')
        )
      )
    )
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('public', 'billing') and p.prokind = 'f'
  ))
$$;

revoke all on function
  public.find_stripe_events(text[]),
  public.list_stripe_events(timestamptz, text, text[], integer),
  public.inspect_state(),
  public.inspect_schema()
from public, anon, authenticated;
grant execute on function
  public.find_stripe_events(text[]),
  public.list_stripe_events(timestamptz, text, text[], integer),
  public.inspect_state(),
  public.inspect_schema()
to service_role;
