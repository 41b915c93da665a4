import { setTimeout as sleep } from "node:timers/promises";
import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { createPace, type Fetched } from "../stripe/index.ts";
import { DatabaseError, dataOf, type Json, type ServiceClient } from "../supabase/index.ts";
import { type Effect, ledgerEntry, type Outcome, type Projection } from "./change.ts";
import { projectEvent } from "./events.ts";
import { fetchProjections } from "./fetch.ts";

/** What `apply_stripe_changes` is sent: see `billing.change` in the migrations. */
type Change = { event_id?: string } & Record<string, unknown>;

/** Is told what the outcomes do not say. */
export interface Observer {
  /** Only Stripe knows which of these many events came last: their objects are fetched. */
  onAmbiguous?(count: number): void;
  /** Why events are `retry`. */
  onRetry?(error: unknown): void;
}

/** An event beside what it leads to. */
interface Projected {
  event: Stripe.Event;
  effect: Effect;
}

/**
 * Applies events to the mirror, in any order and any number of times, and says what became of each.
 * One that cannot be applied is `failed` (the ledger keeps the reason) or, where trying again may help, `retry`; it never
 * holds up the others.
 * @param events each id at most once
 * @throws when the database cannot be reached: nothing is known to be applied
 */
export async function applyEvents(
  clients: Clients,
  events: Stripe.Event[],
  observer: Observer = {},
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const projected: Projected[] = [];
  const changes: Change[] = [];
  for (const event of events) {
    try {
      const effect = projectEvent(event);
      if (effect) projected.push({ event, effect });
      else outcomes.set(event.id, "ignored");
    } catch (error) {
      changes.push(failureOf(event, error));
    }
  }

  const [partial, whole] = [projected.filter(isPartial), projected.filter((item) => !isPartial(item))];
  const verdicts = await send(clients.supabase, [...changes, ...whole.map(changeOf)]);
  const ambiguous = whole.filter(({ event }) => verdicts.get(event.id) === "ambiguous");
  observer.onAmbiguous?.(ambiguous.length);
  const settled = await settle(clients, [...partial, ...ambiguous], observer);
  for (const [id, verdict] of [...verdicts, ...settled]) outcomes.set(id, verdict as Outcome);
  return outcomes;
}

const isPartial = ({ effect }: Projected) => effect.partial === true;

/**
 * Writes what was read from Stripe's API, by the same guard as events: it lands only where the mirror shows an older truth.
 */
export async function applyFetched(supabase: ServiceClient, fetched: Fetched<Projection[]>): Promise<void> {
  const changes = fetched.answer.map((projection) => fetchedChange(projection, fetched.asOf));
  if (changes.length > 0) await send(supabase, changes);
}

/** Settles what events alone cannot: what Stripe holds now is the truth. Fetches each object once. */
async function settle(clients: Clients, items: Projected[], observer: Observer): Promise<Map<string, string>> {
  const objects = Map.groupBy(items, ({ effect }) => `${"object" in effect && effect.object} ${effect.object_id}`);
  const settled = await Promise.all(
    [...objects.values()].map(async (same) => {
      try {
        return await send(clients.supabase, await refetch(clients.stripe, same));
      } catch (error) {
        observer.onRetry?.(error);
        return new Map(same.map(({ event }) => [event.id, "retry"]));
      }
    }),
  );
  return new Map(settled.flatMap((verdicts) => [...verdicts]));
}

// Five consumers at once, as the stacks allow, leave a quarter of Stripe's limit to the routes; its client tries again, with
// jitter, what was too much all the same.
const pace = createPace(15);

const NEXT_SECOND_MS = 1100;
const ATTEMPTS = 4;

async function refetch(stripe: Stripe, items: Projected[]): Promise<Change[]> {
  const [first] = items;
  if (!first || !("object" in first.effect)) return items.map(changeOf);
  const { object, object_id: id } = first.effect;
  const newest = Math.max(...items.map(({ event }) => event.created));

  const fetched = await fetchAfter(newest, () => pace(() => fetchProjections(stripe, object, id)));
  if (!fetched) {
    // Gone from Stripe: what the events show is all there is, and of two states of one second neither stands.
    return items.map((item) => ({ ...changeOf(item), deleted: !isPartial(item) }));
  }
  const [itself, ...companions] = fetched.answer.map((projection) => fetchedChange(projection, fetched.asOf));
  return [
    ...items.map(({ event, effect }) => ({ ...itself, ...ledgerEntry(event), notify: effect.notify })),
    ...companions,
  ];
}

/** An answer of the very second may still miss an event of it: asks again once the second is over. */
async function fetchAfter(second: number, fetch: () => ReturnType<typeof fetchProjections>) {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const fetched = await fetch();
    if (!fetched || Date.parse(fetched.asOf) / 1000 > second) return fetched;
    await sleep(NEXT_SECOND_MS);
  }
  throw new Error("Stripe's clock is behind the events that it sent");
}

function changeOf({ event, effect: { partial: _, ...effect } }: Projected): Change {
  const entry = ledgerEntry(event);
  return { ...entry, ...effect, fetched: false, as_of: entry.created_at };
}

function fetchedChange(projection: Projection, asOf: string): Change {
  return { ...projection, fetched: true, as_of: asOf };
}

function failureOf(event: Stripe.Event, error: unknown): Change {
  return { ...ledgerEntry(event), error: error instanceof Error ? error.message : "unreadable" };
}

// Data that Postgres refuses whenever it is tried: https://www.postgresql.org/docs/current/errcodes-appendix.html
const REFUSED_DATA = /^(22|23)/;

/**
 * Sends changes in one call, thus in one transaction. When Postgres refuses the data, the batch is halved until what it
 * refuses stands alone; that one is recorded as failed.
 */
async function send(supabase: ServiceClient, changes: Change[]): Promise<Map<string, string>> {
  if (changes.length === 0) return new Map();
  try {
    const verdicts = dataOf(await supabase.rpc("apply_stripe_changes", { changes: changes as Json }));
    return new Map(verdicts.map((verdict) => [verdict.event_id, verdict.outcome]));
  } catch (error) {
    if (!(error instanceof DatabaseError && REFUSED_DATA.test(error.code))) throw error;
    if (changes.length > 1) {
      const middle = changes.length >> 1;
      const [left, right] = [changes.slice(0, middle), changes.slice(middle)];
      return new Map([...(await send(supabase, left)), ...(await send(supabase, right))]);
    }
    const [refused] = changes;
    if (!refused?.event_id || "error" in refused) throw error;
    const { event_id, type, created_at, api_version } = refused;
    return send(supabase, [{ event_id, type, created_at, api_version, error: `Postgres refused it: ${error.code}` }]);
  }
}
