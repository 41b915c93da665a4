/** What watches while a world runs, and the product's part: its organisations. */
export const WATCH = `
  create schema simulation;
  create table simulation.members (user_id uuid, organization_id text, manages_billing boolean);
  create table simulation.violations (what text);
  create or replace function billing.organizations_of(user_id uuid) returns table (organization_id text, manages_billing boolean)
  language sql stable security definer set search_path = '' as $$
    select m.organization_id, m.manages_billing from simulation.members m where m.user_id = organizations_of.user_id
  $$;
  create function simulation.watch_row() returns trigger language plpgsql security definer set search_path = '' as $$
  begin
    if new.as_of < old.as_of then
      insert into simulation.violations values (format('as_of of %s %s goes back', tg_table_name, new.id));
    end if;
    if old.deleted and not new.deleted and not new.fetched then
      insert into simulation.violations values (format('an event brings %s %s back', tg_table_name, new.id));
    end if;
    if old.deleted and not new.deleted and new.as_of <= old.as_of then
      insert into simulation.violations values (format('an older answer brings %s %s back', tg_table_name, new.id));
    end if;
    return null;
  end $$;
  create function simulation.watch_notice() returns trigger language plpgsql security definer set search_path = '' as $$
  begin
    if old.sent_at is not null and new.sent_at is distinct from old.sent_at and new.kind <> 'subscription_orphaned' then
      insert into simulation.violations values (format('the notice %s of %s is done twice', new.kind, new.object_id));
    end if;
    return null;
  end $$;
  create function simulation.watch_owner() returns trigger language plpgsql security definer set search_path = '' as $$
  begin
    if old.owned_by = 'email' and new.owned_by = 'metadata' then return null; end if;
    if old.user_id is not null and new.user_id is distinct from old.user_id and num_nonnulls(new.user_id, new.organization_id) > 0
      or old.organization_id is not null and new.organization_id is distinct from old.organization_id then
      insert into simulation.violations values (format('%s is taken from its owner', new.id));
    end if;
    return null;
  end $$;
  create function simulation.watch_cursor() returns trigger language plpgsql security definer set search_path = '' as $$
  begin
    if new.reconciled_until is null and old.reconciled_until is not null or new.reconciled_until < old.reconciled_until then
      insert into simulation.violations values (format('the cursor of %s goes back', new.listing));
    end if;
    if new.place is not null and new.reconciled_until is distinct from old.reconciled_until then
      insert into simulation.violations values (format('%s is said to be through, and is not', new.listing));
    end if;
    if old.place is not null and new.place is not null
      and (new.listed_from, new.listed_until) is distinct from (old.listed_from, old.listed_until) then
      insert into simulation.violations values (format('%s that is under way becomes another', new.listing));
    end if;
    if new.listing = 'all' and old.place is null and new.listed_from < old.reconciled_until - interval '61 minutes' then
      insert into simulation.violations values (format('%s goes once more through what it was through with', new.listing));
    end if;
    if new.listed_until = old.listed_until and new.place_at > old.place_at then
      insert into simulation.violations values (format('the place of %s goes back', new.listing));
    end if;
    return null;
  end $$;
  create function simulation.watch_address() returns trigger language plpgsql security definer set search_path = '' as $$
  declare called text;
  begin
    get diagnostics called = pg_context;
    -- Whoever shows that an address is theirs gets what bears it now, or was bought with it.
    if called ~ 'function (billing\\.)?"?attach_purchases' and not exists (
      select from auth.users users
      where users.id = new.user_id and (lower(users.email) = lower(new.email) or exists (
        select from public.checkout_sessions session
        where session.customer_id = new.id and session.status = 'complete' and lower(session.customer_email) = lower(users.email)
      ))
    ) then
      insert into simulation.violations values (format('%s is given to whoever never had its address', new.id));
    end if;
    if new.owned_by = 'email' and new.user_id is not null
      and not exists (select from auth.users users where users.id = new.user_id and users.email_confirmed_at is not null) then
      insert into simulation.violations values (format('%s is given by an address that nobody has confirmed', new.id));
    end if;
    return null;
  end $$;
  create function simulation.watch_user() returns trigger language plpgsql security definer set search_path = '' as $$
  begin
    insert into simulation.violations
    select format('%s bears an address that was just confirmed, and stays nobody''s', found.id) from (
      select customer.id from public.customers customer
      where lower(customer.email) = lower(new.email) and not customer.deleted
        and num_nonnulls(customer.user_id, customer.organization_id) = 0
      union all
      select session.id from public.checkout_sessions session
      where lower(session.customer_email) = lower(new.email) and session.status = 'complete' and session.customer_id is null
        and num_nonnulls(session.user_id, session.organization_id) = 0
    ) found (id);
    return null;
  end $$;
  -- After those that attach what was bought: of one row's triggers the names decide.
  create trigger simulation_user after insert or update of email, email_confirmed_at on auth.users
  for each row when (new.email_confirmed_at is not null) execute function simulation.watch_user();
  create function simulation.watch_seats() returns trigger language plpgsql security definer set search_path = '' as $$
  begin
    if new.problem is not null and new.followed >= new.version then
      insert into simulation.violations values (format('the seats of %s follow, and have a problem', new.payer));
    end if;
    return null;
  end $$;
  create trigger watch after update on billing.seats for each row execute function simulation.watch_seats();
  create trigger simulation_address after insert or update of user_id on public.customers
  for each row execute function simulation.watch_address();
  create trigger watch after update on billing.reconcile_cursor for each row execute function simulation.watch_cursor();
  create trigger simulation_owner after update on public.customers for each row execute function simulation.watch_owner();
  create trigger watch after update on billing.outbox for each row execute function simulation.watch_notice();
  do $$ declare place text; begin
    for place in select target from billing.mirrored loop
      execute format('create trigger simulation_watch after update on %s for each row execute function simulation.watch_row()', place);
    end loop;
  end $$;`;
