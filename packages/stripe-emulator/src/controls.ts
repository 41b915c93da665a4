import { found, invalid, noSuch } from "./api/errors.ts";
import type { Limiter } from "./api/limiter.ts";
import { isWebAddress } from "./api/params.ts";
import { openDispute } from "./billing/disputing.ts";
import { NO_FUNDS } from "./billing/test-cards.ts";
import type { Deliverer } from "./events/deliverer.ts";
import type { Endpoints } from "./events/endpoints.ts";
import { API_FAULTS, type Fault, type Faults, WEBHOOK_FAULTS } from "./events/faults.ts";
import type { JobRunner } from "./jobs.ts";
import { type Planted, type Planting, plant } from "./planting.ts";
import { putOnClock } from "./resources/test-clocks.ts";
import { updateEndpoint } from "./resources/webhook-endpoints.ts";
import { age } from "./state/aging.ts";
import { clockOf } from "./state/clock-of.ts";
import { dashboardOf } from "./state/dashboard.ts";
import type { Change } from "./state/journal.ts";
import { type DashboardSettings, type Rows, TABLE_NAMES } from "./state/rows.ts";
import type { World } from "./world.ts";

export interface Controlled {
  world: World;
  deliverer: Deliverer;
  endpoints: Endpoints;
  faults: Faults;
  jobs: JobRunner;
  limiter: Limiter;
}

export const FAULT_KINDS = [...WEBHOOK_FAULTS, ...API_FAULTS];
export const DEFAULT_DELAY_MS = 1000;
/** How long an old secret signs along: a day. */
export const DEFAULT_OVERLAP_S = 86_400;

/** What only an emulator can do, for the JSON API and the control room alike. Throws ApiError at bad input. */
export class Controls {
  readonly world: World;
  readonly endpoints: Endpoints;
  readonly faults: Faults;
  readonly limiter: Limiter;
  readonly #deliverer: Deliverer;
  readonly #jobs: JobRunner;

  constructor({ world, deliverer, endpoints, faults, jobs, limiter }: Controlled) {
    this.world = world;
    this.endpoints = endpoints;
    this.faults = faults;
    this.limiter = limiter;
    this.#deliverer = deliverer;
    this.#jobs = jobs;
  }

  addFault(fault: { kind?: unknown; times?: unknown; ms?: unknown; match?: unknown }): void {
    const { kind, times = 1, ms = DEFAULT_DELAY_MS, match = "" } = fault;
    if (!FAULT_KINDS.includes(String(kind)))
      throw invalid(`kind must be one of ${FAULT_KINDS.join(", ")}`, undefined, "kind");
    if (!Number.isInteger(times) || Number(times) < 1) throw invalid("times must be 1 or more.", undefined, "times");
    if (!Number.isInteger(ms) || Number(ms) < 0) throw invalid("ms must be 0 or more.", undefined, "ms");
    this.faults.add({ kind: kind as Fault["kind"], times: Number(times), ms: Number(ms), match: String(match) });
  }

  /** Lets a request that a fault holds go on, or (undefined) all of them. */
  release(id?: string): void {
    if (!this.faults.release(id)) throw noSuch("held request", id ?? "");
  }

  /** What is set in Stripe's dashboard. */
  dashboard(): Omit<DashboardSettings, "id"> {
    const { id: _only, ...settings } = dashboardOf(this.world.store);
    return settings;
  }

  /** Sets what is named, and leaves the rest. */
  setDashboard(change: { tax?: unknown; terms?: unknown; portal?: unknown; one_subscription_url?: unknown }): object {
    const { tax, terms, portal, one_subscription_url: url } = { ...this.dashboard(), ...change };
    if (typeof tax !== "boolean") throw invalid("tax must be true or false.", undefined, "tax");
    if (typeof terms !== "boolean") throw invalid("terms must be true or false.", undefined, "terms");
    if (typeof portal !== "boolean") throw invalid("portal must be true or false.", undefined, "portal");
    if (url !== null && (typeof url !== "string" || !isWebAddress(url)))
      throw invalid("one_subscription_url must be a web address, or null.", undefined, "one_subscription_url");
    this.world.store.dashboard.put({ id: "dashboard", tax, terms, portal, one_subscription_url: url });
    return this.dashboard();
  }

  /** Whether the search goes on knowing what it knows now, whatever changes: at Stripe it may be a minute behind, and more. */
  holdSearch(held: unknown): { held: boolean } {
    if (typeof held !== "boolean") throw invalid("held must be true or false.", undefined, "held");
    if (!held) this.world.searchable = undefined;
    else this.world.searchable ??= this.world.store.customers.all();
    return { held };
  }

  /** Whether what is debited from now on stays under way; what waits settles when it is let go. */
  holdDebits(held: unknown): { held: boolean } {
    if (typeof held !== "boolean") throw invalid("held must be true or false.", undefined, "held");
    const { store } = this.world;
    this.world.debitsHeld = held;
    const waiting = held ? [] : store.jobs.all().filter(({ kind }) => kind === "settle_payment");
    for (const { subject } of waiting) this.world.schedule("settle_payment", subject, Date.now());
    return { held };
  }

  /** Requests a second, for each endpoint and for the account; null: as many as come. */
  limit({ endpoint = null, account = null }: { endpoint?: unknown; account?: unknown }): void {
    for (const [name, value] of Object.entries({ endpoint, account })) {
      if (value !== null && !(Number.isInteger(value) && Number(value) > 0))
        throw invalid(`${name} must be 1 or more, or null.`, undefined, name);
    }
    this.limiter.set({ endpoint: endpoint as number | null, account: account as number | null });
  }

  /** An account with a past, at once. */
  async plant({ objects, invoices = 12, days = 730 }: { [K in keyof Planting]?: unknown }): Promise<Planted> {
    for (const [name, value] of Object.entries({ objects, invoices, days })) {
      if (!Number.isInteger(value) || Number(value) < 1) throw invalid(`${name} must be 1 or more.`, undefined, name);
    }
    return plant(this.world, { objects: Number(objects), invoices: Number(invoices), days: Number(days) });
  }

  /** Makes what there is older by so many seconds: its events, or (`objects`) all of it. */
  age({ seconds, objects = true }: { seconds?: unknown; objects?: unknown }): { seconds: number } {
    if (!Number.isInteger(seconds) || Number(seconds) < 1)
      throw invalid("seconds must be 1 or more.", undefined, "seconds");
    if (typeof objects !== "boolean") throw invalid("objects must be true or false.", undefined, "objects");
    age(this.world.store, Number(seconds), objects);
    return { seconds: Number(seconds) };
  }

  /** Puts back what a snapshot holds, in place of all there is; returns the number of rows. */
  restore(snapshot: unknown): number {
    if (!isSnapshot(snapshot)) throw invalid("This is not a snapshot: give what /_emulator/snapshot answered.");
    this.#replace(snapshot);
    return snapshot.length;
  }

  reset(): void {
    this.faults.clear();
    this.limiter.set(undefined);
    this.holdSearch(false);
    this.holdDebits(false);
    this.#replace([]);
  }

  /** A new signing secret; the old one signs along for so many seconds. */
  rollSecret(id: string, overlapS: number): string {
    if (!(overlapS >= 0)) throw invalid("expires_in must be 0 or more seconds.", undefined, "expires_in");
    const secret = this.endpoints.roll(id, overlapS);
    if (secret === undefined) throw noSuch("webhook endpoint", id);
    return secret;
  }

  /** What waited for an endpoint while it was off is sent once it is on again. */
  switchEndpoint(id: string, enabled: boolean): void {
    const { disabledEndpoints, webhookEndpoints } = this.world.store;
    if (!this.endpoints.find(id)) throw noSuch("webhook endpoint", id);
    if (webhookEndpoints.find(id)) updateEndpoint(this.world, id, { disabled: !enabled });
    else if (enabled) disabledEndpoints.delete(id);
    else disabledEndpoints.put({ id });
    this.#deliverer.reload();
  }

  /**
   * Puts customers, or (undefined) all who live in real time, on a clock of their own.
   * @returns the clock, to be advanced as any other
   */
  putOnClock({ customers, name = "Moved by hand" }: { customers?: unknown; name?: unknown }): object {
    const { store } = this.world;
    const wanted =
      customers === undefined ? store.customers.all().filter(isInRealTime) : this.#namedCustomers(customers);
    if (wanted.length === 0) throw invalid("No customer lives in real time.", undefined, "customers");
    if (typeof name !== "string" || name === "") throw invalid("name must be some text.", undefined, "name");
    return putOnClock(this.world, wanted, name);
  }

  #namedCustomers(ids: unknown): Rows["customers"][] {
    if (!Array.isArray(ids)) throw invalid("customers must be a list of ids.", undefined, "customers");
    return ids.map((id) => {
      const customer = found(this.world.store.customers.find(String(id)), "customer", String(id), "customers");
      if (!isInRealTime(customer)) throw invalid(`${customer.id} is on a clock already.`, undefined, "customers");
      return customer;
    });
  }

  /** The buyer says to the bank that it was not them. */
  dispute(id: string): object {
    const charge = found(this.world.store.charges.find(id), "charge", id);
    if (!charge.paid || !charge.captured) throw invalid("Only what was paid can be disputed.");
    if (charge.disputed) throw invalid("This charge is disputed already.");
    if (charge.refunded) throw invalid("This charge was refunded whole.");
    return this.world.onClock(clockOf(this.world.store, id), () => openDispute(this.world, charge, "fraudulent"));
  }

  /** Whether a card, or an account, declines from now on, as one without funds does, or pays as before. */
  decline(id: string, declines: unknown): { declines: boolean } {
    if (typeof declines !== "boolean") throw invalid("declines must be true or false.", undefined, "declines");
    const { instruments, paymentMethods } = this.world.store;
    const { type } = found(paymentMethods.find(id), "PaymentMethod", id);
    const { decline: _before, ...instrument } = instruments.get(id);
    const card = declines ? { outcome: "declined" as const, decline: NO_FUNDS } : { outcome: "succeeds" as const };
    const debit = { outcome: declines ? ("fails_later" as const) : ("settles" as const) };
    instruments.put({ ...instrument, ...(type === "card" ? card : debit) });
    return { declines };
  }

  /** The bank renewed the card: four more years. */
  renewCard(id: string): object {
    const { card } = this.world.store.paymentMethods.find(id) ?? {};
    if (!card) throw noSuch("PaymentMethod", id);
    const renewed = { ...card, exp_year: card.exp_year + 4 };
    return this.world.update("paymentMethods", id, { card: renewed }, "payment_method.automatically_updated");
  }

  /** A snapshot from before there were accounts, and an empty one, leave the account what it is. */
  #replace(rows: Change[]): void {
    const { accounts } = this.world.store;
    const own = rows.some(([table]) => table === "accounts") ? [] : accounts.all();
    this.world.store.replace(rows);
    for (const account of own) accounts.put(account);
    this.#deliverer.reload();
    this.#jobs.wake(this.world);
  }
}

const isInRealTime = ({ test_clock: clock }: Rows["customers"]) => !clock;

const isSnapshot = (value: unknown): value is Change[] =>
  Array.isArray(value) &&
  value.every(
    (change) =>
      Array.isArray(change) &&
      Object.hasOwn(TABLE_NAMES, String(change[0])) &&
      typeof change[1] === "string" &&
      Object(change[2]).id === change[1] &&
      isShallow(change[2], DEEPEST),
  );

/** More levels than any row has, and less than would be too many for who writes or reads it. */
const DEEPEST = 100;

const isShallow = (value: unknown, levels: number): boolean =>
  typeof value !== "object" ||
  value === null ||
  (levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1)));
