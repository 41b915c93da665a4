import { dataOf, type ServiceClient } from "../supabase/index.ts";

/** What the ledger holds of an event. */
export interface LedgerEntry {
  id: string;
  type: string;
  /** What it is about, where it could be read. */
  objectId: string | null;
  /** When Stripe made it. */
  createdAt: string;
  outcome: "applied" | "stale" | "failed" | "refused";
  /** Why it is not applied. It quotes nothing of what the event holds. */
  reason: string | null;
  recordedAt: string;
}

// As many as an address may name, and no more than a page of PostgREST's.
const PAGE = 500;

/** Looks events up by their ids. What is not there was not handled yet, or is of a type that the mirror has no use for. */
export async function findEntries(supabase: ServiceClient, ids: string[]): Promise<Map<string, LedgerEntry>> {
  const entries = new Map<string, LedgerEntry>();
  for (let from = 0; from < ids.length; from += PAGE) {
    const rows = dataOf(await supabase.rpc("find_stripe_events", { event_ids: ids.slice(from, from + PAGE) }));
    for (const row of rows) entries.set(row.id, entryOf(row));
  }
  return entries;
}

/** The ids of what could not be applied, the latest first: a hundred at the most. */
export async function listFailed(supabase: ServiceClient): Promise<string[]> {
  const { failed } = dataOf(await supabase.rpc("inspect_state")) as unknown as { failed: { id: string }[] };
  return failed.map(({ id }) => id);
}

interface Following {
  /** ISO 8601. */
  since: string;
  /** Of these types only. */
  types?: string[] | undefined;
  pauseMs?: number;
  signal: AbortSignal;
  /** All that is there was given: what comes now is new. */
  onCaughtUp?(): void;
}

// A transaction that began before another may end after it, and what it wrote bears the moment when it began.
const OVERLAP_MS = 5_000;

/** Gives what is written down in the ledger, in order, and goes on as more comes, until it is aborted. */
export async function* followLedger(supabase: ServiceClient, following: Following): AsyncGenerator<LedgerEntry> {
  const { since, types, pauseMs = 1_000, signal, onCaughtUp } = following;
  const given = new Map<string, string>();
  let place = { moment: since, id: "" };
  let newest = since;
  while (!signal.aborted) {
    const rows = await readAfter(supabase, place, types);
    for (const entry of rows) {
      if (given.get(entry.id) !== entry.recordedAt) yield entry;
      given.set(entry.id, entry.recordedAt);
      newest = entry.recordedAt;
    }
    const last = rows.at(-1);
    if (last && rows.length === PAGE) {
      place = { moment: last.recordedAt, id: last.id };
      continue;
    }
    onCaughtUp?.();
    const overlap = new Date(Math.max(Date.parse(since), Date.parse(newest) - OVERLAP_MS)).toISOString();
    for (const [id, recordedAt] of given) if (Date.parse(recordedAt) < Date.parse(overlap)) given.delete(id);
    place = { moment: overlap, id: "" };
    await pause(pauseMs, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}

async function readAfter(supabase: ServiceClient, place: { moment: string; id: string }, types: string[] | undefined) {
  const rows = await supabase.rpc("list_stripe_events", {
    after_moment: place.moment,
    after_id: place.id,
    types: (types ?? null) as string[],
    most: PAGE,
  });
  return dataOf(rows).map(entryOf);
}

interface Row {
  id: string;
  type: string;
  object_id: string | null;
  created_at: string;
  outcome: string;
  reason: string | null;
  recorded_at: string;
}

const entryOf = (row: Row): LedgerEntry => ({
  id: row.id,
  type: row.type,
  objectId: row.object_id,
  createdAt: row.created_at,
  outcome: row.outcome as LedgerEntry["outcome"],
  reason: row.reason,
  recordedAt: row.recorded_at,
});
