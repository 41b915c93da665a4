import type { AtRest } from "./at-rest.ts";
import type { Network } from "./network.ts";
import type { Scheduler } from "./scheduler.ts";

const MINUTE = 60_000;

/** How a world comes to its end, when nothing goes wrong any more. */
export class Ending {
  readonly #scheduler: Scheduler;
  readonly #network: Network;
  readonly #atRest: AtRest;

  constructor(scheduler: Scheduler, network: Network, atRest: AtRest) {
    this.#scheduler = scheduler;
    this.#network = network;
    this.#atRest = atRest;
  }

  /** Until nothing is under way, and nothing is due. */
  async rest(): Promise<void> {
    const scheduler = this.#scheduler;
    const { cloud } = this.#atRest;
    // Whoever still has a message has it no longer than this; and what Stripe still tries to deliver is delivered.
    for (let round = 0; round < 10 && (round === 0 || cloud.events.waiting > 0); round++)
      await scheduler.runUntil(Math.max(scheduler.now, cloud.events.lastVisibleAt) + 45 * MINUTE);
    this.#atRest.leftBehind = [...(await this.#leftBehind()), ...(await this.#putAway())];
    for (let round = 0; round < 30; round++) {
      cloud.events.redrive();
      if (round < 3) await this.#run("reconcile");
      await this.#run("relay");
      // What reconciliation queues may be held up on its way, too.
      await scheduler.runUntil(Math.max(scheduler.now + 3 * MINUTE, cloud.events.lastVisibleAt));
      const due = await this.#nextDue();
      if (round >= 2 && cloud.isIdle && this.#network.underWay === 0 && due === undefined) return;
      if (due !== undefined) await scheduler.runUntil(Math.max(scheduler.now, due));
    }
  }

  /** The events that were worked on and put away though they were not done: the ledger had them only when they were brought again. */
  async #putAway(): Promise<string[]> {
    const { cloud, database } = this.#atRest;
    const brought = [...cloud.events.broughtAgain];
    const found = await database.query<{ id: string; at: string }>(
      "select id, recorded_at as at from billing.stripe_events where id = any ($1)",
      [brought.map(({ event }) => event)],
    );
    const recordedAt = new Map(found.map(({ id, at }) => [id, Date.parse(at)]));
    return brought.flatMap(({ event, at }) => ((recordedAt.get(event) ?? 0) > at ? [event] : []));
  }

  /** The events that Stripe could deliver and SQS has not forgotten, and that the ledger lacks though nobody works on them any more. */
  async #leftBehind(): Promise<string[]> {
    const { account, cloud, database } = this.#atRest;
    const known = await database.query<{ id: string }>("select id from billing.stripe_events");
    const accounted = new Set([...known.map(({ id }) => id), ...cloud.events.forgotten, ...cloud.events.idsWaiting]);
    return account.emulator
      .deliveries()
      .flatMap(({ event, status }) =>
        status === "delivered" && !accounted.has(event) && !account.hides(event) ? [event] : [],
      );
  }

  async #nextDue(): Promise<number | undefined> {
    const [row] = await this.#atRest.database.query<{ at: string | null }>(
      `select min(at) as at from (
        select next_attempt_at from billing.outbox where sent_at is null and next_attempt_at < 'infinity'
        -- What is in the way of a number of seats, and stays, is looked at once a day.
        union all
        select due_at from billing.seats where version > followed and due_at < now() + interval '2 hours'
      ) due (at)`,
    );
    return row?.at ? Date.parse(row.at) : undefined;
  }

  #run(name: "reconcile" | "relay" | "read-account"): Promise<boolean> {
    return this.#scheduler.runUntilSettled(this.#atRest.cloud.run(name), 20 * MINUTE);
  }

  /** Until a whole sweep has gone through. */
  async sweep(): Promise<void> {
    const scheduler = this.#scheduler;
    const since = scheduler.now;
    const isSwept = async () => {
      const [found] = await this.#atRest.database.query<{ swept: boolean }>(
        `select exists (
          select from billing.sync_runs where purpose = 'sweep' and finished_at is not null and started_at >= $1
        ) as swept`,
        [new Date(since).toISOString()],
      );
      return found?.swept;
    };
    for (let round = 0; round < 40 && !(await isSwept()); round++) {
      await this.#run("read-account");
      await scheduler.runUntil(scheduler.now + MINUTE);
    }
    this.#atRest.sweptSince = since;
    await this.#run("read-account");
  }

  /** What works is not only as it should be, but goes on: nobody is kept out, and nothing that is here is looked for. */
  async goOn(): Promise<Record<string, string[]>> {
    const { cloud, shop, histories } = this.#atRest;
    const failures: Record<string, string[]> = {};
    // Something has just happened, and is known.
    await this.#scheduler.runUntilSettled(shop.rename(), 10 * MINUTE);
    await this.#scheduler.runUntil(this.#scheduler.now + 5 * MINUTE);
    await this.#scheduler.runUntil(Math.max(this.#scheduler.now, cloud.events.lastVisibleAt) + MINUTE);
    // Of what was made meanwhile, some may be held up on its way: that is lacking, and queued.
    const { broughtAgain } = cloud.events;
    const before = broughtAgain.length;
    await this.#run("reconcile");
    if (broughtAgain.length > before)
      failures["what the ledger has is not queued again"] = broughtAgain.slice(before).map(({ event }) => event);
    for (const { customer } of histories.filter((each) => !each.customer.deleted).slice(0, 6)) {
      const refused = await this.#scheduler.runUntilSettled(customer.whyNot(shop.price("basic")), 10 * MINUTE);
      if (refused) failures["whoever wants to buy can"] = [`${customer.id}: ${refused}`];
    }
    return failures;
  }
}
