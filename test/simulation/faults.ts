import type { Machine } from "./machine.ts";
import { Random } from "./random.ts";

export type Place = "stripe" | "supabase" | "sqs" | "sns" | "webhook" | "route";

const ANSWERS = ["lost", "cut", "hang", "done_hang", "slow", "late", "error_500"] as const;
const DEATHS = ["dies", "done_dies"] as const;

/**
 * What may happen to a call:
 * `lost`: it never arrives; `cut`: it is done, and its answer is lost; `hang` and `done_hang`: the same, and nobody says so;
 * `slow`, `late`: it arrives, or its answer does, after seconds; `twice`: it arrives twice;
 * `error_500`, `error_503`, `error_429`: it is refused; `done_500`: it is done, and the answer is 500; `kept_500`: Stripe keeps the 500
 * under the call's idempotency key; `torn`: half of the answer is missing; `partial`: SQS takes only some of the messages;
 * `dies`, `done_dies`: whoever calls dies before the call, or after it was done.
 */
const KINDS = {
  stripe: [...ANSWERS, "done_500", "kept_500", "error_429", ...DEATHS],
  supabase: [...ANSWERS, "error_503", "done_500", "torn", ...DEATHS],
  sqs: ["lost", "cut", "slow", "late", "error_500", "done_500", "twice", "partial", "dies", "done_dies"],
  sns: ["lost", "cut", "slow", "error_500", "dies", "done_dies"],
  webhook: ["lost", "cut", "slow", "late", "error_500", "done_500", "twice"],
  route: ["lost", "cut", "slow", "twice"],
} as const satisfies Record<Place, readonly string[]>;

export type FaultKind = (typeof KINDS)[Place][number];
const HARMLESS: ReadonlySet<FaultKind> = new Set(["slow", "late", "twice"]);
/** What a place that is out of order does to each call. */
const OUTAGES = {
  stripe: ["lost", "cut", "hang", "done_hang", "error_500", "done_500", "kept_500", "error_429"],
  supabase: ["lost", "cut", "hang", "done_hang", "error_500", "error_503", "done_500", "torn"],
  sqs: ["lost", "error_500", "partial"],
  webhook: ["lost", "cut", "error_500", "done_500"],
  sns: ["lost", "error_500"],
} as const satisfies Partial<Record<Place, readonly FaultKind[]>>;
/** A place that may be out of order. */
export type Breakable = keyof typeof OUTAGES;

export interface FaultPlan {
  /** Of so many calls, one is befallen; by place. */
  rate: number;
  /** No more than these happen: a failure is shrunk to those that it needs. */
  most: number;
  without: ReadonlySet<FaultKind>;
  /** All others are left out. */
  only: FaultKind | undefined;
}

/** Something that a place does to all calls for a while. */
interface Outage {
  place: Place;
  kind: FaultKind;
  until: number;
}

/** Decides what goes wrong. */
export class Faults {
  readonly #random: Random;
  readonly #plan: FaultPlan;
  readonly #counts = new Map<string, number>();
  readonly #steps = new Set<string>();
  #outage: Outage | undefined;
  #happened = 0;
  #over = true;

  constructor(seed: string, plan: FaultPlan) {
    this.#random = new Random(`${seed} faults`);
    this.#plan = plan;
  }

  begin(): void {
    this.#over = false;
  }

  end(): void {
    this.#over = true;
  }

  /** How often each fault befell each step, by `step fault`. */
  counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** What was asked of whom, by whom. */
  steps(): ReadonlySet<string> {
    return this.#steps;
  }

  /** Lets one of these places be out of order for a while, up to a quarter of an hour. */
  breakDown(now: number, places: readonly Breakable[]): void {
    const place = this.#random.pick(places);
    // Whoever asks SQS asks again fourteen times within ten seconds: for longer it would be most of a world's calls.
    const forMs = 20_000 * (place === "sqs" ? 3 : 45) ** this.#random.next();
    this.#outage = { place, kind: this.#random.pick<FaultKind>(OUTAGES[place]), until: now + forMs };
  }

  /** What befalls a call, if anything. */
  choose(place: Place, step: string, caller: Machine | undefined, now: number): FaultKind | undefined {
    if (!this.#over) this.#steps.add(`${place} ${step}`);
    const kind = this.#choose(place, caller, now);
    const { without, only = kind, most } = this.#plan;
    if (kind === undefined || kind !== only || without.has(kind) || this.#happened >= most) return undefined;
    this.#happened++;
    const key = `${place} ${step} ${kind}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    return kind;
  }

  #choose(place: Place, caller: Machine | undefined, now: number): FaultKind | undefined {
    const [drawn, kind] = [this.#random.next(), this.#random.pick<FaultKind>(KINDS[place])];
    if (this.#over) return undefined;
    if (caller?.spared) return drawn < this.#plan.rate && HARMLESS.has(kind) ? kind : undefined;
    if (this.#outage && this.#outage.place === place && now < this.#outage.until) return this.#outage.kind;
    return drawn < this.#plan.rate ? kind : undefined;
  }
}

export const faultKindsOf = (place: Place): readonly FaultKind[] => KINDS[place];
