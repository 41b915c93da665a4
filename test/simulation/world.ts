import { Account } from "./account.ts";
import type { AtRest } from "./at-rest.ts";
import { type Climate, climateOf } from "./climate.ts";
import { Cloud } from "./cloud.ts";
import type { Database } from "./database.ts";
import { letStripeFetch, setEnvironment } from "./environment.ts";
import { Faults } from "./faults.ts";
import { History, type Step } from "./history.ts";
import { Network } from "./network.ts";
import { AFTER_A_SWEEP, ORACLES } from "./oracles.ts";
import type { Plan } from "./plan.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import { Shop } from "./shop.ts";
import { putOnStage } from "./stage.ts";

export interface Result {
  /** Of all that happened. */
  digest: string;
  trace: readonly string[];
  /** What does not hold, by its name. */
  failures: Record<string, string[]>;
  /** How often each fault befell each step, by `step fault`. */
  faults: ReadonlyMap<string, number>;
  /** The steps that there were. */
  steps: ReadonlySet<string>;
}

const BEGIN = Date.UTC(2027, 0, 11, 9);
const [MINUTE, DAY] = [60_000, 86_400_000];
/** How long nobody looks for what is lost. */
const LOST_FOR = 5 * DAY;

/** Who has stood still works for so long: what was forgotten meanwhile is looked for within ten days. */
const WORKS_FOR = 11 * DAY;

/** Plays a plan. */
export async function play(database: Database, plan: Plan): Promise<Result> {
  setEnvironment();
  letStripeFetch();
  await database.empty();
  const world = new World(database, plan);
  const failures: Record<string, string[]> = {};
  try {
    await world.live();
    Object.assign(failures, await world.judge(ORACLES));
    Object.assign(failures, await world.goOn());
    if (world.isSwept) {
      await world.sweep();
      Object.assign(failures, await world.judge(AFTER_A_SWEEP));
    }
  } catch (error) {
    failures["it comes to rest"] = [String((error as Error).stack)];
  } finally {
    putOnStage(undefined);
  }
  const { scheduler, faults } = world;
  return {
    digest: scheduler.digest(),
    trace: scheduler.trace(),
    failures,
    faults: faults.counts(),
    steps: faults.steps(),
  };
}

class World {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly isSwept: boolean;
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #atRest: AtRest;
  readonly #network: Network;
  readonly #cloud: Cloud;
  readonly #climate: Climate;
  #mayStopAt = 0;

  constructor(database: Database, plan: Plan) {
    const { seed, turns } = plan;
    const random = new Random(`${seed} world`);
    const climate = climateOf(seed, plan.climate);
    const scheduler = new Scheduler(seed, BEGIN + random.whole(0, 3_600_000));
    const faults = new Faults(seed, {
      rate: random.pick(climate.rates),
      most: plan.mostFaults,
      without: new Set(plan.without),
    });
    const cloud = new Cloud(scheduler, {
      consumers: random.whole(2, 8),
      heldUp: random.pick([0, 0.05, 0.3]),
    });
    let network: Network | undefined;
    const notYet: typeof fetch = () => Promise.reject(new Error("There is no network yet"));
    const chance = new Random(`${seed} chance`);
    putOnStage({ scheduler, chance, fetch: (input, init) => (network?.fetch ?? notYet)(input, init) });
    const account = new Account(random.pick(climate.pages));
    const servers = { ...cloud.servers, "stripe.test": account.server, "supabase.test": database.server };
    network = new Network(scheduler, faults, servers);
    const shop = new Shop(database);
    const histories = plan.histories.map((number) => new History(shop, climate, { seed, number, turns }));
    this.#atRest = { account, cloud, database, shop, histories };
    this.#network = network;
    this.#cloud = cloud;
    this.scheduler = scheduler;
    this.faults = faults;
    this.#plan = plan;
    this.#climate = climate;
    this.#random = random;
    this.isSwept = random.chance(0.15);
  }

  /** The catalogue comes to be, then the histories' turns pass, then all comes to rest. */
  async live(): Promise<void> {
    const { scheduler } = this;
    const { shop, histories } = this.#atRest;
    await scheduler.runUntilSettled(shop.open(), 10 * MINUTE);
    if (this.#random.chance(0.4)) scheduler.in(MINUTE, () => void this.#cloud.run("read-account"));
    await scheduler.runUntil(scheduler.now + 5 * MINUTE);
    for (const history of histories) await history.begin();
    this.faults.begin();
    for (let turn = 0; turn < this.#plan.turns; turn++) await this.#pass(turn);
    this.faults.end();
    await this.#rest();
  }

  async #pass(turn: number): Promise<void> {
    const { scheduler, faults } = this;
    const random = this.#random;
    if (random.chance(0.15)) faults.breakDown(scheduler.now + random.between(0, MINUTE));
    const goesOnAt = scheduler.now + 10 * MINUTE + random.pick([0.02, 3, 12, 20]) * DAY;
    // For longer than SQS keeps a message, if it is so; then it works for a day.
    const mostStopped = Math.max(goesOnAt - DAY, scheduler.now + 8 * MINUTE);
    if (random.chance(this.#climate.stopped) && scheduler.now > this.#mayStopAt) {
      const until = random.between(scheduler.now, mostStopped);
      this.#cloud.events.stop(until);
      this.#mayStopAt = until + WORKS_FOR;
    }
    // What is lost meanwhile is to be found; else it runs when the turns begin.
    for (let at = scheduler.now + LOST_FOR; at < goesOnAt; at += LOST_FOR)
      scheduler.at(at, () => void this.#reconcile(at + LOST_FOR));
    const { account } = this.#atRest;
    account.listen(!random.chance(this.#climate.deaf));
    // Right before the turn, so that what is lost is made just after somebody looked.
    if (random.chance(0.5)) void this.#cloud.run("reconcile");
    for (const history of this.#atRest.histories) {
      const step = history.steps[turn] as Step;
      scheduler.in(step.afterMs, () => {
        scheduler.note(`${history.number} ${step.name}`);
        history.take(step).catch((error) => scheduler.note(`${history.number} fails: ${(error as Error).message}`));
      });
    }
    this.#schedules();
    // What is due meanwhile, such as renewals, happens at its own time; the schedules come back with the next turn.
    await scheduler.runUntil(goesOnAt);
    account.listen(true);
  }

  /** As it is scheduled, until it has gone through once: Stripe lists an event for thirty days, and no longer. */
  async #reconcile(until: number): Promise<void> {
    const { scheduler } = this;
    const isThrough = await this.#cloud.run("reconcile");
    if (!isThrough && scheduler.now < until) scheduler.in(15 * MINUTE, () => void this.#reconcile(until));
  }

  #schedules(): void {
    const { scheduler } = this;
    const random = this.#random;
    for (const [name, most, share] of [
      ["relay", 3, 0.5],
      ["reconcile", 2, 0.5],
      ["read-account", 1, 0.2],
    ] as const) {
      for (let run = 0; run < most; run++)
        if (random.chance(share)) scheduler.in(random.between(0, 9 * MINUTE), () => void this.#cloud.run(name));
    }
  }

  async #rest(): Promise<void> {
    const { scheduler } = this;
    const cloud = this.#cloud;
    // Whoever still has a message has it no longer than this; and what Stripe still tries to deliver is delivered.
    for (let round = 0; round < 10 && (round === 0 || cloud.events.waiting > 0); round++)
      await scheduler.runUntil(Math.max(scheduler.now, cloud.events.lastVisibleAt) + 45 * MINUTE);
    this.#atRest.leftBehind = await this.#leftBehind();
    for (let round = 0; round < 30; round++) {
      cloud.events.redrive();
      if (round < 3) await this.#run("reconcile");
      await this.#run("relay");
      await scheduler.runUntil(scheduler.now + 3 * MINUTE);
      const due = await this.#nextNotice();
      if (round >= 2 && cloud.isIdle && this.#network.underWay === 0 && due === undefined) return;
      if (due !== undefined) await scheduler.runUntil(Math.max(scheduler.now, due));
    }
  }

  /** The events that Stripe could deliver and SQS has not forgotten, and that the ledger lacks though nobody works on them any more. */
  async #leftBehind(): Promise<string[]> {
    const { account, cloud, database } = this.#atRest;
    const known = await database.query<{ id: string }>("select id from billing.stripe_events");
    const accounted = new Set([...known.map(({ id }) => id), ...cloud.events.forgotten, ...cloud.events.idsWaiting]);
    return account.emulator
      .deliveries()
      .flatMap(({ event, status }) => (status === "delivered" && !accounted.has(event) ? [event] : []));
  }

  async #nextNotice(): Promise<number | undefined> {
    const [row] = await this.#atRest.database.query<{ at: string | null }>(
      "select min(next_attempt_at) as at from billing.outbox where sent_at is null and next_attempt_at < 'infinity'",
    );
    return row?.at ? Date.parse(row.at) : undefined;
  }

  #run(name: "reconcile" | "relay" | "read-account"): Promise<boolean> {
    return this.scheduler.runUntilSettled(this.#cloud.run(name), 20 * MINUTE);
  }

  /** Until a whole sweep has gone through. */
  async sweep(): Promise<void> {
    const { scheduler } = this;
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
    const { account, cloud, shop, histories } = this.#atRest;
    const failures: Record<string, string[]> = {};
    const [queued, made] = [cloud.events.taken, account.emulator.events().length];
    await this.#run("reconcile");
    if (cloud.events.taken > queued && account.emulator.events().length === made)
      failures["what the ledger has is not queued again"] = [`${cloud.events.taken - queued}`];
    for (const { customer } of histories.filter((each) => !each.customer.deleted).slice(0, 6)) {
      const refused = await this.scheduler.runUntilSettled(customer.whyNot(shop.price("basic")), 10 * MINUTE);
      if (refused) failures["whoever wants to buy can"] = [`${customer.id}: ${refused}`];
    }
    return failures;
  }

  async judge(oracles: typeof ORACLES): Promise<Record<string, string[]>> {
    const failures: Record<string, string[]> = {};
    for (const [name, judge] of Object.entries(oracles)) {
      const wrong = await judge(this.#atRest);
      if (wrong.length > 0) failures[name] = wrong;
    }
    return failures;
  }
}
