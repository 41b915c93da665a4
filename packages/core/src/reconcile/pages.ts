import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { enabledEvents, recordFailures } from "../mirror/index.ts";
import { type Fetched, fetchAsOf, isMissing } from "../stripe/index.ts";
import { dataOf, type ServiceClient } from "../supabase/index.ts";
import type { Place } from "./cursor.ts";
import { type Listing, secondsOf } from "./listings.ts";

export interface Deps extends Clients {
  /**
   * Puts events where the consumer finds them; resolves when none can be lost any more.
   * @returns those that the queue will never take
   */
  enqueue(events: Stripe.Event[]): Promise<{ event: Stripe.Event; reason: string }[]>;
}

export interface Page {
  /** The moment that it shows, on Stripe's clock. */
  asOf: string;
  listed: number;
  queued: number;
  /** How many the queue will never take. */
  refused: number;
  /** In which seconds those were made that the ledger lacked. */
  missing: number[];
  /** The event that the next page comes after. */
  place: Place | undefined;
}

const PAGE_SIZE = 100;
// A run has no time to wait for one page: what fails is asked for again by the next.
const PATIENCE = { timeout: 10_000, maxNetworkRetries: 1 };

/** Queues those events of a listing's page that the ledger lacks. */
export async function queuePage(deps: Deps, listing: Listing, after: Place | undefined): Promise<Page> {
  const { answer: page, asOf } = await fetchPage(deps.stripe, listing, after);
  const missing = await findMissing(deps.supabase, page.data);
  const refused = await deps.enqueue(missing);
  // It would be refused again at every run: the ledger says so, and what comes behind it goes on.
  await recordFailures(deps, refused);
  const last = page.has_more ? page.data.at(-1) : undefined;
  return {
    asOf,
    listed: page.data.length,
    queued: missing.length - refused.length,
    refused: refused.length,
    missing: missing.map(({ created }) => created),
    place: last && { id: last.id, at: new Date(last.created * 1000).toISOString() },
  };
}

async function fetchPage(
  stripe: Stripe,
  { filter, from }: Listing,
  after: Place | undefined,
): Promise<Fetched<Stripe.ApiList<Stripe.Event>>> {
  const list = (edges: Stripe.RangeQueryParam, params: Stripe.EventListParams = {}) => {
    const created = { gte: secondsOf(from), ...(filter.created as Stripe.RangeQueryParam), ...edges };
    return fetchAsOf(() => stripe.events.list({ ...filter, created, ...params, limit: PAGE_SIZE }, PATIENCE));
  };
  if (!after) return list({});
  try {
    return await list({}, { starting_after: after.id });
  } catch (error) {
    if (!isMissing(error)) throw error;
    // Stripe lists events for 30 days, and may have dropped this one since. Nothing that came after it is younger.
    return list({ lte: secondsOf(after.at) });
  }
}

async function findMissing(supabase: ServiceClient, listed: Stripe.Event[]): Promise<Stripe.Event[]> {
  const mirrored = listed.filter(({ type }) => (enabledEvents as string[]).includes(type));
  const ids = dataOf(await supabase.rpc("find_missing_stripe_events", { event_ids: mirrored.map(({ id }) => id) }));
  const missing = new Set(ids);
  return mirrored.filter(({ id }) => missing.has(id));
}
