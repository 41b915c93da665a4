-- Whether the user of an access token is still there: the token outlives its user by up to an hour. Supabase keeps the row of one
-- who was deleted softly.
create function public.user_exists(user_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (select from auth.users where users.id = user_exists.user_id and users.deleted_at is null)
$$;
revoke execute on function public.user_exists from public, anon, authenticated;
grant execute on function public.user_exists to service_role;

-- Whoever is signed in deletes their account: as when it is deleted for them, ON_USER_DELETE says what becomes of their subscriptions.
create function public.delete_account() returns void
language sql security definer set search_path = '' as $$
  delete from auth.users where users.id = (select auth.uid())
$$;
revoke execute on function public.delete_account from public, anon, service_role;
grant execute on function public.delete_account to authenticated;
