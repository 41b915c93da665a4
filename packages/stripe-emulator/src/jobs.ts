import { releasePayment } from "./billing/capturing.ts";
import { expireSession } from "./billing/checkout.ts";
import { tellOverdue } from "./billing/closing.ts";
import { attemptInvoice, collectInvoice } from "./billing/collecting.ts";
import { decideDispute, followCharge } from "./billing/disputing.ts";
import { expireIncomplete } from "./billing/end-subscription.ts";
import { resumeCollection } from "./billing/pausing.ts";
import { expirePendingUpdate } from "./billing/pending-updates.ts";
import { endCoupon, endPromotionCode } from "./billing/redeeming.ts";
import { finishRefund } from "./billing/refunding.ts";
import { announceInvoice, endAsPlanned, renewSubscription } from "./billing/renewing.ts";
import { advanceSchedule, announceExpiry } from "./billing/scheduling.ts";
import { settlePayment } from "./billing/settlement.ts";
import { trialWillEnd } from "./billing/trials.ts";
import { clockOf } from "./state/clock-of.ts";
import type { JobRow } from "./state/rows.ts";
import type { World } from "./world.ts";

const MAX_TIMER_MS = 2 ** 31 - 1;

/** In the order in which things due at one moment are done: what ends at its period's end is not renewed. */
const RUN: Record<JobRow["kind"], (world: World, subject: string) => void> = {
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
  expire_session: expireSession,
  expire_coupon: endCoupon,
  expire_promotion_code: endPromotionCode,
  advance_clock: advanceClock,
};
const ORDER = Object.keys(RUN);

const inOrder = (a: JobRow, b: JobRow) => a.at - b.at || ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind);

/**
 * Runs what is due on a clock in order, each thing at its own moment, until the target. What it causes may be due
 * before the target too (https://docs.stripe.com/billing/testing/test-clocks).
 */
function advanceClock(world: World, id: string): void {
  const target = world.store.testClocks.find(id)?.status_details.advancing?.target_frozen_time;
  if (target === undefined) return;
  const due = () => world.store.jobs.all().filter((row) => row.clock === id && row.at <= target * 1000);
  for (let [job] = due().sort(inOrder); job !== undefined; [job] = due().sort(inOrder)) {
    const { kind, subject, at } = job;
    const { frozen_time: before } = world.store.testClocks.get(id);
    world.update("testClocks", id, { frozen_time: Math.max(Math.floor(at / 1000), before) });
    world.store.jobs.delete(job.id);
    try {
      world.onClock(id, () => RUN[kind](world, subject));
    } catch (error) {
      const failed = world.update("testClocks", id, { status: "internal_failure", status_details: {} });
      world.emit("test_helpers.test_clock.internal_failure", failed);
      throw error;
    }
  }
  const ready = world.update("testClocks", id, { status: "ready", frozen_time: target, status_details: {} });
  world.emit("test_helpers.test_clock.ready", ready);
}

/** Runs the jobs of the state when they are due, also those that came due while nothing ran. */
export class JobRunner {
  readonly #log: (line: string) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  wake(world: World): void {
    clearTimeout(this.#timer);
    const jobs = world.store.jobs.all().filter((job) => !job.clock);
    if (jobs.length === 0) return;
    const next = Math.min(...jobs.map((job) => job.at));
    const delay = Math.min(next - Date.now(), MAX_TIMER_MS);
    if (delay <= 0) {
      this.#run(world);
      return;
    }
    this.#timer = setTimeout(() => this.#run(world), delay);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #run(world: World): void {
    const due = world.store.jobs.all().filter((job) => !job.clock && job.at <= Date.now());
    for (const job of due.sort(inOrder)) {
      world.store.jobs.delete(job.id);
      try {
        world.onClock(clockOf(world.store, job.subject), () => RUN[job.kind](world, job.subject));
      } catch (error) {
        this.#log(`The emulator failed at ${job.kind}: ${error instanceof Error ? error.stack : String(error)}`);
      }
    }
    this.wake(world);
  }
}
