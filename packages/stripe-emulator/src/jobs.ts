import { expireSession } from "./billing/checkout.ts";
import { endSubscription } from "./billing/end-subscription.ts";
import { settlePayment } from "./billing/settlement.ts";
import type { JobRow } from "./state/rows.ts";
import type { World } from "./world.ts";

const MAX_TIMER_MS = 2 ** 31 - 1;

const RUN: Record<JobRow["kind"], (world: World, subject: string) => void> = {
  settle_payment: settlePayment,
  expire_session: expireSession,
  end_subscription: endSubscription,
};

/** Runs the jobs of the state when they are due, also those that came due while nothing ran. */
export class JobRunner {
  readonly #log: (line: string) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  wake(world: World): void {
    clearTimeout(this.#timer);
    const jobs = world.store.jobs.all();
    if (jobs.length === 0) return;
    const next = Math.min(...jobs.map((job) => job.at));
    const delay = Math.min(Math.max(0, next - world.nowMs()), MAX_TIMER_MS);
    this.#timer = setTimeout(() => this.#run(world), delay);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #run(world: World): void {
    const due = world.store.jobs.all().filter((job) => job.at <= world.nowMs());
    for (const job of due.sort((a, b) => a.at - b.at)) {
      world.store.jobs.delete(job.id);
      try {
        RUN[job.kind](world, job.subject);
      } catch (error) {
        this.#log(`The emulator failed at ${job.kind}: ${error instanceof Error ? error.stack : String(error)}`);
      }
    }
    this.wake(world);
  }
}
