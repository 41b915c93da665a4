import { assertSameAccount } from "../mirror/index.ts";
import { advanceCursor, getCursors, type Place } from "./cursor.ts";
import { allEvents, eventsAgain, type Listing, secondsOf, undeliveredEvents } from "./listings.ts";
import { type Deps, queuePage } from "./pages.ts";

export interface Reconciliation {
  listed: number;
  /** How many events the ledger lacked. */
  queued: number;
  /** How many of those the webhook should have brought by now. None the first time, when everything is new. */
  missed: number;
  /** How many the queue refused: the ledger has each as failed, with the reason. */
  refused: number;
  /** Whether all was looked at. If not, the next run goes on where this one stopped. */
  through: boolean;
  /** How far it came, from the youngest event on, if it is not through. */
  reached?: string | undefined;
  /** For how long all events have not been looked at: since the last listing of them that got through, or the first, began. */
  behindSeconds: number;
  /** Why it stopped before its time. The next run asks for the same page again. */
  error?: unknown;
}

/**
 * Goes through Stripe's events since the last time and queues those that the ledger lacks: what the webhook missed heals by itself.
 * The first time, and every ten days, it goes back as far as Stripe lists; what is older, `sync` reads. The place is kept in Postgres after each page, so a
 * run may end anywhere, and two at a time do no harm.
 * @param deps.until when to stop, by `performance.now()`, if it is not through before; one page is always looked at
 * @throws when it cannot begin
 */
export async function reconcile(deps: Deps & { until?: number }): Promise<Reconciliation> {
  await assertSameAccount(deps);
  const cursors = await getCursors(deps.supabase);

  const run: Reconciliation = { listed: 0, queued: 0, missed: 0, refused: 0, through: false, behindSeconds: 0 };
  const all = allEvents(cursors.all);
  let since = cursors.all.reconciledUntil;
  try {
    if (await goThrough(deps, all, run)) {
      since = all.until;
      const again = eventsAgain(cursors.again, all);
      run.through =
        (await goThrough(deps, undeliveredEvents(cursors.undelivered, all.from), run)) &&
        (!again || (await goThrough(deps, again, run)));
    }
  } catch (error) {
    run.error = error;
  }
  since ??= all.until;
  if (since) run.behindSeconds = Math.max(0, Math.round(Date.now() / 1000) - secondsOf(since));
  return run;
}

/** Goes on page by page. Answers whether it is through: else the time is over, or another run went on with it meanwhile. */
async function goThrough(deps: Deps & { until?: number }, listing: Listing, run: Reconciliation): Promise<boolean> {
  const { name, from } = listing;
  let { cursor } = listing;
  const advance = (until: string, place?: Place) =>
    advanceCursor(deps.supabase, name, cursor, { listedFrom: from, listedUntil: until, place });
  if (listing.until && secondsOf(from) >= secondsOf(listing.until)) return advance(listing.until);

  for (;;) {
    const page = await queuePage(deps, listing, cursor.place);
    listing.until ??= page.asOf;
    run.listed += page.listed;
    run.queued += page.queued;
    run.refused += page.refused;
    run.missed += listing.countMissed(page.missing);

    if (!(await advance(listing.until, page.place))) return false;
    run.reached = page.place?.at;
    if (!page.place) return true;
    if (performance.now() >= (deps.until ?? Number.POSITIVE_INFINITY)) return false;
    cursor = { ...cursor, place: page.place };
  }
}
