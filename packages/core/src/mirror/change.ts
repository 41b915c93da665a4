import type Stripe from "stripe";
import type { Shown } from "./events.ts";
import { type NoticeKind, type Projection, timestamp } from "./projection.ts";
import { findUnstorable, toStorable } from "./unstorable.ts";

/** What identifies an event in the ledger. */
interface LedgerEntry {
  event_id: string;
  type: string;
  created_at: string;
  api_version: string | null;
}

/** Absent where no event was the reason. */
type NoEntry = { [Key in keyof LedgerEntry]?: LedgerEntry[Key] | undefined };

/** A row as of a moment, and the event that led to it, if any. */
type Row = NoEntry & Projection & { fetched: boolean; as_of: string; notify?: NoticeKind | undefined };

/** What Postgres is sent. See `billing.change` in the migrations. */
export type Change =
  | Row
  | (NoEntry & { object?: string; object_id?: string | null; outcome: "failed" | "refused"; reason: string });

/** What an event shows, as of the moment that Stripe made it. */
export function changeOf({ event, projection, notify }: Shown): Change {
  const entry = ledgerEntry(event);
  return storable(changeTo(projection, { entry, notify, fetched: false, as_of: entry.created_at }));
}

/** What Stripe's API showed, and for an event that asked for it, the event. */
export function fetchedChange(projection: Projection, asOf: string, asked?: Shown): Change {
  const entry = asked && ledgerEntry(asked.event);
  return storable(changeTo(projection, { entry, notify: asked?.notify, fetched: true, as_of: asOf }));
}

/** The keys are in the order in which Postgres keeps them, as those of a row are: see `Declaration`. */
function changeTo(
  { row, rank, owner, object, deleted, object_id }: Projection,
  shown: { entry: LedgerEntry | undefined; notify: NoticeKind | undefined; fetched: boolean; as_of: string },
): Row {
  const { entry, notify, fetched, as_of } = shown;
  return {
    row,
    rank,
    type: entry?.type,
    as_of,
    owner,
    notify,
    object,
    deleted,
    fetched,
    event_id: entry?.event_id,
    object_id,
    created_at: entry?.created_at,
    api_version: entry?.api_version,
  };
}

/** The event will never be applied, and why. */
export function failureOf(event: Stripe.Event, reason: string): Change {
  const { id } = (event.data?.object ?? {}) as { id?: unknown };
  return { ...ledgerEntry(event), object_id: storableId(id), outcome: "failed", reason };
}

/** The event is of the mode, or of an account, that our key is not of. */
export function refusalOf(
  event: Stripe.Event,
  of = event.livemode ? "live mode, the secret key of test mode" : "test mode, the secret key of live mode",
): Change {
  const { id } = event.data.object as { id?: unknown };
  return { ...ledgerEntry(event), object_id: storableId(id), outcome: "refused", reason: `The event is of ${of}` };
}

function ledgerEntry({ id, type, created, api_version }: Stripe.Event): LedgerEntry {
  return { event_id: id, type, created_at: timestamp(created), api_version };
}

/**
 * One value that Postgres cannot hold would make it refuse the whole batch, before any function of ours sees it. What is paid for is not to
 * be missed for the sake of a letter in a note: text is kept as near as can be. An id has to be right, and what is nested too deep has no end.
 */
function storable(change: Row): Change {
  const place = unstorableIn(change);
  if (place === undefined) return change;
  const kept = { ...change, row: toStorable(change.row), owner: toStorable(change.owner) };
  const field = unstorableIn(kept);
  if (field === undefined) return kept;
  const { event_id, type, created_at, api_version, object, object_id } = change;
  const reason = `${object}.${field}: it holds what Postgres cannot store`;
  return {
    ...(event_id && { event_id, type, created_at, api_version }),
    object,
    object_id: storableId(object_id),
    outcome: "failed",
    reason,
  };
}

const unstorableIn = ({ object_id, row, owner }: Row) =>
  findUnstorable(object_id) === undefined ? (findUnstorable(row) ?? findUnstorable(owner)) : "id";

function storableId(id: unknown): string | null {
  return typeof id === "string" && findUnstorable(id) === undefined ? id : null;
}
