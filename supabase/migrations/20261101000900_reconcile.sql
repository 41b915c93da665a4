-- Reconciliation: which of Stripe's events does the ledger lack, and how far has each listing of them been gone through?

-- Stripe lists events newest first, and so they are gone through, page by page. A listing may take several runs: each begins where
-- the last one stopped. Only when a listing is through is everything up to its upper edge known to be here.
create table billing.reconcile_cursor (
  listing text primary key check (listing in ('all', 'undelivered', 'again')),
  reconciled_until timestamptz,
  listed_from timestamptz,
  listed_until timestamptz,
  place text,
  place_at timestamptz
);
comment on table billing.reconcile_cursor is
  'Of each listing of Stripe''s events: up to when it has been gone through; the edges of the listing that is under way, or of the last one; and the event that it has come to, while it is under way.';

create function public.find_missing_stripe_events(event_ids text[]) returns setof text
language sql stable security definer set search_path = '' as $$
  select listed.id from unnest(event_ids) listed (id)
  where not exists (
    -- What was refused is of another account or mode; when Stripe lists it to the key at hand, it is of this one after all.
    select from billing.stripe_events entry where entry.id = listed.id and entry.outcome <> 'refused'
  )
$$;

create function public.get_reconcile_cursors() returns setof billing.reconcile_cursor
language sql stable security definer set search_path = '' as $$
  select * from billing.reconcile_cursor
$$;

-- Moves a listing on to the event that its next page comes after; without one it is through. Does so only for the run that saw
-- the cursor where it stands, and answers whether it did: of two runs at a time one goes on, and no page is passed over.
-- After an outage of longer than Stripe lists events, 30 days, what was complete before is not: all of it is read again.
create function public.advance_reconcile_cursor(
  listing text, listed_from timestamptz, listed_until timestamptz,
  place text default null, place_at timestamptz default null,
  seen_until timestamptz default null, seen_place text default null
) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  insert into billing.reconcile_cursor (listing) values (advance_reconcile_cursor.listing) on conflict do nothing;
  if advance_reconcile_cursor.listing = 'all' and seen_until < now() - interval '29 days' then
    delete from billing.completeness known where known.complete_as_of < now() - interval '29 days';
  end if;
  update billing.reconcile_cursor current
  set listed_from = advance_reconcile_cursor.listed_from,
    listed_until = advance_reconcile_cursor.listed_until,
    place = advance_reconcile_cursor.place,
    place_at = advance_reconcile_cursor.place_at,
    reconciled_until = case
      when advance_reconcile_cursor.place is not null then current.reconciled_until
      else greatest(current.reconciled_until, advance_reconcile_cursor.listed_until)
    end
  where current.listing = advance_reconcile_cursor.listing
    and current.reconciled_until is not distinct from seen_until
    and current.place is not distinct from seen_place;
  return found;
end
$$;

revoke all on billing.reconcile_cursor from public, anon, authenticated, service_role;
revoke all on function
  public.find_missing_stripe_events(text[]),
  public.get_reconcile_cursors(),
  public.advance_reconcile_cursor(text, timestamptz, timestamptz, text, timestamptz, timestamptz, text)
from public, anon, authenticated;
grant execute on function
  public.find_missing_stripe_events(text[]),
  public.get_reconcile_cursors(),
  public.advance_reconcile_cursor(text, timestamptz, timestamptz, text, timestamptz, timestamptz, text)
to service_role;
