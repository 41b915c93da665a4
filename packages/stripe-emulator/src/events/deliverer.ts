import { API_VERSION } from "../api-version.ts";
import { newId } from "../state/ids.ts";
import type { DeliveryRow, EventRow } from "../state/rows.ts";
import type { Store } from "../state/store.ts";
import { Disturbance } from "./disturbing.ts";
import type { Endpoints } from "./endpoints.ts";
import type { Faults } from "./faults.ts";
import { Owed } from "./owed.ts";
import { send } from "./sending.ts";

const HOUR = 3_600_000;
/** Stripe retries for up to three days, further and further apart. */
export const RETRY_DELAYS_MS = [1000, 5000, 15_000, 60_000, 300_000, HOUR, 3 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR];
const MAX_TIMER_MS = 2 ** 31 - 1;
/** How many deliveries an endpoint has to answer at once: a year of a test clock makes thousands in one turn. */
const AT_ONCE = 10;

export interface DelivererOptions {
  store: Store;
  endpoints: Endpoints;
  faults: Faults;
  retryDelaysMs: readonly number[];
  /** The event as a version of the API shows it. */
  eventIn(store: Store, event: EventRow, version: string): EventRow;
  log(line: string): void;
}

/** Sends what `deliveries` holds, signed, until an endpoint answers 2xx or the retries are used up. */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #disturbance: Disturbance;
  readonly #owed = new Owed();
  /** Ids of the deliveries that still have an attempt to come. */
  readonly #queue = new Set<string>();
  readonly #inFlight = new Map<string, Promise<void>>();
  /** How many of these are under way to each endpoint. */
  readonly #busy = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: DelivererOptions) {
    this.#options = options;
    this.#disturbance = new Disturbance(options.store, options.faults);
    this.reload();
  }

  /** Begins anew with the deliveries that the state holds. */
  reload(): void {
    this.#queue.clear();
    const { store, endpoints } = this.#options;
    this.#owed.reload(store.deliveries.all());
    const known = new Set(endpoints.enabled().map(({ id }) => id));
    for (const { id, endpoint, nextAttemptAt } of store.deliveries.all()) {
      if (nextAttemptAt !== null && known.has(endpoint)) this.#queue.add(id);
    }
    this.wake();
  }

  /** Takes a new delivery, or what the faults make of it. */
  add(delivery: DeliveryRow): void {
    this.#owed.add(delivery);
    // A new event counts already all that it will be sent to.
    const { pending_webhooks: counted } = this.#options.store.events.get(delivery.event);
    if (this.#owed.count(delivery.event) > counted) this.#countPending(delivery.event);
    for (const { id } of this.#disturbance.apply(delivery)) this.#queue.add(id);
  }

  /** Sends what is due, and sets the timer for what is not yet. */
  wake(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    const { store } = this.#options;
    if (store.trouble() !== undefined) {
      store.onceKept(() => this.wake());
      return;
    }
    const now = Date.now();
    let next = Number.POSITIVE_INFINITY;
    const most = AT_ONCE * this.#options.endpoints.enabled().length;
    for (const id of this.#queue) {
      // Each that is over wakes this again.
      if (this.#inFlight.size >= most) return;
      if (this.#inFlight.has(id) || this.#waits(id)) continue;
      const delivery = this.#options.store.deliveries.get(id);
      const due = delivery.nextAttemptAt ?? now;
      if (due > now) next = Math.min(next, due);
      else if (this.#busyAt(delivery) < AT_ONCE) this.#start(delivery);
    }
    if (next < Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(() => this.wake(), Math.min(next - now, MAX_TIMER_MS));
    }
  }

  /** Resolves when each endpoint has answered its first attempt at this event, or after `timeoutMs`. It goes first. */
  async firstAnswer(event: string, timeoutMs: number): Promise<void> {
    await Promise.resolve(); // until this turn's changes are written
    if (this.#options.store.trouble() !== undefined) return;
    const { deliveries } = this.#options.store;
    const ofEvent = [...this.#queue].filter((id) => deliveries.get(id).event === event);
    for (const id of ofEvent) {
      const { nextAttemptAt: due } = deliveries.get(id);
      if (!this.#closed && !this.#inFlight.has(id) && (due ?? 0) <= Date.now()) this.#start(deliveries.get(id));
    }
    const flights = ofEvent.map((id) => this.#inFlight.get(id));
    await this.#settle(flights, timeoutMs);
  }

  /** Resolves when nothing waits any more: everything is delivered, or given up. */
  async idle(): Promise<void> {
    while (!this.#closed && this.#queue.size > 0) {
      await (this.#inFlight.size > 0
        ? Promise.race(this.#inFlight.values())
        : new Promise((resolve) => setTimeout(resolve, 10)));
    }
  }

  /** Starts nothing more, and waits for what is under way, at most `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#settle([...this.#inFlight.values()], timeoutMs);
  }

  async #settle(flights: (Promise<void> | undefined)[], timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([Promise.all(flights), timeout]);
    clearTimeout(timer);
  }

  #start(delivery: DeliveryRow): void {
    this.#busy.set(delivery.endpoint, this.#busyAt(delivery) + 1);
    const flight = this.#attempt(delivery).finally(() => {
      this.#inFlight.delete(delivery.id);
      this.#busy.set(delivery.endpoint, this.#busyAt(delivery) - 1);
      this.wake();
    });
    this.#inFlight.set(delivery.id, flight);
  }

  /** Whether another delivery must have been tried first. */
  #waits(id: string): boolean {
    const before = this.#disturbance.before(id);
    return before !== undefined && this.#queue.has(before) && this.#options.store.deliveries.get(before).attempts === 0;
  }

  #busyAt({ endpoint }: DeliveryRow): number {
    return this.#busy.get(endpoint) ?? 0;
  }

  #countPending(id: string): void {
    const { events } = this.#options.store;
    events.put({ ...events.get(id), pending_webhooks: this.#owed.count(id) });
  }

  async #attempt(delivery: DeliveryRow): Promise<void> {
    const { store, retryDelaysMs, eventIn, log } = this.#options;
    const event = store.events.get(delivery.event);
    const endpoint = this.#options.endpoints.find(delivery.endpoint);
    if (!endpoint?.enabled) {
      this.#queue.delete(delivery.id);
      return;
    }
    const forged = this.#disturbance.forges(delivery.id);
    const { apiVersion = API_VERSION } = endpoint;
    const shown = apiVersion === event.api_version ? event : eventIn(store, event, apiVersion);
    const answer = await send(forged ? { ...endpoint, secrets: ["whsec_wrong"] } : endpoint, shown);
    // The state was replaced meanwhile.
    if (!store.deliveries.find(delivery.id)) return;
    store.deliveryAttempts.put({ id: newId("wha"), delivery: delivery.id, ...answer });
    const { status } = answer;
    const delivered = status !== null && status >= 200 && status < 300;
    const attempts = delivery.attempts + 1;
    const delay = delivered ? undefined : retryDelaysMs[attempts - 1];
    if (delay === undefined) this.#queue.delete(delivery.id);
    store.deliveries.put({
      ...delivery,
      attempts,
      lastStatus: status,
      status: delivered ? "delivered" : delay === undefined ? "failed" : "pending",
      nextAttemptAt: delay === undefined ? null : Date.now() + delay,
    });
    if (delivered) {
      this.#owed.settle(delivery);
      this.#countPending(delivery.event);
    }
    const outcome = delivered ? "" : delay === undefined ? ", given up" : `, again in ${delay} ms`;
    log(`${event.type} → ${endpoint.id}: ${status ?? "no answer"}${outcome}`);
  }
}
