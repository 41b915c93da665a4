import { Account } from "./account.ts";
import { json } from "./arrived.ts";
import type { AtRest } from "./at-rest.ts";
import { type Climate, climateOf } from "./climate.ts";
import { Cloud, WEBHOOK_PATH } from "./cloud.ts";
import type { Database } from "./database.ts";
import { Ending } from "./ending.ts";
import { letStripeFetch, setEnvironment } from "./environment.ts";
import { Faults } from "./faults.ts";
import { History, type Step } from "./history.ts";
import { traceLocks } from "./locks.ts";
import { Network, type Server } from "./network.ts";
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
/** How long after it was made Stripe may list an event: less than the reconciliation looks back. */
const MOST_LATE = 40 * MINUTE;
/** How long nobody looks for what is lost. */
const LOST_FOR = 5 * DAY;

/** Who has stood still works for so long: what was forgotten meanwhile is looked for within ten days. */
const WORKS_FOR = 11 * DAY;

/** Plays a plan. */
export async function play(database: Database, plan: Plan): Promise<Result> {
  setEnvironment();
  letStripeFetch();
  await database.empty();
  await traceLocks(database, new Random(`${plan.seed} locks`).chance(0.25));
  await database.nameUsersBy(climateOf(plan.seed, plan.climate).otherKeys);
  const world = new World(database, plan);
  const failures: Record<string, string[]> = {};
  try {
    await world.live();
    Object.assign(failures, await world.judge(ORACLES));
    Object.assign(failures, await world.ending.goOn());
    if (world.isSwept) {
      await world.ending.sweep();
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

/** Of an event that is never made nobody hears. */
const heard = (app: Server, account: Account): Server => ({
  ...app,
  answer: async (call, fault) => {
    const [event] = call.url.pathname === WEBHOOK_PATH ? (/\bevt_\w+/.exec(call.body) ?? []) : [];
    return event && account.hides(event) ? json(200, "") : app.answer(call, fault);
  },
});

class World {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly isSwept: boolean;
  /** Whether nothing can be as at Stripe before a sweep. */
  readonly #isSweptFirst: boolean;
  readonly #plan: Plan;
  readonly #random: Random;
  /** Of its own: seeds from before keys were changed come to the same. */
  readonly #keys: Random;
  readonly #again: Random;
  readonly #atRest: AtRest;
  readonly ending: Ending;
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
      only: climate.only,
    });
    const cloud = new Cloud(scheduler, {
      consumers: random.whole(2, 8),
      heldUp: random.pick(climate.heldUp),
    });
    let network: Network | undefined;
    const notYet: typeof fetch = () => Promise.reject(new Error("There is no network yet"));
    const chance = new Random(`${seed} chance`);
    putOnStage({ scheduler, chance, fetch: (input, init) => (network?.fetch ?? notYet)(input, init) });
    const unmade = random.pick(climate.unmade);
    const areLate = new Random(`${seed} lists`).chance(climate.listsLag);
    const account = new Account({
      mostInPage: random.pick(climate.pages),
      twoVersions: random.chance(climate.twoVersions),
      afterRetries: new Random(`${seed} retries`).pick(["cancel", "cancel", "mark_unpaid", "leave_past_due"]),
      isUnmade: (id) => unmade > 0 && new Random(`${seed} ${id}`).chance(unmade),
      stripeBehindMs: climate.stripeBehindMs,
      untrue: { share: climate.untrue, random: new Random(`${seed} untrue`) },
      listedAfterMs: (id) => {
        const late = new Random(`${seed} ${id} is listed`);
        return areLate && late.chance(0.2) ? MOST_LATE ** late.next() : 0;
      },
    });
    const servers = {
      ...cloud.servers,
      "app.test": heard(cloud.servers["app.test"] as Server, account),
      "stripe.test": account.server,
      "supabase.test": database.server,
    };
    network = new Network(scheduler, faults, servers);
    const shop = new Shop(database, account);
    const histories = plan.histories.map((number) => new History(shop, climate, { seed, number, turns }));
    this.#atRest = { account, cloud, database, shop, histories };
    this.ending = new Ending(scheduler, network, this.#atRest);
    this.#cloud = cloud;
    this.scheduler = scheduler;
    this.faults = faults;
    this.#plan = plan;
    this.#climate = climate;
    this.#random = random;
    this.#keys = new Random(`${seed} keys`);
    this.#again = new Random(`${seed} again`);
    this.#isSweptFirst = unmade > 0 || climate.untrue > 0;
    this.isSwept = this.#isSweptFirst || random.chance(0.15);
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
    this.#atRest.account.unsteady.clear();
    await this.ending.rest();
    if (!this.#isSweptFirst) return;
    await this.ending.sweep();
    await this.ending.rest();
  }

  async #pass(turn: number): Promise<void> {
    const { scheduler, faults } = this;
    const random = this.#random;
    if (random.chance(this.#climate.breaks))
      faults.breakDown(scheduler.now + random.between(0, MINUTE), this.#climate.places);
    const goesOnAt = scheduler.now + 10 * MINUTE + random.pick([0.02, 3, 12, 20]) * DAY;
    // For longer than SQS keeps a message, if it is so; then it works for a day.
    const mostStopped = Math.max(goesOnAt - DAY, scheduler.now + 8 * MINUTE);
    if (random.chance(this.#climate.stopped) && scheduler.now > this.#mayStopAt) {
      const drawn = random.next();
      const until = drawn < this.#climate.longest ? mostStopped : scheduler.now + drawn * (mostStopped - scheduler.now);
      this.#cloud.events.stop(until);
      this.#mayStopAt = until + WORKS_FOR;
    }
    // What is lost meanwhile is to be found; else it runs when the turns begin.
    for (let at = scheduler.now + LOST_FOR; at < goesOnAt; at += LOST_FOR)
      scheduler.at(at, () => void this.#reconcile(at + LOST_FOR));
    const { account } = this.#atRest;
    account.listen(!random.chance(this.#climate.deaf));
    if (random.chance(this.#climate.rolls)) await this.#rollSecrets();
    if (this.#keys.chance(this.#climate.rolls)) this.#rollKey();
    await this.#holdSearch(random.chance(this.#climate.searchLags));
    // Right before the turn, so that what is lost is made just after somebody looked.
    if (random.chance(0.5)) this.#start("reconcile");
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
    await this.#holdSearch(false);
  }

  /** What is changed meanwhile is not found by search. */
  async #holdSearch(held: boolean): Promise<void> {
    await this.scheduler.runUntilSettled(this.#atRest.account.control("search", { held }), MINUTE);
  }

  /** Somebody rolls the webhook's secrets, and tells the functions after a while. */
  async #rollSecrets(): Promise<void> {
    const random = this.#random;
    const rolled = this.#atRest.account.roll(random.pick([0, 3600]));
    const secrets = await this.scheduler.runUntilSettled(rolled, MINUTE);
    this.scheduler.in(random.between(0, 20 * MINUTE), () => {
      process.env.SST_Secret_value_STRIPE_WEBHOOK_SECRET = secrets.join(",");
    });
  }

  /** Somebody makes another secret key at Supabase, tells the functions after a while, and takes the old one away: after that, or before. */
  #rollKey(): void {
    const { scheduler } = this;
    const { database } = this.#atRest;
    const key = database.addKey();
    const told = this.#keys.between(0, 20 * MINUTE);
    scheduler.in(told, () => {
      process.env.SST_Secret_value_SUPABASE_SECRET_KEY = key;
    });
    scheduler.in(this.#keys.pick([told + 5 * MINUTE, 0]), () => database.keepKey(key));
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
        if (random.chance(share)) scheduler.in(random.between(0, 9 * MINUTE), () => this.#start(name));
    }
  }

  /** A schedule starts what it is for at least once. */
  #start(name: "reconcile" | "relay" | "read-account"): void {
    void this.#cloud.run(name);
    for (let more = 0; more < 6 && this.#again.chance(this.#climate.startsAgain); more++)
      this.scheduler.in(this.#again.between(0, 2000), () => void this.#cloud.run(name));
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
