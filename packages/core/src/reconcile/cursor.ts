import { dataOf, type ServiceClient } from "../supabase/index.ts";

export type ListingName = "all" | "undelivered" | "again";

/** How far a listing of Stripe's events has been gone through. Moments are ISO 8601. */
export interface Cursor {
  /** Everything up to here was looked at. */
  reconciledUntil?: string | undefined;
  /** The edges of the listing that is under way, or of the last one that was. */
  listedFrom?: string | undefined;
  listedUntil?: string | undefined;
  /** The event after which a listing that is under way goes on. */
  place?: Place | undefined;
}

export interface Place {
  id: string;
  at: string;
}

export async function getCursors(supabase: ServiceClient): Promise<Record<ListingName, Cursor>> {
  const cursors: Record<ListingName, Cursor> = { all: {}, undelivered: {}, again: {} };
  for (const row of dataOf(await supabase.rpc("get_reconcile_cursors"))) {
    cursors[row.listing] = {
      reconciledUntil: row.reconciled_until ?? undefined,
      listedFrom: row.listed_from ?? undefined,
      listedUntil: row.listed_until ?? undefined,
      place: row.place && row.place_at ? { id: row.place, at: row.place_at } : undefined,
    };
  }
  return cursors;
}

/**
 * Moves a cursor on; without a place, its listing is through.
 * @param seen the cursor as it stood when the page was asked for
 * @returns false when another run has moved it meanwhile, and this one's page is no longer the next
 */
export async function advanceCursor(
  supabase: ServiceClient,
  listing: ListingName,
  seen: Cursor,
  { listedFrom, listedUntil, place }: { listedFrom: string; listedUntil: string; place: Place | undefined },
): Promise<boolean> {
  return dataOf(
    await supabase.rpc("advance_reconcile_cursor", {
      listing,
      listed_from: listedFrom,
      listed_until: listedUntil,
      ...(place && { place: place.id, place_at: place.at }),
      ...(seen.reconciledUntil && { seen_until: seen.reconciledUntil }),
      ...(seen.place && { seen_place: seen.place.id }),
    }),
  );
}
