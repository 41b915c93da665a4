/**
 * What a hosted project has before its first migration, and lite does not make: the roles of the API, the publication of
 * Realtime, and the grants by which whatever a migration creates in `public` is open to the API's roles unless it is revoked.
 * https://supabase.com/docs/guides/database/postgres/roles
 */
export const bootstrapSql = `
do $$
declare
  name text;
begin
  foreach name in array array['anon', 'authenticated', 'service_role', 'authenticator', 'supabase_auth_admin'] loop
    if not exists (select from pg_roles where rolname = name) then
      execute format('create role %I nologin noinherit %s', name, case name when 'service_role' then 'bypassrls' else '' end);
    end if;
  end loop;
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
end $$;
create schema if not exists extensions;
create schema if not exists auth;
grant usage on schema public, auth, extensions to anon, authenticated, service_role;
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
`;
