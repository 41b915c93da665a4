import { releasePayment } from "./billing/capturing.ts";
import { expireSession } from "./billing/checkout.ts";
import { tellOverdue } from "./billing/closing.ts";
import { attemptInvoice, collectInvoice } from "./billing/collecting.ts";
import { beginGrant, expireGrant } from "./billing/credit-grants.ts";
import { decideDispute, followCharge } from "./billing/disputing.ts";
import { expireIncomplete } from "./billing/end-subscription.ts";
import { releaseFunds } from "./billing/funds.ts";
import { resumeCollection } from "./billing/pausing.ts";
import { arrivePayout } from "./billing/paying-out.ts";
import { expirePendingUpdate } from "./billing/pending-updates.ts";
import { cancelQuote } from "./billing/quoting.ts";
import { endCoupon, endPromotionCode } from "./billing/redeeming.ts";
import { finishRefund } from "./billing/refunding.ts";
import { endAsPlanned, renewSubscription } from "./billing/renewing.ts";
import { advanceSchedule, announceExpiry } from "./billing/scheduling.ts";
import { settlePayment } from "./billing/settlement.ts";
import { verifyTaxId } from "./billing/tax-ids.ts";
import { arriveTopup } from "./billing/topping-up.ts";
import { trialWillEnd } from "./billing/trials.ts";
import { announceInvoice } from "./billing/upcoming.ts";
import { finishRedaction } from "./billing/verifying.ts";
import { clockOf } from "./state/clock-of.ts";
import type { FailedJob, JobRow } from "./state/job.ts";
import type { World } from "./world.ts";

const MAX_TIMER_MS = 2 ** 31 - 1;
/** How long jobs run before requests have their turn: a clock that moves by years has thousands. */
const SLICE_MS = 40;

/** In the order in which things due at one moment are done: what ends at its period's end is not renewed. */
const RUN: Record<Exclude<JobRow["kind"], "advance_clock">, (world: World, subject: string) => void> = {
  // What begins or expires at a moment does so before it could pay for anything.
  begin_grant: beginGrant,
  expire_grant: expireGrant,
  end_subscription: endAsPlanned,
  expire_incomplete: expireIncomplete,
  expire_pending_update: expirePendingUpdate,
  trial_will_end: trialWillEnd,
  upcoming_invoice: announceInvoice,
  resume_collection: resumeCollection,
  schedule_expiring: announceExpiry,
  // A phase that begins with a period decides what the period costs.
  advance_schedule: advanceSchedule,
  renew_subscription: renewSubscription,
  finalize_invoice: collectInvoice,
  retry_payment: attemptInvoice,
  invoice_overdue: tellOverdue,
  settle_payment: settlePayment,
  release_payment: releasePayment,
  follow_charge: followCharge,
  decide_dispute: decideDispute,
  finish_refund: finishRefund,
  release_funds: releaseFunds,
  arrive_payout: arrivePayout,
  arrive_topup: arriveTopup,
  verify_tax_id: verifyTaxId,
  redact_verification: finishRedaction,
  expire_session: expireSession,
  expire_coupon: endCoupon,
  expire_promotion_code: endPromotionCode,
  expire_quote: cancelQuote,
};
const ORDER = [...Object.keys(RUN), "advance_clock"];

const inOrder = (a: JobRow, b: JobRow) => a.at - b.at || ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind);

/** The first of the jobs on a clock (null: in real time) that is due by a moment, in milliseconds since the epoch. */
function firstDue({ store }: World, clock: string | null, by: number): JobRow | undefined {
  let first: JobRow | undefined;
  for (const job of store.jobs.all()) {
    if ((job.clock ?? null) === clock && job.at <= by && (!first || inOrder(job, first) < 0)) first = job;
  }
  return first;
}

/** Runs the jobs of the state when they are due, also those that came due while nothing ran. */
export class JobRunner {
  readonly #log: (line: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #woken = false;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** Wakes it once whoever calls is done, however many jobs are planned until then. */
  wakeSoon(world: World): void {
    if (this.#woken) return;
    this.#woken = true;
    setImmediate(() => {
      this.#woken = false;
      this.wake(world);
    });
  }

  /** Runs what is due, and sets the timer for what is not yet. */
  wake(world: World): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    if (world.store.trouble() !== undefined) {
      world.store.onceKept(() => this.wakeSoon(world));
      return;
    }
    let next = Number.POSITIVE_INFINITY;
    for (const job of world.store.jobs.all()) if (!job.clock) next = Math.min(next, job.at);
    if (next === Number.POSITIVE_INFINITY) return;
    const delay = Math.min(next - Date.now(), MAX_TIMER_MS);
    if (delay <= 0) this.#run(world);
    else this.#timer = setTimeout(() => this.wake(world), delay);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #run(world: World): void {
    const until = performance.now() + SLICE_MS;
    const now = Date.now();
    for (let job = firstDue(world, null, now); job; job = firstDue(world, null, now)) {
      const { id, kind, subject } = job;
      world.store.jobs.delete(id);
      if (kind === "advance_clock") this.#advance(world, subject, until);
      else this.#attempt(world, job, clockOf(world.store, subject), RUN[kind]);
      if (performance.now() >= until) break;
    }
    this.wakeSoon(world);
  }

  /**
   * Runs what is due on a clock in order, each thing at its own moment, until the target or the end of this slice. What it
   * causes may be due before the target too (https://docs.stripe.com/billing/testing/test-clocks).
   */
  #advance(world: World, id: string, until: number): void {
    const target = world.store.testClocks.find(id)?.status_details.advancing?.target_frozen_time;
    if (target === undefined) return;
    for (let job = firstDue(world, id, target * 1000); job; job = firstDue(world, id, target * 1000)) {
      if (performance.now() >= until) {
        // Kept with the state: a process that is killed here goes on with it.
        world.schedule("advance_clock", id, Date.now());
        return;
      }
      const { frozen_time: before } = world.store.testClocks.get(id);
      world.update("testClocks", id, { frozen_time: Math.max(Math.floor(job.at / 1000), before) });
      world.store.jobs.delete(job.id);
      if (job.kind !== "advance_clock") this.#attempt(world, job, id, RUN[job.kind]);
    }
    const ready = world.update("testClocks", id, { status: "ready", frozen_time: target, status_details: {} });
    world.emit("test_helpers.test_clock.ready", ready);
  }

  /** A job that throws is set aside: it is in the log and in the control room, and the others go on. */
  #attempt(world: World, job: JobRow, clock: string | null, run: (world: World, subject: string) => void): void {
    try {
      world.onClock(clock, () => run(world, job.subject));
    } catch (error) {
      const told = error instanceof Error ? error.stack : String(error);
      this.#log(`The emulator failed at ${job.kind} of ${job.subject}, and goes on without it: ${told}`);
      const failed: FailedJob = {
        ...job,
        error: error instanceof Error ? error.message : (told ?? ""),
        failedAt: Date.now(),
      };
      world.store.failedJobs.put(failed);
    }
  }
}
