import { randomUUID } from "node:crypto";
import type { Context } from "aws-lambda";
import { loadAnew } from "./instances.ts";
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
  "get-checkout-session": ["get-checkout-session", 20],
} as const;
export type FunctionName = keyof typeof FUNCTIONS;
export type Handlers = Record<FunctionName, Handler>;

/** The handlers of functions that have not run yet. */
export async function deploy(): Promise<Handlers> {
  const files = Object.values(FUNCTIONS).map(([file]) => `@turnpike/functions/${file}`);
  const modules = await loadAnew<{ handler: Handler }>(files);
  return Object.fromEntries(
    Object.keys(FUNCTIONS).map((name, place) => [name, modules[place]?.handler]),
  ) as unknown as Handlers;
}

/** What became of a run: an answer, or the instance died or the handler threw. */
export type Ran = { answer: unknown } | { failed: string };

const MOST_SKEW_MS = 1500;

/** Lambda: each run has a machine of its own, whose clock is a little off. */
export class Lambda {
  readonly #scheduler: Scheduler;
  readonly #handlers: Handlers;
  /** The functions of which an instance has died: what it waited for, another that shares its memory may wait for, too. */
  readonly died = new Set<FunctionName>();
  #running = 0;

  constructor(scheduler: Scheduler, handlers: Handlers) {
    this.#scheduler = scheduler;
    this.#handlers = handlers;
  }

  get running(): number {
    return this.#running;
  }

  invoke(name: FunctionName, event: object, { spared = false } = {}): Promise<Ran> {
    const handler = this.#handlers[name];
    const [, seconds] = FUNCTIONS[name];
    const scheduler = this.#scheduler;
    const endsAt = scheduler.now + seconds * 1000;
    this.#running++;
    return new Promise((resolve) => {
      const end = (ran: Ran) => {
        scheduler.cancel(timeout);
        this.#running--;
        const { failed = "done" } = ran as { failed?: string };
        scheduler.note(`${name}: ${failed}`);
        resolve(ran);
      };
      const died = (why: string) => {
        this.died.add(name);
        end({ failed: why });
      };
      const skewMs = scheduler.random.chance(0.2) ? scheduler.random.between(-MOST_SKEW_MS, MOST_SKEW_MS) : 0;
      const machine = new Machine(name, { skewMs, spared, died });
      const timeout = scheduler.at(endsAt, () => machine.die("its time was over"));
      const context = {
        awsRequestId: randomUUID(),
        getRemainingTimeInMillis: () => endsAt - scheduler.now,
      } as Context;
      runOn(machine, () => handler(event as never, context)).then(
        (answer) => machine.alive && end({ answer }),
        (error) => machine.alive && end({ failed: `it threw ${(error as Error).message}` }),
      );
    });
  }
}
