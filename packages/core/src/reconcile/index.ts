import type Stripe from "stripe";
import { syncCatalog } from "../catalog/index.ts";
import type { Clients } from "../clients.ts";
import { assertSameAccount, enabledEvents, recordFailures } from "../mirror/index.ts";
import { fetchAsOf } from "../stripe/index.ts";
import { dataOf, type ServiceClient } from "../supabase/index.ts";

interface Deps extends Clients {
  /**
   * Puts events where the consumer finds them; resolves when none can be lost any more.
   * @returns those that the queue will never take
   */
  enqueue(events: Stripe.Event[]): Promise<{ event: Stripe.Event; reason: string }[]>;
}

export interface Reconciliation {
  listed: number;
  /** How many events the ledger lacked. */
  queued: number;
  /** How many of those the webhook should have brought by now. None the first time, when everything is new. */
  missed: number;
  /** How many the queue refused: the ledger has each as failed, with the reason. */
  refused: number;
}

const HOUR_MS = 3_600_000;
// Stripe lists events of the last 30 days: https://docs.stripe.com/api/events
const LISTED_FOR_MS = 30 * 24 * HOUR_MS;
// An event may be listed a while after the moment that it bears; the ledger makes overlaps harmless.
const OVERLAP_MS = HOUR_MS;
// What is younger may still be on its way through the queue.
const UNDER_WAY_S = 300;
const PAGE_SIZE = 100;

/**
 * Lists Stripe's events since the last time and queues those that the ledger lacks: what the webhook missed heals by itself.
 * The first time, it copies the catalogue too, and goes back as far as Stripe lists.
 */
export async function reconcile(deps: Deps): Promise<Reconciliation> {
  const { supabase } = deps;
  await assertSameAccount(deps);
  const cursor = dataOf(await supabase.rpc("get_reconcile_cursor")) as string | null;
  if (!cursor) await syncCatalog(deps);
  const since = cursor ? Date.parse(cursor) - OVERLAP_MS : Date.now() - LISTED_FOR_MS;

  const edge = Math.floor(since / 1000);
  const recent = await queueMissing(deps, { created: { gte: edge } });
  // What the webhook never took may be older than the last time: Stripe knows which those are.
  const undelivered = await queueMissing(deps, { delivery_success: false, created: { lt: edge } });

  dataOf(await supabase.rpc("advance_reconcile_cursor", { reconciled_until: recent.begun }));
  return {
    listed: recent.listed + undelivered.listed,
    queued: recent.queued + undelivered.queued,
    missed: cursor ? recent.missed + undelivered.missed : 0,
    refused: recent.refused + undelivered.refused,
  };
}

/** Pages through events, newest first, and queues those that the ledger lacks. `begun` is the moment of the first page. */
async function queueMissing(deps: Deps, filter: Stripe.EventListParams) {
  const { stripe, supabase, enqueue } = deps;
  const result = { begun: "", listed: 0, queued: 0, missed: 0, refused: 0 };
  let startingAfter: string | undefined;
  do {
    const { answer: page, asOf } = await fetchAsOf(() =>
      stripe.events.list({ ...filter, limit: PAGE_SIZE, ...(startingAfter && { starting_after: startingAfter }) }),
    );
    result.begun ||= asOf;
    const missing = await findMissing(supabase, page.data);
    const refused = await enqueue(missing);
    // It would be refused again at every run: the ledger says so, and what comes behind it goes on.
    await recordFailures(deps, refused);
    result.listed += page.data.length;
    result.queued += missing.length - refused.length;
    result.refused += refused.length;
    result.missed += missing.filter(({ created }) => created < Date.parse(result.begun) / 1000 - UNDER_WAY_S).length;
    startingAfter = page.has_more ? page.data.at(-1)?.id : undefined;
  } while (startingAfter);
  return result;
}

async function findMissing(supabase: ServiceClient, listed: Stripe.Event[]): Promise<Stripe.Event[]> {
  const mirrored = listed.filter(({ type }) => (enabledEvents as string[]).includes(type));
  const ids = dataOf(await supabase.rpc("find_missing_stripe_events", { event_ids: mirrored.map(({ id }) => id) }));
  const missing = new Set(ids);
  return mirrored.filter(({ id }) => missing.has(id));
}
