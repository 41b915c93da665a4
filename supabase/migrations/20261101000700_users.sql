-- Whether the user of an access token is still there: the token outlives its user by up to an hour. Supabase keeps the row of one
-- who was deleted softly.
create function public.user_exists(user_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (select from auth.users where users.id = user_exists.user_id and users.deleted_at is null)
$$;
revoke execute on function public.user_exists from public, anon, authenticated;
grant execute on function public.user_exists to service_role;
