import { setTimeout as sleep } from "node:timers/promises";
import type { Clients } from "../clients.ts";
import { dataOf } from "../supabase/index.ts";
import type { Limits } from "./limiter.ts";
import type { Purpose } from "./purpose.ts";
import { beginReading, getCompleteness, getProgress } from "./runs.ts";
import { sweepUnseen } from "./unseen.ts";
import { type Worked, workReading } from "./work.ts";

/** So many objects that the mirror showed otherwise than Stripe, in these columns, and no event says why. */
export interface Drift {
  object: string;
  /** `missing`: the mirror had no such row. `extra`: Stripe has no such object. */
  kind: "missing" | "extra" | "differs";
  columns: string[];
  drifted: number;
}

/** What cannot be as long as the mirror does what it promises. */
export interface Impossible {
  /** `moment went back`, `came back`, `without a row`, `without an event`: see the migration. */
  rule: string;
  event_id: string;
  object_id: string;
}

/** What one turn did. */
export interface Kept {
  /** Nothing, when the last sweep is not long ago. */
  purpose?: Purpose;
  worked: Worked;
  /** How many objects the mirror is known not to show as Stripe does. */
  differing: number;
  /** Kinds of which a part failed again and again, until a reading ended without it. What the key may not read is not among them. */
  unread: { object: string; reason: string | null }[];
  /** What was mended at least ten minutes ago, counted once. */
  drift: Drift[];
  /** What the end of a sweep found in what was recorded since the one before, told once. */
  impossible: Impossible[];
}

// A fifth of what Stripe takes of an account is left for customers: https://docs.stripe.com/rate-limits
const SHARE = 0.8;
const PER_SECOND = { live: 100, test: 25 };
const PER_ENDPOINT = 25;
/** A sweep works for some seconds a minute: that is about two requests a second. */
const SWEEP = { perSecond: 10, perEndpoint: 10, forMs: 12_000 };
const SWEEP_EVERY_MS = 15 * 60_000;
/** Code that is older than the database knows fewer kinds: it must not read all day. */
const BEGIN_AGAIN_MS = 60 * 60_000;
/** The turn before this one may still have a page to write. */
const WAIT_MS = 15_000;

/**
 * Goes on with the reading of the account. When the mirror was never complete, begins it by itself; when there is nothing to do,
 * reads all anew, slowly.
 * @param until no page is begun later, by `performance.now()`
 * @param onBegun a whole reading was begun that nobody had asked for
 * @throws as `workReading`
 */
export async function keepReading(clients: Clients, until: number, onBegun: () => void): Promise<Kept> {
  const { supabase } = clients;
  const [completeness, sync] = await Promise.all([getCompleteness(supabase), getProgress(supabase, "sync")]);
  // What could not be read each sweep tries anew.
  const lacks = completeness.objects.some(({ completeAsOf, lastError }) => !completeAsOf && !lastError);
  const begins = lacks && (!sync || isOlder(sync.finishedAt, BEGIN_AGAIN_MS));
  if (begins) {
    await beginReading(clients, { purpose: "sync", requestedBy: "Turnpike itself" });
    onBegun();
  }

  if (begins || (sync && !sync.finishedAt)) {
    const worked = await workAfterOther(clients, "sync", limitsOf(clients), until);
    const [lacking, drift] = await Promise.all([findLacking(clients), countDrift(clients)]);
    return { purpose: "sync", worked, ...lacking, drift, impossible: [] };
  }
  const worked = await sweep(clients, Math.min(until, performance.now() + SWEEP.forMs));
  return {
    ...(worked.state !== "none" && { purpose: "sweep" }),
    worked,
    ...(await findLacking(clients)),
    drift: await countDrift(clients),
    impossible: worked.state === "done" ? dataOf(await supabase.rpc("find_impossible")) : [],
  };
}

/** How fast an account may be read while customers are served. */
export function limitsOf({ stripe }: Pick<Clients, "stripe">): Limits {
  return { perSecond: SHARE * PER_SECOND[stripe.livemode ? "live" : "test"], perEndpoint: SHARE * PER_ENDPOINT };
}

async function sweep(clients: Clients, until: number): Promise<Worked> {
  let last = await getProgress(clients.supabase, "sweep");
  const isSwept = last && dataOf(await clients.supabase.rpc("is_swept", { run_id: last.runId }));
  if (!last || (isSwept && isOlder(last.startedAt, SWEEP_EVERY_MS))) {
    await beginReading(clients, { purpose: "sweep", requestedBy: "Turnpike itself" });
    last = await getProgress(clients.supabase, "sweep");
  } else if (isSwept) return { state: "none", read: 0, failed: 0, errors: [] };

  const worked = await workAfterOther(clients, "sweep", SWEEP, until);
  if (!last || worked.state !== "done") return worked;
  const { ended, errors } = await sweepUnseen(clients, last.runId, { ...SWEEP, until });
  return { ...worked, state: ended ? "done" : "more", errors: [...worked.errors, ...errors] };
}

/** What no event has explained within ten minutes. */
async function countDrift({ supabase }: Clients): Promise<Drift[]> {
  return dataOf(await supabase.rpc("count_drift")) as Drift[];
}

async function workAfterOther(clients: Clients, purpose: Purpose, limits: Limits, until: number): Promise<Worked> {
  const waitUntil = Math.min(until, performance.now() + WAIT_MS);
  for (;;) {
    const worked = await workReading(clients, { purpose, ...limits, until });
    if (worked.state !== "busy" || performance.now() > waitUntil) return worked;
    await sleep(1000);
  }
}

async function findLacking({ supabase }: Clients): Promise<Pick<Kept, "differing" | "unread">> {
  const { objects } = await getCompleteness(supabase);
  return {
    differing: objects.reduce((sum, { differing }) => sum + differing, 0),
    unread: objects
      .filter(({ unread, lastError }) => unread && lastError !== "forbidden")
      .map(({ object, lastError }) => ({ object, reason: lastError })),
  };
}

const isOlder = (moment: string | null, ms: number) => moment !== null && Date.parse(moment) < Date.now() - ms;
