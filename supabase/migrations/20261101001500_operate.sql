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
    'seats', (
      select jsonb_build_object(
        'waiting', count(*) filter (where known.problem is null),
        'due_since', min(known.due_at) filter (where known.problem is null and known.due_at <= now()),
        'refused', count(known.problem),
        'reasons', coalesce((
          select jsonb_agg(jsonb_build_object('payer', refused.payer, 'wanted', refused.wanted, 'problem', refused.problem))
          from (
            select * from billing.seats one where one.version > one.followed and one.problem is not null order by one.payer limit 20
          ) refused
        ), '[]')
      )
      from billing.seats known where known.version > known.followed
    ),
    'unowned', (select count(*) from billing.unowned_purchases p where p.created_at < now() - interval '5 minutes'),
    'for_sale', (
      select count(*) from public.prices price join public.products product on product.id = price.product_id
      where price.active and product.active and not price.deleted and not product.deleted
    )
  );
end
$$;

-- Tables, views and functions as they are: what the migrations made of them is written down beside the code that compares. Definitions are
-- text, so that what is missing can be made again by it.

create function billing.describe_columns(relation oid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_object_agg(a.attname, jsonb_strip_nulls(jsonb_build_object(
    'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
    'required', nullif(a.attnotnull, false),
    'default', case when a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
    'generated', case
      when a.attidentity <> '' then concat('identity ', a.attidentity)
      when a.attgenerated <> '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    end
  )))
  from pg_catalog.pg_attribute a
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
$$;

create function billing.describe_policies(relation oid) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_object_agg(p.polname, concat(
    case when not p.polpermissive then 'as restrictive ' end,
    case p.polcmd when 'r' then 'for select' when 'a' then 'for insert' when 'w' then 'for update' when 'd' then 'for delete' else 'for all' end,
    ' to ', array_to_string(
      array(select case id when 0 then 'public' else id::regrole::text end from unnest(p.polroles) id order by 1), ', '
    ),
    ' using (' || regexp_replace(pg_catalog.pg_get_expr(p.polqual, p.polrelid), '\s+', ' ', 'g') || ')',
    ' with check (' || regexp_replace(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), '\s+', ' ', 'g') || ')'
  )), '{}')
  from pg_catalog.pg_policy p where p.polrelid = relation
$$;

-- What each role may do with a relation: `SELECT` with all of it, `SELECT (id, email)` with these columns.
create function billing.describe_grants(relation oid) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_object_agg(role, granted), '{}')
  from (
    select role, jsonb_agg(concat(privilege, ' (' || columns.list || ')') order by privilege) as granted
    from unnest('{anon,authenticated,service_role}'::name[]) role
    cross join unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) privilege
    cross join lateral (
      select string_agg(quote_ident(a.attname), ', ' order by a.attnum) as list from pg_catalog.pg_attribute a
      where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
        and privilege not in ('DELETE', 'TRUNCATE')
        and not pg_catalog.has_table_privilege(role, relation, privilege)
        and pg_catalog.has_column_privilege(role, relation, a.attnum, privilege)
    ) columns
    where pg_catalog.has_table_privilege(role, relation, privilege) or columns.list is not null
    group by role
  ) grants
$$;

create function billing.describe_relation(relation oid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'columns', billing.describe_columns(relation),
    'row_level_security', case when not c.relrowsecurity then 'off' when c.relforcerowsecurity then 'forced' else 'on' end,
    'asks_as_caller', coalesce('security_invoker=true' = any (c.reloptions), false),
    -- Versions of Postgres name tables and columns in it more or less fully, and a dump that was restored has more brackets and names.
    'shows', case when c.relkind = 'v' then
      md5(regexp_replace(pg_catalog.pg_get_viewdef(relation), '\w+\.|\s+AS \w+|[\s()]', '', 'g'))
    end,
    'policies', billing.describe_policies(relation),
    'granted', billing.describe_grants(relation),
    'constraints', (
      select coalesce(jsonb_object_agg(k.conname, pg_catalog.pg_get_constraintdef(k.oid)), '{}')
      from pg_catalog.pg_constraint k where k.conrelid = relation and k.contype in ('c', 'p', 'u', 'f', 'x')
    ),
    'triggers', (
      select coalesce(jsonb_object_agg(t.tgname, jsonb_strip_nulls(jsonb_build_object(
        'does', pg_catalog.pg_get_triggerdef(t.oid), 'off', nullif(t.tgenabled not in ('O', 'A'), false)
      ))), '{}')
      from pg_catalog.pg_trigger t where t.tgrelid = relation and not t.tgisinternal
    ),
    'indexes', (
      select coalesce(jsonb_object_agg(i.relname, pg_catalog.pg_get_indexdef(i.oid)), '{}')
      from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid
      where x.indrelid = relation and x.indisvalid
        and not exists (select from pg_catalog.pg_constraint k where k.conindid = i.oid and k.contype in ('p', 'u', 'x'))
    ),
    'rules', array(
      select r.rulename from pg_catalog.pg_rewrite r where r.ev_class = relation and r.rulename <> '_RETURN' order by 1
    )
  )
  from pg_catalog.pg_class c where c.oid = relation
$$;

create function billing.describe_routines() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_object_agg(
    format('%s.%s(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
    jsonb_build_object(
      'body', md5(p.prosrc),
      'declared', concat(
        '(', pg_catalog.pg_get_function_arguments(p.oid), ') returns ', pg_catalog.pg_get_function_result(p.oid), ', ', l.lanname, ', ',
        case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end, case when p.proisstrict then ', strict' end
      ),
      'definer', p.prosecdef,
      'settings', coalesce(to_jsonb(p.proconfig), '[]'),
      'callers', array(
        select role from unnest('{anon,authenticated,service_role}'::name[]) role
        where pg_catalog.has_function_privilege(role, p.oid, 'execute')
      )
    )
  )
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
  where n.nspname in ('public', 'billing') and p.prokind = 'f'
$$;

create function public.inspect_schema() returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  settings integer;
  mirrored jsonb;
begin
  -- One of them may be what is missing.
  if to_regclass('billing.settings') is not null then
    execute 'select count(*) from billing.settings' into settings;
  end if;
  if to_regclass('billing.mirrored') is not null then
    execute 'select jsonb_object_agg(object, target) from billing.mirrored' into mirrored;
  end if;
  return jsonb_build_object(
    'schemas', (
      select jsonb_object_agg(schema, (
        select coalesce(jsonb_object_agg(role, array['USAGE']), '{}') from unnest('{anon,authenticated,service_role}'::name[]) role
        where pg_catalog.has_schema_privilege(role, schema, 'USAGE')
      ))
      from unnest('{public,billing}'::text[]) schema
    ),
    'relations', (
      select jsonb_object_agg(format('%s.%s', n.nspname, c.relname), billing.describe_relation(c.oid))
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v') and (n.nspname in ('public', 'billing') or (n.nspname, c.relname) = ('auth', 'users'))
    ),
    'routines', billing.describe_routines(),
    'rows', jsonb_build_object('billing.settings', settings, 'billing.mirrored', coalesce(mirrored, '{}'))
  );
end
$$;

-- Empties the mirror, to read all anew: rows, ledger, cursors, and how far the readings came. What Stripe does not hold stays: who was
-- given what, who left, what is to be told. It shows the same account as before, or the one that is named: if it showed none, a function
-- that still has the old key could bring the old one back. The account comes first: that waits for whoever is writing, and whoever comes
-- next is asked for a key of the account that is mirrored then. No `cascade`: a table of the product's that refers to one of these is to
-- be emptied knowingly.
create function billing.empty_mirror(account_id text default null, livemode boolean default null) returns void
language plpgsql set search_path = '' as $$
declare
  known billing.stripe_account;
begin
  if (empty_mirror.account_id is null) <> (empty_mirror.livemode is null) or empty_mirror.account_id not like 'acct\_%' then
    raise exception 'Another account is named by its id, acct_…, and its mode';
  end if;
  lock table billing.stripe_account in access exclusive mode;
  select * into known from billing.stripe_account;
  execute 'truncate billing.stripe_account, billing.stripe_events, billing.reconcile_cursor, billing.completeness,
    billing.sync_runs, billing.sync_ranges, billing.sync_failures, billing.compared_pages, billing.sweeps, billing.drift, billing.impossible, '
    || (select string_agg(m.target, ', ' order by m.position) from billing.mirrored m);
  known.id := coalesce(empty_mirror.account_id, known.id);
  if known.id is not null then
    insert into billing.stripe_account (id, livemode, key_hashes)
    values (known.id, coalesce(empty_mirror.livemode, known.livemode), '{}');
  end if;
  -- Of what was told before, the ledger has nothing any more.
  insert into billing.last_look as look (until) values (now()) on conflict (only_row) do update set until = excluded.until;
end
$$;

-- A project may open every new sequence to the roles of its API, and those that number our rows with them.
revoke all on all sequences in schema billing from public, anon, authenticated, service_role;

revoke all on function
  billing.empty_mirror(text, boolean),
  billing.describe_columns(oid),
  billing.describe_policies(oid),
  billing.describe_grants(oid),
  billing.describe_relation(oid),
  billing.describe_routines(),
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
