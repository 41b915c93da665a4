import { ApiError } from "./errors.ts";
import { operationOf } from "./stripe-api.ts";

/** Requests a second: for each endpoint, and for all together. null: as many as come. */
export interface Limits {
  endpoint: number | null;
  account: number | null;
}

/** What came to an endpoint in one second. */
export interface Count {
  endpoint: string;
  /** Since the epoch. */
  second: number;
  served: number;
  limited: number;
}

/** How many counts are kept: of half an hour at least, whoever asks for whatever. */
const MOST_COUNTS = 50_000;

/** Of all searches together (https://docs.stripe.com/search#rate-limits). */
const SEARCHES_PER_SECOND = 20;

/** Holds as many requests as may come at once, and gets one more in each part of a second. */
class Bucket {
  readonly #perSecond: number;
  #held: number;
  #at: number;

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#held = perSecond;
    this.#at = now;
  }

  has(now: number): boolean {
    this.#held = Math.min(this.#perSecond, this.#held + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    return this.#held >= 1;
  }

  take(): void {
    this.#held -= 1;
  }
}

const OFF: Limits = { endpoint: null, account: null };

/**
 * Refuses what comes too fast, as https://docs.stripe.com/rate-limits has it: each operation is an endpoint, whatever the id in its
 * address. It is off until it is set, and not part of the state.
 */
export class Limiter {
  #limits: Limits | undefined;
  readonly #buckets = new Map<string, Bucket>();
  readonly #counts = new Map<string, Count>();
  readonly #clock: () => number;

  /** @param clock milliseconds that never go back */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** undefined: off. What was counted is forgotten. */
  set(limits: Limits | undefined): void {
    this.#limits = limits;
    this.#buckets.clear();
    this.#counts.clear();
  }

  limits(): Limits {
    return this.#limits ?? OFF;
  }

  /** What came since the limits were set, the oldest first. */
  counts(): Count[] {
    return [...this.#counts.values()];
  }

  /** Lets a request to an operation in, or answers with Stripe's 429 for it: that uses up nothing. */
  refusalOf(method: string, path: string): ApiError | undefined {
    if (!this.#limits) return undefined;
    const { endpoint: ofEach, account } = this.#limits;
    const endpoint = operationOf(method, path);
    const now = this.#clock();
    const own = endpoint.endsWith("/search")
      ? this.#bucket("search", ofEach && Math.min(ofEach, SEARCHES_PER_SECOND), now)
      : this.#bucket(endpoint, ofEach, now);
    const all = this.#bucket("account", account, now);
    const reason = all && !all.has(now) ? "global-rate" : own && !own.has(now) ? "endpoint-rate" : undefined;
    this.#count(endpoint, reason === undefined ? "served" : "limited");
    if (reason !== undefined) return tooFast(reason);
    own?.take();
    all?.take();
    return undefined;
  }

  #bucket(name: string, perSecond: number | null, now: number): Bucket | undefined {
    if (perSecond === null) return undefined;
    const bucket = this.#buckets.get(name) ?? new Bucket(perSecond, now);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  #count(endpoint: string, outcome: "served" | "limited"): void {
    const second = Math.floor(Date.now() / 1000);
    const key = `${second} ${endpoint}`;
    const count = this.#counts.get(key) ?? { endpoint, second, served: 0, limited: 0 };
    count[outcome] += 1;
    this.#counts.set(key, count);
    const [oldest] = this.#counts.size > MOST_COUNTS ? this.#counts.keys() : [];
    if (oldest !== undefined) this.#counts.delete(oldest);
  }
}

/** 429, with the header that says which limit it was. */
export const tooFast = (reason: "endpoint-rate" | "global-rate") =>
  new ApiError(
    429,
    {
      type: "invalid_request_error",
      code: "rate_limit",
      message: "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
    },
    { "stripe-rate-limited-reason": reason },
  );
