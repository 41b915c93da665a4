import type { Clients } from "../clients.ts";
import { assertSameAccount, objects } from "../mirror/index.ts";
import { fetchAsOf, getAccount } from "../stripe/index.ts";
import { dataOf, type ServiceClient } from "../supabase/index.ts";
import type { Purpose } from "./purpose.ts";

/** What is on sale is shown to everybody, and quickly read. */
const FIRST = ["product", "price"];

/**
 * Begins to read the account: everything that Stripe holds now. What is read is worked off by `workReading`.
 * Answers the reading that is not finished, if there is one.
 * @throws OtherAccountError
 */
export async function beginReading(
  clients: Clients,
  { purpose, requestedBy }: { purpose: Purpose; requestedBy: string },
): Promise<{ runId: number; begun: boolean }> {
  const { stripe, supabase } = clients;
  await assertSameAccount(clients);
  const { asOf } = await fetchAsOf(() => getAccount(stripe));
  const kinds = await Promise.all(
    Object.values(objects)
      .toSorted((a, b) => rankOf(a.object) - rankOf(b.object))
      .map(async ({ object, listed }) => {
        const used = listed.by === "created" || ((await listed.isUsed?.(stripe)) ?? true);
        return { object, by_customer: listed.by === "customer", used };
      }),
  );
  const [run] = dataOf(
    await supabase.rpc("begin_sync_run", { purpose, started_at: asOf, requested_by: requestedBy, kinds }),
  );
  return { runId: run?.id ?? 0, begun: run?.begun ?? false };
}

/** Those that are named come first, in their order; then the others in theirs. */
const rankOf = (object: string) => (FIRST.includes(object) ? FIRST.indexOf(object) : FIRST.length);

/** How far a reading has come. */
export interface Progress {
  runId: number;
  startedAt: string;
  finishedAt: string | null;
  requestedBy: string;
  /** A worker is at it at this moment. */
  isRead: boolean;
  kinds: KindProgress[];
}

export interface KindProgress {
  object: string;
  /** How many parts of it are yet to be read, and how many are done. More come to be while it is read. */
  rangesOpen: number;
  rangesDone: number;
  /** How many objects were read so far, and how many of them the mirror could not take. */
  read: number;
  failed: number;
  /** Why a part of it is not read at the moment: it comes again; with none open, why the reading ended without it. `forbidden`: the key may not read it. */
  lastError: string | null;
}

/** How far the latest reading of this purpose has come; undefined when there was none. */
export async function getProgress(supabase: ServiceClient, purpose: Purpose = "sync"): Promise<Progress | undefined> {
  const rows = dataOf(await supabase.rpc("get_sync_progress", { purpose }));
  const [run] = rows;
  return (
    run && {
      runId: run.run_id,
      startedAt: run.started_at,
      finishedAt: run.finished_at,
      requestedBy: run.requested_by,
      isRead: run.is_read,
      kinds: rows.map((row) => ({
        object: row.object,
        rangesOpen: row.ranges_open,
        rangesDone: row.ranges_done,
        read: row.read,
        failed: row.failed,
        lastError: row.last_error,
      })),
    }
  );
}

/** What the latest reading could not bring into the mirror, and why. */
export async function getFailures(
  supabase: ServiceClient,
  { purpose = "sync", most = 100 }: { purpose?: Purpose; most?: number } = {},
): Promise<{ object: string; id: string; reason: string }[]> {
  const rows = dataOf(await supabase.rpc("get_sync_failures", { purpose, most }));
  return rows.map(({ object, object_id, reason }) => ({ object, id: object_id, reason }));
}

/** Up to when the mirror shows all of an account. */
export interface Completeness {
  complete: boolean;
  objects: {
    object: string;
    /** Every object that Stripe held then was brought before the guard; null when that was never so. */
    completeAsOf: string | null;
    objects: number;
    /** How many of them the mirror is known not to show as Stripe does. */
    differing: number;
    /** As of when a sweep last held them against what Stripe shows; null when none has: what was read is taken to be shown. */
    comparedAsOf: string | null;
    /** How many it compared, and how many of these were equal. */
    compared: number;
    equal: number;
    /** Why the latest reading could not read it; `forbidden`: the key may not. */
    lastError: string | null;
    /** The latest reading that was through with it ended without all of it. The next one tries again. */
    unread: boolean;
  }[];
}

/** Up to when the mirror shows all of each kind. */
export async function getCompleteness(supabase: ServiceClient): Promise<Completeness> {
  const rows = dataOf(await supabase.rpc("get_completeness"));
  const objects = rows.map(({ complete_as_of, compared_as_of, last_error, ...counted }) => ({
    ...counted,
    completeAsOf: complete_as_of,
    comparedAsOf: compared_as_of,
    lastError: last_error,
  }));
  return { complete: objects.every(({ completeAsOf }) => completeAsOf !== null), objects };
}
