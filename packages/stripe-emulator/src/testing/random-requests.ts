import type { Fields, Schema } from "../api/params.ts";
import type { Route } from "../api/route.ts";
import { type Kind, operationOf, stripeApi } from "../api/stripe-api.ts";

/** A sequence of numbers from 0 to 1 that a seed decides (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NUMBERS = [-1, 0, 1, 2, 3, 12, 100, 1999, 99_999_999, 999_999_999_999_999, -999_999_999_999_999];
const TEXTS = [
  "",
  "x",
  "usd",
  "eur",
  "now",
  "true",
  "é😀\u0000",
  "a".repeat(600),
  "__proto__",
  "2025-01-01",
  "a@b.cd",
  "http://x.yz/",
];
const CARDS = [
  "pm_card_visa",
  "pm_card_chargeDeclined",
  "pm_card_chargeCustomerFail",
  "pm_card_authenticationRequired",
];

/** Which ids an address or a parameter wants, by a part of its name. */
const PREFIXES: Record<string, string> = {
  customer: "cus_",
  customers: "cus_",
  price: "price_",
  prices: "price_",
  plan: "price_",
  plans: "price_",
  product: "prod_",
  products: "prod_",
  subscription: "sub_",
  subscriptions: "sub_",
  subscription_items: "si_",
  subscription_schedules: "sub_sched_",
  schedule: "sub_sched_",
  invoice: "in_",
  invoices: "in_",
  invoiceitems: "ii_",
  invoice_item: "ii_",
  invoice_payments: "inpay_",
  credit_notes: "cn_",
  credit_note: "cn_",
  payment_intents: "pi_",
  payment_intent: "pi_",
  setup_intents: "seti_",
  payment_method: "pm_",
  payment_methods: "pm_",
  default_payment_method: "pm_",
  charge: "ch_",
  charges: "ch_",
  refunds: "re_",
  disputes: "du_",
  sessions: "cs_",
  payment_links: "plink_",
  test_clock: "clock_",
  test_clocks: "clock_",
  events: "evt_",
  webhook_endpoints: "we_",
  configurations: "bpc_",
  configuration: "bpc_",
  promotion_codes: "promo_",
  promotion_code: "promo_",
  meters: "mtr_",
  meter: "mtr_",
  features: "feat_",
  id: "si_",
  source: "tok_visa",
  starting_after: "cus_",
  ending_before: "cus_",
}; // prettier-ignore

export interface RandomRequest {
  method: Route["method"];
  path: string;
  params: [string, string][];
}

/** Requests to what is served: mostly with parameters that are taken there, and with ids that were seen in answers. */
export class RandomRequests {
  readonly #random: () => number;
  readonly #ids = new Map<string, string[]>();

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  /** Learns the ids that an answer shows. */
  learn(body: string): void {
    for (const [, id = "", prefix = ""] of body.matchAll(/"id": "((\w+_)(?:test_)?[A-Za-z0-9]+)"/g)) {
      const known = this.#ids.get(prefix) ?? [];
      if (!known.includes(id)) known.push(id);
      if (known.length > 40) known.shift();
      this.#ids.set(prefix, known);
    }
  }

  next(routes: readonly Route[]): RandomRequest {
    const [first, other] = [this.#pick(routes), this.#pick(routes)];
    // What is deleted leads to 404s only, so less is.
    const route = first.method === "DELETE" ? other : first;
    const parts = route.path.split("/");
    const path = parts.map((part, index) => (part.startsWith(":") ? this.#id(parts[index - 1] ?? "") : part)).join("/");
    const operation = stripeApi.operations[operationOf(route.method, route.path)];
    const params = operation?.params === undefined ? [] : this.#hash(operation.params, route.params, "");
    return { method: route.method, path, params };
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #id(name: string): string {
    const prefix = PREFIXES[name];
    if (prefix === "pm_" && this.#chance(0.6)) return this.#pick(CARDS);
    const known = this.#ids.get(prefix ?? "");
    if (known && known.length > 0 && !this.#chance(0.03)) return this.#pick(known);
    return this.#chance(0.5) ? this.#pick([...this.#ids.values()].flat().concat("x_none")) : "x_none";
  }

  #hash(name: string, schema: Schema<Fields, string> | undefined, prefix: string): [string, string][] {
    const declared = Object.entries(stripeApi.hashes[name] ?? {});
    return declared.flatMap(([key, kind]) => {
      const [plain, required] = key.endsWith("!")
        ? [key.slice(0, -1), true]
        : [key, schema?.required.includes(key) ?? false];
      const reader = schema?.fields[plain];
      if (!required && !this.#chance(schema && !reader ? 0.004 : 0.22)) return [];
      return this.#value(plain, kind, reader?.within, prefix === "" ? plain : `${prefix}[${plain}]`);
    });
  }

  #value(key: string, kind: Kind, within: Schema<Fields, string> | undefined, param: string): [string, string][] {
    if (Array.isArray(kind)) return this.#value(key, this.#pick(kind), within, param);
    if (typeof kind === "object" && "array" in kind) {
      const count = this.#pick([1, 1, 1, 2, 3]);
      return Array.from({ length: count }, (_, index) =>
        this.#value(key, kind.array, within, `${param}[${index}]`),
      ).flat();
    }
    if (typeof kind === "object" && "hash" in kind) return this.#hash(kind.hash, within, param);
    return [[kind === "map" ? `${param}[k]` : param, this.#scalar(key, kind)]];
  }

  #scalar(key: string, kind: Exclude<Kind, Kind[]>): string {
    if (typeof kind === "object" && "words" in kind)
      return this.#chance(0.97) ? this.#pick(kind.words) : "no_such_word";
    if (kind === "boolean") return this.#chance(0.5) ? "true" : "false";
    if (kind === "empty") return "";
    if (kind === "number") return String(this.#number(key));
    if (key in PREFIXES && this.#chance(0.95)) return this.#id(key);
    if (key.includes("currency")) return this.#chance(0.9) ? "usd" : this.#pick(TEXTS);
    return this.#pick(TEXTS);
  }

  #number(key: string): number {
    if (key === "limit") return this.#pick([1, 2, 100, 0, -1]);
    const isMoment = /_(end|at|date|time|start)$|^(start|end|gte?|lte?)$|frozen/.test(key);
    if (!isMoment || this.#chance(0.1)) return this.#chance(0.6) ? this.#pick([1, 2, 500, 1999]) : this.#pick(NUMBERS);
    const days = this.#pick([-400, -1, 0, 1, 3, 7, 30, 31, 90, 366, 1100]);
    return Math.floor(Date.now() / 1000) + days * 86_400;
  }
}
