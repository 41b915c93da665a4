import type Stripe from "stripe";
import type { Cursor, ListingName } from "./cursor.ts";

/** Some of Stripe's events, newest first. Moments are ISO 8601. */
export interface Listing {
  name: ListingName;
  filter: Stripe.EventListParams;
  cursor: Cursor;
  from: string;
  /** Without one it begins with whatever is the youngest when its first page is asked for. */
  until?: string | undefined;
  /** How many of those that the ledger lacked, each made in such a second, the webhook should have brought by now. */
  countMissed(missing: number[]): number;
}

const HOUR_MS = 3_600_000;
// Stripe lists events of the last 30 days: https://docs.stripe.com/api/events
const LISTED_FOR_MS = 30 * 24 * HOUR_MS;
// An event may be listed a while after the moment that it bears; the ledger makes overlaps harmless.
const OVERLAP_MS = HOUR_MS;
// To Stripe, an event is undelivered for 30 days when any endpoint failed to take it, be it there long since by ours. Where another
// endpoint is out of order that is all events. So each is looked at for these hours, and no longer.
const UNDELIVERED_OVERLAP_MS = 6 * HOUR_MS;
// The queue forgets a message after twelve days, be it worked on or not. So all that Stripe lists is looked at again sooner than that.
const AGAIN_AFTER_MS = 10 * 24 * HOUR_MS;
// What is younger may still be on its way through the queue.
const UNDER_WAY_S = 300;

/** All events since the last time; the first time, as far back as Stripe lists them. */
export function allEvents(cursor: Cursor): Listing {
  const listing: Listing = {
    name: "all",
    filter: {},
    cursor,
    from: (cursor.place && cursor.listedFrom) ?? before(cursor.reconciledUntil, OVERLAP_MS),
    until: cursor.place && cursor.listedUntil,
    countMissed: (missing) => {
      if (!cursor.reconciledUntil) return 0; // everything is new
      return missing.filter((created) => created < secondsOf(listing.until ?? "") - UNDER_WAY_S).length;
    },
  };
  return listing;
}

/** What Stripe listed so late that it was older by then than what was looked at. @param edge where all events begin */
export function undeliveredEvents(cursor: Cursor, edge: string): Listing {
  const until = (cursor.place && cursor.listedUntil) ?? edge;
  return {
    name: "undelivered",
    filter: { delivery_success: false, created: { lt: secondsOf(until) } },
    cursor,
    from: (cursor.place && cursor.listedFrom) ?? before(cursor.reconciledUntil, UNDELIVERED_OVERLAP_MS),
    until,
    countMissed: (missing) => missing.length,
  };
}

/**
 * All once more that is older than what was just looked at, where that is due: what was queued and never came to the ledger, because
 * nobody worked on the queue for as long as it keeps a message.
 */
export function eventsAgain(cursor: Cursor, { from: edge, until: lookedAt = edge }: Listing): Listing | undefined {
  const { place, reconciledUntil } = cursor;
  const isDue = !reconciledUntil || Date.parse(lookedAt) - Date.parse(reconciledUntil) >= AGAIN_AFTER_MS;
  if (!place && !isDue) return undefined;
  const until = (place && cursor.listedUntil) ?? lookedAt;
  const oldest = (place && cursor.listedFrom) ?? before(undefined, 0);
  // The first time, and after an outage, all of it was just looked at.
  const isNew = place !== undefined || (reconciledUntil !== undefined && secondsOf(oldest) < secondsOf(edge));
  return {
    name: "again",
    filter: { created: { lt: secondsOf(edge) } },
    cursor,
    from: isNew ? oldest : until,
    until,
    countMissed: (missing) => missing.length,
  };
}

function before(reconciledUntil: string | undefined, overlapMs: number): string {
  const at = reconciledUntil ? Date.parse(reconciledUntil) - overlapMs : Date.now() - LISTED_FOR_MS;
  return new Date(at).toISOString();
}

/** As Stripe says moments. */
export const secondsOf = (moment: string): number => Math.floor(Date.parse(moment) / 1000);
