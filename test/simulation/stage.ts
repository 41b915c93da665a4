import { AsyncLocalStorage } from "node:async_hooks";
import nodeCrypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import nodeTimers from "node:timers";
import nodeTimersPromises from "node:timers/promises";
import { currentMachine } from "./machine.ts";
import type { Random } from "./random.ts";
import type { Happening, Scheduler } from "./scheduler.ts";

/**
 * Takes the place of time, chance and the network, for all code of this process while a world is on stage: `Date`, timers, random ids and
 * `fetch`. Postgres, which is PGlite, tells its time by `Date.now`, too. With no world on stage they are the real ones.
 */

interface OnStage {
  scheduler: Scheduler;
  chance: Random;
  fetch: typeof fetch;
}

let onStage: OnStage | undefined;

export function putOnStage(world: OnStage | undefined): void {
  onStage = world;
}

/** The real clock and the real timers. */
export const real = {
  now: Date.now,
  performanceNow: performance.now.bind(performance),
  setImmediate,
  setTimeout,
};

/** What was begun and comes back by itself, off the scheduler: signatures, modules, and turns of the event loop. */
let underWay = 0;
let allAreBack = () => {};

function isBack(): void {
  if (--underWay === 0) allAreBack();
}

/** Nothing else happens before this is settled. */
export function awaitAside<Result>(work: Promise<Result>): Promise<Result> {
  underWay++;
  return work.finally(isBack);
}

/** Resolves when nothing goes on without time passing. */
export async function quiet(): Promise<void> {
  for (;;) {
    await new Promise<void>((resolve) => real.setImmediate(() => resolve()));
    if (underWay === 0) return;
    await new Promise<void>((resolve) => {
      allAreBack = resolve;
    });
  }
}

const wallClock = () => (onStage ? Math.floor(onStage.scheduler.now + (currentMachine()?.skewMs ?? 0)) : real.now());

/** A timer of Node's, as far as anybody uses one. */
class VirtualTimer {
  readonly #scheduler: Scheduler;
  readonly #work: () => void;
  readonly #ms: number;
  #happening: Happening;

  constructor(scheduler: Scheduler, work: () => void, ms: number) {
    const [machine, there] = [currentMachine(), AsyncLocalStorage.snapshot()];
    this.#scheduler = scheduler;
    this.#ms = Math.max(1, ms || 0);
    this.#work = () => machine?.alive !== false && there(work);
    this.#happening = scheduler.in(this.#ms, this.#work);
  }

  refresh(): this {
    this.close();
    this.#happening = this.#scheduler.in(this.#ms, this.#work);
    return this;
  }
  close(): void {
    this.#scheduler.cancel(this.#happening);
  }
  ref = () => this;
  unref = () => this;
  hasRef = () => true;
}

function startTimer(work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) {
  if (!onStage) return real.setTimeout(work, ms, ...args);
  if (currentMachine()?.timeless) return undefined;
  return new VirtualTimer(onStage.scheduler, () => work(...args), ms);
}

const realClear = clearTimeout;
function stopTimer(timer: unknown): void {
  if (timer instanceof VirtualTimer) timer.close();
  else realClear(timer as NodeJS.Timeout);
}

const realInterval = setInterval;
function startInterval(work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) {
  if (!onStage) return realInterval(work, ms, ...args);
  const again = () => {
    timer.refresh();
    work(...args);
  };
  const timer = new VirtualTimer(onStage.scheduler, again, ms);
  return timer;
}

function countImmediate(work: (...args: unknown[]) => void, ...args: unknown[]) {
  if (!onStage) return real.setImmediate(work, ...args);
  underWay++;
  return real.setImmediate(() => {
    isBack();
    work(...args);
  });
}

const realSleep = nodeTimersPromises.setTimeout;
function sleep<Value>(ms?: number, value?: Value, options?: { signal?: AbortSignal }): Promise<Value> {
  if (!onStage) return realSleep(ms, value, options) as Promise<Value>;
  const { signal } = options ?? {};
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = startTimer(() => resolve(value as Value), ms);
    signal?.addEventListener("abort", () => {
      stopTimer(timer);
      reject(signal.reason);
    });
  });
}

function installTime(): void {
  const RealDate = Date;
  RealDate.now = wallClock;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [wallClock()] : args, newTarget),
  });
  performance.now = () => onStage?.scheduler.now ?? real.performanceNow();
  const timers = {
    setTimeout: startTimer,
    clearTimeout: stopTimer,
    setInterval: startInterval,
    clearInterval: stopTimer,
    setImmediate: countImmediate,
  };
  Object.assign(globalThis, timers);
  Object.assign(nodeTimers, timers);
  Object.assign(nodeTimersPromises, { setTimeout: sleep });
  const realTimeout = AbortSignal.timeout;
  AbortSignal.timeout = (ms) => {
    if (!onStage) return realTimeout.call(AbortSignal, ms);
    const controller = new AbortController();
    startTimer(
      () => controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError")),
      ms,
    );
    return controller.signal;
  };
}

function installChance(): void {
  const realRandom = Math.random;
  const { randomBytes: realBytes, randomUUID: realUuid, randomFillSync: realFill } = nodeCrypto;
  const realValues = crypto.getRandomValues.bind(crypto);
  const fill = <Bytes extends ArrayBufferView>(bytes: Bytes, chance: Random): Bytes => {
    chance.fill(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return bytes;
  };
  const uuid = () => {
    if (!onStage) return realUuid();
    const bytes = fill(Buffer.alloc(16), onStage.chance);
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
    return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };
  Math.random = () => onStage?.chance.next() ?? realRandom();
  Object.assign(nodeCrypto, {
    randomUUID: uuid,
    randomBytes: (size: number) => (onStage ? fill(Buffer.alloc(size), onStage.chance) : realBytes(size)),
    randomFillSync: (bytes: Uint8Array) => (onStage ? fill(bytes, onStage.chance) : realFill(bytes)),
  });
  Object.assign(crypto, {
    randomUUID: uuid,
    getRandomValues: <Bytes extends ArrayBufferView>(bytes: Bytes) =>
      onStage ? fill(bytes, onStage.chance) : realValues(bytes as never),
  });
}

/** Signatures are made and checked in threads: nothing goes on before they are. */
function countSignatures(): void {
  for (const name of ["importKey", "sign", "verify", "digest"] as const) {
    const method = crypto.subtle[name] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(crypto.subtle, {
      [name]: (...args: unknown[]) => awaitAside(method.apply(crypto.subtle, args)),
    });
  }
}

/** To be called once, before what runs on stage is loaded. */
export function install(): void {
  installTime();
  installChance();
  countSignatures();
  const realFetch = globalThis.fetch;
  globalThis.fetch = (input, init) => (onStage ? onStage.fetch(input, init) : realFetch(input, init));
  syncBuiltinESMExports();
}
