import { setTimeout as sleep } from "node:timers/promises";
import type { Clients } from "../clients.ts";
import { OtherAccountError, writePage } from "../mirror/index.ts";
import { isForbidden, isMissing, isRateLimit } from "../stripe/index.ts";
import { createLimiter, type Limits } from "./limiter.ts";
import { CUSTOMERS_AT_ONCE, type Reader, readStep } from "./page.ts";
import type { Purpose } from "./purpose.ts";
import { Hold, type Range } from "./range.ts";
import { getProgress } from "./runs.ts";
import { sweepPage } from "./sweep.ts";

export interface Work extends Limits {
  purpose: Purpose;
  /** No page is begun later than this, by `performance.now()`. Without it, the reading is worked until it is done. */
  until?: number | undefined;
  signal?: AbortSignal | undefined;
  /** After each page, once it is in the mirror. */
  onProgress?: ((page: { object: string; read: number; failed: number }) => void) | undefined;
}

export interface Worked {
  /**
   * `more`: time ran out, or the signal came. `waiting`: what is left failed a moment ago, and comes again. `busy`: another worker is
   * at it. `none`: nothing was begun.
   */
  state: "done" | "more" | "waiting" | "busy" | "none";
  read: number;
  failed: number;
  /** Why ranges could not be read: they come again. The first few. */
  errors: unknown[];
}

/** A worker that died is followed after this. */
const LEASE_SECONDS = 30;
const BEAT_MS = 10_000;
const POLL_MS = 500;
const MOST_ERRORS = 20;
/** With less than half a second for a page, so many ranges at once keep an endpoint, and the account, at its limit. */
const SECONDS_A_PAGE = 0.5;
/** Of what is asked customer by customer, so many more are read while others are written. */
const RANGES_WRITTEN = 3;

/**
 * Works off the reading that was begun: ranges of all kinds side by side, as fast as the limits allow. Whatever it is killed in, the
 * next worker goes on from the last page of each range.
 * @throws OtherAccountError; what Stripe says of a key that it refuses; DatabaseError when the database cannot be reached
 */
export async function workReading(clients: Clients, work: Work): Promise<Worked> {
  const worked: Worked = { state: "none", read: 0, failed: 0, errors: [] };
  const progress = await getProgress(clients.supabase, work.purpose);
  if (!progress) return worked;
  if (progress.finishedAt) return { ...worked, state: "done" };
  const hold = new Hold(clients, progress.runId);
  if (!(await hold.take(LEASE_SECONDS))) return { ...worked, state: "busy" };

  const stop = new AbortController();
  const beat = setInterval(() => {
    hold.take(LEASE_SECONDS).then(
      (held) => held || stop.abort(),
      () => {}, // The next page says what is wrong.
    );
  }, BEAT_MS);
  try {
    worked.state = await new Worker(clients, work, hold, stop, worked).run();
    return worked;
  } finally {
    clearInterval(beat);
    await hold.release().catch(() => {}); // It would hide why the work ended; the lease runs out.
  }
}

class Worker {
  readonly #work: Work;
  readonly #hold: Hold;
  readonly #stop: AbortController;
  readonly #worked: Worked;
  readonly #reader: Reader;
  readonly #lanes = new Set<Promise<void>>();
  readonly #rangesAtOnce: number;
  readonly #rangesOfAKind: number;
  readonly #rangesByCustomer: number;
  #fatal: { error: unknown } | undefined;
  /** There is a range more to be taken. */
  #added = () => {};

  constructor(clients: Clients, work: Work, hold: Hold, stop: AbortController, worked: Worked) {
    this.#work = work;
    this.#hold = hold;
    this.#stop = stop;
    this.#worked = worked;
    this.#rangesAtOnce = Math.ceil(work.perSecond * SECONDS_A_PAGE);
    this.#rangesOfAKind = Math.ceil(Math.min(work.perEndpoint, work.perSecond) * SECONDS_A_PAGE);
    this.#rangesByCustomer = Math.ceil(this.#rangesOfAKind / CUSTOMERS_AT_ONCE) + RANGES_WRITTEN;
    this.#reader = { ...clients, limiter: createLimiter(work), isOver: () => this.#isOver() };
  }

  async run(): Promise<Worked["state"]> {
    let state: Worked["state"] = "more";
    while (!this.#isOver()) {
      const free = this.#rangesAtOnce - this.#lanes.size;
      for (const range of free > 0 ? await this.#hold.takeRanges(free, this.#rangesByCustomer) : []) this.#begin(range);
      if (this.#lanes.size === 0) {
        const progress = await getProgress(this.#reader.supabase, this.#work.purpose);
        if (progress?.finishedAt) {
          state = "done";
          break;
        }
        if (this.#work.until !== undefined) {
          state = "waiting";
          break;
        }
      }
      const added = new Promise<void>((resolve) => {
        this.#added = resolve;
      });
      await Promise.race([...this.#lanes, added, sleep(POLL_MS)]);
    }
    await Promise.all(this.#lanes);
    if (this.#fatal) throw this.#fatal.error;
    return state;
  }

  #isOver(): boolean {
    const { until = Number.POSITIVE_INFINITY, signal } = this.#work;
    return this.#stop.signal.aborted || Boolean(signal?.aborted) || performance.now() > until;
  }

  #begin(range: Range): void {
    const lane = this.#readRange(range)
      .catch((error) => {
        this.#fatal ??= { error };
        this.#stop.abort();
      })
      .finally(() => this.#lanes.delete(lane));
    this.#lanes.add(lane);
  }

  async #readRange(taken: Range): Promise<void> {
    let range = taken;
    while (!this.#isOver()) {
      try {
        const next = await this.#step(range);
        if (!next) return;
        range = next;
      } catch (error) {
        if (isFatal(error)) throw error;
        if (isRateLimit(error)) break; // Only when the time is over: nothing is wrong.
        if (isMissing(error) && range.after && !range.customers) {
          range = await this.#hold.rewind(range);
          continue;
        }
        if (this.#worked.errors.length < MOST_ERRORS) this.#worked.errors.push(error);
        if (isForbidden(error)) return this.#hold.forbid(range);
        return this.#hold.releaseRange(range, codeOf(error));
      }
    }
    await this.#hold.releaseRange(range);
  }

  /** One page: read, written, noted. @returns the range, while there is more of it */
  async #step(range: Range): Promise<Range | undefined> {
    const { changes, ...step } = await readStep(this.#reader, range);
    const refused =
      this.#work.purpose === "sweep"
        ? await sweepPage(this.#reader, range, changes)
        : await writePage(this.#reader, changes);
    const failures = [...step.failures, ...refused];
    const next = await this.#hold.advance(range, { ...step, failures }, this.#rangesOfAKind);
    this.#worked.read += step.read;
    this.#worked.failed += failures.length;
    this.#work.onProgress?.({ object: range.object, read: step.read, failed: failures.length });
    if (step.ended || !next) return undefined;
    if (next.created_from !== range.created_from || range.object === "customer") this.#added();
    return next;
  }
}

/** Nothing can be read, until the key is another one. */
function isFatal(error: unknown): boolean {
  return error instanceof OtherAccountError || (error as { statusCode?: unknown }).statusCode === 401;
}

/** Why, without what the error's message may quote. */
export function codeOf(error: unknown): string {
  const { code, type, name } = (error ?? {}) as Record<string, unknown>;
  return String(code || type || name || "unknown");
}
