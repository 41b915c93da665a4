import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Where code runs: an instance of a Lambda function, which may die at any moment, or what never does. When it dies, nothing that it waits
 * for comes back to it, so that its code goes no further.
 */
export class Machine {
  readonly name: string;
  /** How far its clock is off. */
  readonly skewMs: number;
  /** Nothing but delays befalls it any more: what it works on has failed often enough. */
  readonly spared: boolean;
  /** What it does takes no time, so that its time limits never ring. */
  readonly timeless: boolean;
  #alive = true;
  readonly #died: (why: string) => void;

  constructor(
    name: string,
    { skewMs = 0, spared = false, timeless = false, died = () => {} }: Partial<MachineOptions> = {},
  ) {
    this.name = name;
    this.skewMs = skewMs;
    this.spared = spared;
    this.timeless = timeless;
    this.#died = died;
  }

  get alive(): boolean {
    return this.#alive;
  }

  die(why: string): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#died(why);
  }
}

interface MachineOptions {
  skewMs: number;
  spared: boolean;
  timeless: boolean;
  died(why: string): void;
}

const running = new AsyncLocalStorage<Machine>();

/** The machine that the code runs on which calls this. */
export const currentMachine = (): Machine | undefined => running.getStore();

export const runOn = <Result>(machine: Machine, work: () => Result): Result => running.run(machine, work);
