import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { findEntries, type LedgerEntry } from "../ledger/index.ts";
import { applyEvents, assertSameAccount, enabledEvents } from "../mirror/index.ts";
import { isMissing } from "../stripe/index.ts";

/** Which events: one or several by their ids, or those that Stripe lists. */
export type Wanted = { ids: string[] } | { since: Date; types: string[] };

/** What became of an event that was asked for again. */
export interface Replayed {
  id: string;
  type: string;
  /**
   * `unknown`: Stripe does not know it, or no longer: it keeps events for 30 days. `done`: the ledger had it already. `ignored`: the
   * mirror has no use for its type. `queued`: it waits for the consumer. The others are what the mirror made of it.
   */
  outcome: "unknown" | "done" | "ignored" | "queued" | LedgerEntry["outcome"] | "retry";
  /** Why it is not applied. */
  reason: string | null;
}

export interface Replay extends Clients {
  /**
   * Puts events where the consumer finds them. Without it they are applied here.
   * @returns those that the queue will never take
   */
  enqueue?: ((events: Stripe.Event[]) => Promise<{ event: Stripe.Event; reason: string }[]>) | undefined;
  /** How long the consumer is waited for. */
  waitMs: number;
  /** Where it is aborted nothing more is asked for, queued or waited for. What was not reached is not told of. */
  signal?: AbortSignal | undefined;
}

const PAGE = 100;
/** As many go to the queue before it is looked whether somebody wants to stop. */
const AT_ONCE = 10;
const POLL_MS = 250;

/**
 * Brings events to the mirror once more. What the ledger says is done is left: it would change nothing.
 * @yields what became of each, a page at a time
 * @throws when Stripe or Postgres does not answer, or the key is of another account
 */
export async function* replay(deps: Replay, wanted: Wanted): AsyncGenerator<Replayed[]> {
  await assertSameAccount(deps);
  for await (const { events, unknown } of pagesOf(deps, wanted)) {
    if (deps.signal?.aborted) return;
    yield [
      ...unknown.map((id) => ({ id, type: "", outcome: "unknown" as const, reason: null })),
      ...(await bring(deps, events)),
    ];
  }
}

async function* pagesOf(
  { stripe, signal }: Replay,
  wanted: Wanted,
): AsyncGenerator<{ events: Stripe.Event[]; unknown: string[] }> {
  if ("ids" in wanted) {
    for (let from = 0; from < wanted.ids.length; from += PAGE) {
      const ids = wanted.ids.slice(from, from + PAGE);
      const found: (Stripe.Event | undefined)[] = [];
      for (const id of ids) {
        if (signal?.aborted) break;
        found.push(await findEvent(stripe, id));
      }
      const asked = ids.slice(0, found.length);
      yield { events: found.flatMap((event) => event ?? []), unknown: asked.filter((_, place) => !found[place]) };
    }
    return;
  }
  const created = { gte: Math.floor(wanted.since.getTime() / 1000) };
  // Stripe takes a star at the end of a type, alone: several types are picked here.
  const [only] = wanted.types.length === 1 ? wanted.types : [];
  let after: string | undefined;
  do {
    const page = await stripe.events.list({
      created,
      limit: PAGE,
      ...(only && { type: only }),
      ...(after && { starting_after: after }),
    });
    yield { events: page.data.filter(({ type }) => isOneOf(wanted.types, type)), unknown: [] };
    after = page.has_more ? page.data.at(-1)?.id : undefined;
  } while (after);
}

/** `invoice.*` stands for every type that begins so; no type at all for every type. */
function isOneOf(types: string[], type: string): boolean {
  return (
    types.length === 0 ||
    types.some((wanted) => (wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted))
  );
}

async function findEvent(stripe: Clients["stripe"], id: string): Promise<Stripe.Event | undefined> {
  try {
    return await stripe.events.retrieve(id);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function bring(deps: Replay, events: Stripe.Event[]): Promise<Replayed[]> {
  const before = await findEntries(
    deps.supabase,
    events.map(({ id }) => id),
  );
  const outcomes = new Map<string, Pick<Replayed, "outcome" | "reason">>();
  const open: Stripe.Event[] = [];
  for (const event of events) {
    const known = before.get(event.id);
    if (!(enabledEvents as string[]).includes(event.type) || event.account) {
      outcomes.set(event.id, { outcome: "ignored", reason: null });
    } else if (known && isDone(known)) {
      outcomes.set(event.id, { outcome: "done", reason: null });
    } else open.push(event);
  }
  if (open.length > 0) {
    const brought = deps.enqueue ? await sendThrough(deps, deps.enqueue, open, before) : await applyHere(deps, open);
    for (const [id, became] of brought) outcomes.set(id, became);
  }
  return events.flatMap(({ id, type }) => {
    const became = outcomes.get(id);
    return became ? [{ id, type, ...became }] : [];
  });
}

/** What failed or was refused may come again. */
function isDone({ outcome }: LedgerEntry): boolean {
  return outcome === "applied" || outcome === "stale";
}

type Became = Map<string, Pick<Replayed, "outcome" | "reason">>;

async function applyHere(clients: Clients, events: Stripe.Event[]): Promise<Became> {
  const { outcomes, reasons, errors } = await applyEvents(clients, events);
  return new Map(
    events.map(({ id }) => {
      const outcome = outcomes.get(id) ?? "retry";
      const reason = reasons.get(id) ?? (outcome === "retry" ? reasonOf(errors[0]) : null);
      return [id, { outcome: outcome === "duplicate" || outcome === "ambiguous" ? "done" : outcome, reason }];
    }),
  );
}

function reasonOf(error: unknown): string {
  const { code, type, name } = (error ?? {}) as { code?: string; type?: string; name?: string };
  return `It could not be applied just now (${code ?? type ?? name ?? "no answer"})`;
}

async function sendThrough(
  { supabase, waitMs, signal }: Replay,
  enqueue: NonNullable<Replay["enqueue"]>,
  events: Stripe.Event[],
  before: Map<string, LedgerEntry>,
): Promise<Became> {
  const became: Became = new Map();
  for (let from = 0; from < events.length && !signal?.aborted; from += AT_ONCE) {
    const some = events.slice(from, from + AT_ONCE);
    const refused = await enqueue(some);
    for (const { id } of some) became.set(id, { outcome: "queued", reason: null });
    for (const { event, reason } of refused) became.set(event.id, { outcome: "failed", reason });
  }
  const until = performance.now() + waitMs;
  for (;;) {
    const open = [...became].flatMap(([id, { outcome }]) => (outcome === "queued" ? [id] : []));
    const entries = open.length > 0 ? await findEntries(supabase, open) : new Map();
    for (const [id, { outcome, reason, recordedAt }] of entries) {
      // The one that was there before says nothing of this time.
      if (before.get(id)?.recordedAt !== recordedAt) became.set(id, { outcome, reason });
    }
    const isWaitedFor = open.some((id) => became.get(id)?.outcome === "queued");
    if (!isWaitedFor || performance.now() > until || signal?.aborted) return became;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
