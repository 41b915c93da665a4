export type WebhookFaultKind = "delay" | "drop" | "duplicate" | "reorder" | "wrong_signature";
/**
 * `error_500_kept` is kept under the request's idempotency key, as Stripe keeps what broke in the middle: every retry has it
 * again. `late_answer` does what was asked, and a client that gives up waiting does not know of it.
 */
export type ApiFaultKind = "error_500" | "error_500_kept" | "late_answer" | "rate_limit" | "slow";

/** Something that goes wrong on demand, so many times. */
export interface Fault {
  kind: WebhookFaultKind | ApiFaultKind;
  /** How often it still happens. */
  times: number;
  /** Milliseconds: of `delay`, `late_answer` and `slow`. */
  ms: number;
  /** Only events whose type begins so, or requests whose path does. */
  match: string;
}

export const WEBHOOK_FAULTS: readonly string[] = ["delay", "drop", "duplicate", "reorder", "wrong_signature"];
export const API_FAULTS: readonly string[] = ["error_500", "error_500_kept", "late_answer", "rate_limit", "slow"];

/** The faults that are switched on; they are not part of the state, and gone after a restart. */
export class Faults {
  #faults: Fault[] = [];

  all(): readonly Fault[] {
    return this.#faults;
  }

  add(fault: Fault): void {
    this.#faults.push(fault);
  }

  clear(): void {
    this.#faults = [];
  }

  /** The first fault that fits, used up by one. */
  take(kinds: readonly string[], subject: string): Fault | undefined {
    const fault = this.#faults.find(({ kind, match }) => kinds.includes(kind) && subject.startsWith(match));
    if (!fault) return undefined;
    fault.times -= 1;
    this.#faults = this.#faults.filter(({ times }) => times > 0);
    return fault;
  }
}
