import { createHash } from "node:crypto";
import { Random } from "./random.ts";
import { quiet } from "./stage.ts";

/** Something that happens at a moment. */
export interface Happening {
  at: number;
  /** Which of two at one moment comes first. */
  order: number;
  run(): unknown;
}

/**
 * Virtual time. One thing happens at a time; whatever follows from it without waiting for time or for another machine is over before the
 * next begins. So a run is decided by its seed alone.
 */
export class Scheduler {
  /** Milliseconds since 1970. */
  now: number;
  readonly random: Random;
  /** The last one comes first. */
  readonly #ahead: Happening[] = [];
  readonly #trace: string[] = [];
  readonly #hash = createHash("md5");

  constructor(seed: string, now: number) {
    this.now = now;
    this.random = new Random(`${seed} scheduler`);
  }

  at(moment: number, run: () => unknown): Happening {
    const happening = { at: Math.max(moment, this.now), order: this.random.next(), run };
    let [low, high] = [0, this.#ahead.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comesLater(this.#ahead[middle] as Happening, happening)) low = middle + 1;
      else high = middle;
    }
    this.#ahead.splice(low, 0, happening);
    return happening;
  }

  in(ms: number, run: () => unknown): Happening {
    return this.at(this.now + ms, run);
  }

  cancel(happening: Happening): void {
    const place = this.#ahead.indexOf(happening);
    if (place >= 0) this.#ahead.splice(place, 1);
  }

  /** Lets time pass until a moment, or until `enough` says so. */
  async runUntil(moment: number, enough: () => boolean = () => false): Promise<void> {
    await quiet();
    while (!enough()) {
      const next = this.#ahead.at(-1);
      if (!next || next.at > moment) {
        this.now = moment;
        return;
      }
      this.#ahead.pop();
      this.now = next.at;
      await next.run();
      await quiet();
    }
  }

  /** Lets time pass until a promise is settled. */
  async runUntilSettled<Result>(promise: Promise<Result>, withinMs: number): Promise<Result> {
    let over = false;
    const end = () => {
      over = true;
    };
    promise.then(end, end);
    await this.runUntil(this.now + withinMs, () => over);
    if (!over) throw new Error(`What was waited for did not come to an end within ${withinMs / 1000} s`);
    return promise;
  }

  note(line: string): void {
    const dated = `${new Date(this.now).toISOString()} ${line}`;
    this.#trace.push(dated);
    this.#hash.update(dated);
  }

  trace(): readonly string[] {
    return this.#trace;
  }

  /** Of all that happened so far. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }
}

const comesLater = (one: Happening, other: Happening) =>
  one.at > other.at || (one.at === other.at && one.order > other.order);
