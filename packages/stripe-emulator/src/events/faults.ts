import { newId } from "../state/ids.ts";

export type WebhookFaultKind = "delay" | "drop" | "duplicate" | "reorder" | "wrong_signature";
/**
 * `error_500_kept` is kept under the request's idempotency key, as Stripe keeps what broke in the middle: every retry has it
 * again. `late_answer` does what was asked, and a client that gives up waiting does not know of it. `hold` and `hold_answer` are
 * `slow` and `late_answer` until the request is released.
 */
export type ApiFaultKind =
  | "error_500"
  | "error_500_kept"
  | "hold"
  | "hold_answer"
  | "late_answer"
  | "rate_limit"
  | "slow";

/** Something that goes wrong on demand, so many times. */
export interface Fault {
  kind: WebhookFaultKind | ApiFaultKind;
  /** How often it still happens. */
  times: number;
  /** Milliseconds: of `delay`, `late_answer` and `slow`. */
  ms: number;
  /** Only events whose type begins so, or requests whose path does, or whose method and path do. With a `$` at its end: is so. */
  match: string;
}

/** A request that a fault holds up. */
export interface Held {
  id: string;
  /** `POST /v1/checkout/sessions` */
  request: string;
  /** Whether it was done, and only its answer waits. */
  done: boolean;
}

export const WEBHOOK_FAULTS: readonly string[] = ["delay", "drop", "duplicate", "reorder", "wrong_signature"];
export const API_FAULTS: readonly string[] = [
  "error_500",
  "error_500_kept",
  "hold",
  "hold_answer",
  "late_answer",
  "rate_limit",
  "slow",
];

const fits = (subject: string, match: string) =>
  match.endsWith("$") ? subject === match.slice(0, -1) : subject.startsWith(match);

/** The faults that are switched on; they are not part of the state, and gone after a restart. */
export class Faults {
  #faults: Fault[] = [];
  readonly #held = new Map<string, Held & { release(): void }>();

  all(): readonly Fault[] {
    return this.#faults;
  }

  add(fault: Fault): void {
    this.#faults.push(fault);
  }

  /** What is held goes on. */
  clear(): void {
    this.#faults = [];
    this.release();
  }

  /** Waits until the request is released. */
  hold(request: string, done: boolean): Promise<void> {
    const id = newId("held", 14);
    return new Promise((resolve) => {
      this.#held.set(id, { id, request, done, release: resolve });
    });
  }

  /** The requests that are held up, the first to come first. */
  held(): Held[] {
    return [...this.#held.values()].map(({ release: _go, ...shown }) => shown);
  }

  /** Lets a held request go on, or (undefined) all; false where there is none of that id. */
  release(id?: string): boolean {
    const going = [...this.#held.values()].filter((row) => id === undefined || row.id === id);
    for (const row of going) {
      this.#held.delete(row.id);
      row.release();
    }
    return id === undefined || going.length > 0;
  }

  /** The first fault that fits one of the names of what happens, used up by one. */
  take(kinds: readonly string[], ...subjects: readonly string[]): Fault | undefined {
    const fault = this.#faults.find(
      ({ kind, match }) => kinds.includes(kind) && subjects.some((subject) => fits(subject, match)),
    );
    if (!fault) return undefined;
    fault.times -= 1;
    this.#faults = this.#faults.filter(({ times }) => times > 0);
    return fault;
  }
}
