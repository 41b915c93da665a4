import { randomUUID } from "node:crypto";
import type { Context } from "aws-lambda";
import { buildFunctions, loadAnew } from "./instances.ts";
import { Machine, runOn } from "./machine.ts";
import type { Scheduler } from "./scheduler.ts";

export type Handler = (event: never, context: Context) => Promise<unknown>;

/** Each function: where it is, and its time-out in seconds as in stacks/. */
const FUNCTIONS = {
  apply: ["apply-stripe-events", 60],
  receive: ["receive-stripe-event", 20],
  reconcile: ["reconcile", 600],
  relay: ["relay-notices", 90],
  "read-account": ["read-account", 120],
  "create-checkout": ["create-checkout", 20],
  "create-portal": ["create-portal", 20],
  "preview-change": ["preview-change", 20],
  "change-plan": ["change-plan", 20],
  "cancel-subscription": ["cancel-subscription", 20],
  "resume-subscription": ["resume-subscription", 20],
  "get-checkout-session": ["get-checkout-session", 20],
} as const;
export type FunctionName = keyof typeof FUNCTIONS;
await buildFunctions(Object.values(FUNCTIONS).map(([file]) => file));

/** What became of a run: an answer, or the instance died or the handler threw. */
export type Ran = { answer: unknown } | { failed: string };

const MOST_SKEW_MS = 1500;
/** For how long Lambda keeps an instance that nobody asks anything. */
const IDLE_MS = 600_000;

/** A process that runs a function, one request at a time. What its modules remember is its own, and gone with it. */
interface Instance {
  handler: Handler;
  /** How far its clock is off. */
  skewMs: number;
  idleSince: number;
}

/** Lambda: starts an instance for whatever no idle one can take. */
export class Lambda {
  readonly #scheduler: Scheduler;
  readonly #idle = new Map<FunctionName, Instance[]>();
  #running = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get running(): number {
    return this.#running;
  }

  async invoke(name: FunctionName, event: object, { spared = false } = {}): Promise<Ran> {
    this.#running++;
    const instance = this.#takeIdle(name) ?? this.#start(name);
    const ran = await this.#run(name, instance, event, spared);
    this.#running--;
    const { failed = "done" } = ran as { failed?: string };
    this.#scheduler.note(`${name}: ${failed}`);
    return ran;
  }

  #takeIdle(name: FunctionName): Instance | undefined {
    const { now } = this.#scheduler;
    const idle = (this.#idle.get(name) ?? []).filter(({ idleSince }) => now - idleSince < IDLE_MS);
    this.#idle.set(name, idle);
    return idle.pop();
  }

  #start(name: FunctionName): Instance {
    const { random, now } = this.#scheduler;
    const skewMs = random.chance(0.2) ? random.between(-MOST_SKEW_MS, MOST_SKEW_MS) : 0;
    const { handler } = loadAnew<{ handler: Handler }>(FUNCTIONS[name][0]);
    return { handler, skewMs, idleSince: now };
  }

  /** An instance that dies, or whose time is over, takes no other request. */
  #run(name: FunctionName, instance: Instance, event: object, spared: boolean): Promise<Ran> {
    const scheduler = this.#scheduler;
    const endsAt = scheduler.now + FUNCTIONS[name][1] * 1000;
    return new Promise((resolve) => {
      const end = (ran: Ran) => {
        scheduler.cancel(timeout);
        resolve(ran);
      };
      const machine = new Machine(name, { skewMs: instance.skewMs, spared, died: (why) => end({ failed: why }) });
      const timeout = scheduler.at(endsAt, () => machine.die("its time was over"));
      const context = {
        awsRequestId: randomUUID(),
        getRemainingTimeInMillis: () => endsAt - scheduler.now,
      } as Context;
      const answered = (ran: Ran) => {
        if (!machine.alive) return;
        this.#idle.get(name)?.push({ ...instance, idleSince: scheduler.now });
        end(ran);
      };
      runOn(machine, () => instance.handler(event as never, context)).then(
        (answer) => answered({ answer }),
        (error) => answered({ failed: `it threw ${(error as Error).message}` }),
      );
    });
  }
}
