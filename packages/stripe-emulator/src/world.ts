import type Stripe from "stripe";
import { API_VERSION } from "./api-version.ts";
import type { CliWishes } from "./events/cli-listeners.ts";
import type { Endpoint, Endpoints } from "./events/endpoints.ts";
import { previousAttributes } from "./events/previous-attributes.ts";
import { newId } from "./state/ids.ts";
import type { JobRow } from "./state/job.ts";
import { cutLists } from "./state/nested-lists.ts";
import type { DeliveryRow, EventRow, Rows } from "./state/rows.ts";
import { openStore, type Store } from "./state/store.ts";
import type { Stored } from "./state/stored.ts";

type EventObject<T extends Stripe.Event.Type> = Stored<Extract<Stripe.Event, { type: T }>["data"]["object"]>;

type Updatable = {
  [K in keyof Rows]: Rows[K] extends { object: string; id: string } ? K : never;
}[keyof Rows];

/** What becomes of a subscription when the last retry of its payment failed: a setting of the account. */
export type AfterRetries = "cancel" | "mark_unpaid" | "leave_past_due";

/** What has consequences beyond the object that it happened to, and that object. */
interface Facts {
  /** An event was written that shows the subscription. */
  "customer.subscription.*": Rows["subscriptions"];
  /** All is told of an invoice's payment. */
  "invoice.paid": Rows["invoices"];
  "invoice.payment_failed": Rows["invoices"];
  "invoice.overdue": Rows["invoices"];
  "invoice.marked_uncollectible": Rows["invoices"];
  "invoice.voided": Rows["invoices"];
  "setup_intent.succeeded": Rows["setupIntents"];
}

/** What follows from each fact, in the same turn. */
export type Reactions = { readonly [F in keyof Facts]: (world: World, object: Facts[F]) => void };

export interface WorldOptions {
  store: Store;
  publicUrl: string;
  settleDelayMs: number;
  afterRetries: AfterRetries;
  endpoints: Endpoints;
  reactions: Reactions;
  /** Called with each delivery that was written down. */
  queued(delivery: DeliveryRow): void;
  /** Called with each event, also when it is sent again. */
  emitted(event: EventRow): void;
  openCliSession(host: string, wishes: CliWishes): object;
  /** Called after each job that was written down. */
  scheduled(): void;
}

/**
 * The state and the two ways in which it speaks: events, and things that happen later. All changes are made
 * synchronously, so that a request is done wholly before the next one begins.
 */
export class World {
  readonly store: Store;
  readonly publicUrl: string;
  readonly settleDelayMs: number;
  readonly afterRetries: AfterRetries;
  readonly #options: WorldOptions;
  /** The API request being answered: events name it. */
  request: EventRow["request"] = { id: null, idempotency_key: null };
  /** The host and port that the request being answered came to. */
  host = "";
  /** The customers as the search knows them while its index is held up; else it knows them as they are. */
  searchable: readonly Rows["customers"][] | undefined;
  /** Whether bank debits stay under way until they are let go. */
  debitsHeld = false;
  /** What is told when all of what is being done has come off. */
  #untold: (() => void)[] | undefined;
  /** The test clock whose time it is now; null: real time. */
  #clock: string | null = null;
  /** The real time at which what is being done began: all of it is of one moment. */
  #moment: number | undefined;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.store = options.store;
    this.publicUrl = options.publicUrl;
    this.settleDelayMs = options.settleDelayMs;
    this.afterRetries = options.afterRetries;
  }

  nowMs(): number {
    const clock = this.store.testClocks.find(this.#clock);
    return clock ? clock.frozen_time * 1000 : this.#realMs();
  }

  #realMs(): number {
    return this.#moment ?? Date.now();
  }

  /** Does something at the time of a test clock (null: now), and plans what follows from it on that clock. */
  onClock<T>(clock: string | null, act: () => T): T {
    const [before, moment] = [this.#clock, this.#moment];
    this.#clock = clock;
    this.#moment ??= Date.now();
    try {
      return act();
    } finally {
      this.#clock = before;
      this.#moment = moment;
    }
  }

  /** Does something wholly, or not at all: where it throws what undoes it, no row of it stays and nobody was told. */
  wholly<T>(act: () => T, undoes: (error: unknown) => boolean): T {
    const untold: (() => void)[] = [];
    this.#untold = untold;
    let isUndone = false;
    try {
      return this.store.undoing(act, (error) => {
        isUndone = undoes(error);
        return isUndone;
      });
    } finally {
      this.#untold = undefined;
      if (!isUndone) for (const tell of untold) tell();
    }
  }

  #tell(tell: () => void): void {
    if (this.#untold) this.#untold.push(tell);
    else tell();
  }

  /**
   * Does something to a copy of the state, where it is `moment` (seconds): nothing of it is kept, told, or sent.
   * Rows are replaced and never mutated, so the copy is one of references.
   */
  rehearse<T>(moment: number, act: (world: World) => T): T {
    const store = openStore(undefined);
    store.replace(this.store.snapshot());
    const quiet = { queued: () => {}, emitted: () => {}, scheduled: () => {} };
    const copy = new World({ ...this.#options, store, ...quiet });
    const clock = store.testClocks.put({
      id: newId("clock"),
      object: "test_helpers.test_clock",
      created: moment,
      deletes_after: moment,
      frozen_time: moment,
      livemode: false,
      name: null,
      status: "ready",
      status_details: {},
    });
    return copy.onClock(clock.id, () => act(copy));
  }

  /** Seconds since the epoch. */
  now(): number {
    return Math.floor(this.nowMs() / 1000);
  }

  /** Seconds since the epoch, whatever a test clock says. */
  realNow(): number {
    return Math.floor(this.#realMs() / 1000);
  }

  /**
   * Writes an event that shows the object as it is now, and queues it for each endpoint that wants its type. What happened to a
   * connected account is told to Connect's endpoints only, which there are none of here.
   */
  emit<T extends Stripe.Event.Type>(
    type: T,
    object: EventObject<T>,
    previous?: Record<string, unknown>,
    account?: string,
  ): EventRow {
    const wanted = account === undefined ? this.#options.endpoints.wanting(type) : [];
    const snapshot = cutLists(object) as EventRow["data"]["object"];
    const event: EventRow = {
      id: newId("evt", 24),
      object: "event",
      ...(account === undefined ? {} : { account }),
      api_version: API_VERSION,
      // Real time, also of what happens on a test clock: at Stripe, months of a clock that is advanced share one second.
      created: this.realNow(),
      data: { object: snapshot, ...(previous === undefined ? {} : { previous_attributes: previous }) },
      livemode: false,
      pending_webhooks: wanted.length,
      request: { ...this.request },
      type,
    };
    this.store.events.put(event);
    this.#tell(() => this.#options.emitted(event));
    this.#queue(event, wanted);
    if (snapshot.object === "subscription")
      this.react("customer.subscription.*", this.store.subscriptions.get(snapshot.id));
    return event;
  }

  /** Brings about what follows from a fact. Where this is called decides where its events stand among the others. */
  react<F extends keyof Facts>(fact: F, object: Facts[F]): void {
    this.#options.reactions[fact](this, object);
  }

  /** Sends an event once more: to `stripe listen`, and to the endpoint named or (null) all that want it. */
  resend(event: EventRow, endpoint: string | null): void {
    this.#tell(() => this.#options.emitted(event));
    const { endpoints } = this.#options;
    const wanted =
      endpoint === null ? endpoints.wanting(event.type) : endpoints.enabled().filter(({ id }) => id === endpoint);
    this.#queue(event, wanted);
  }

  openCliSession(wishes: CliWishes): object {
    return this.#options.openCliSession(this.host, wishes);
  }

  #queue(event: EventRow, endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints) {
      const delivery = this.store.deliveries.put({
        id: newId("whd"),
        event: event.id,
        endpoint: endpoint.id,
        status: "pending",
        attempts: 0,
        nextAttemptAt: Date.now(),
        lastStatus: null,
      });
      this.#tell(() => this.#options.queued(delivery));
    }
  }

  /**
   * Changes an object and, where an event type is given and something did change, tells so with the old values.
   * Rows are replaced, never mutated: snapshots elsewhere stay what they were.
   */
  update<K extends Updatable, T extends Stripe.Event.Type>(
    table: K,
    id: string,
    patch: Partial<Rows[K]>,
    type?: T,
  ): Rows[K] {
    const rows = this.store[table] as unknown as { get(id: string): Rows[K]; put(row: Rows[K]): Rows[K] };
    const before = rows.get(id);
    const after = rows.put({ ...before, ...patch });
    const previous = type && previousAttributes(cutLists(before), cutLists(after));
    if (type && previous) this.emit(type, after as EventObject<T>, previous);
    return after;
  }

  /** `at` in milliseconds since the epoch, on the clock of now. Jobs are kept with the state: they outlive a restart. */
  schedule(kind: JobRow["kind"], subject: string, at: number): void {
    this.store.jobs.put({ id: `${kind}:${subject}`, kind, subject, at, clock: this.#clock });
    this.#options.scheduled();
  }

  unschedule(kind: JobRow["kind"], subject: string): void {
    this.store.jobs.delete(`${kind}:${subject}`);
  }
}
