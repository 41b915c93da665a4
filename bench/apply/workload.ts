import { createHmac } from "node:crypto";
import { API_VERSION, invoicePayload, subscriptionPayload, UNIT_AMOUNT } from "./payloads.ts";

/** What the mirror must hold after a run: by the object's id, its state in words. */
export type State = Map<string, string>;

export interface Workload {
  /** In the order in which they happened; as Stripe sends them, indented. */
  bodies: string[];
  /** Whose the subscriptions are. */
  customers: string[];
  subscriptions: State;
  invoices: State;
}

export interface Delivery {
  body: string;
  signature: string;
}

export const SECRET = "whsec_the_benchmark_signs_with_this";
const SEED = 20_261_101;
/** Of events that are other objects' than those of the workload that is measured. */
export const WARM_UP_SEED = 20_261_102;
const BEGIN = Date.UTC(2026, 9, 1) / 1000;
const DAY = 86_400;
/** Six events of the subscription and four of its two invoices, one a day. */
const EVENTS_PER_SUBSCRIPTION = 10;

/**
 * The same events for the same count: 60% of subscriptions, 40% of invoices. No two events of an object share a second, and
 * an object's events are about a day apart, so that seldom two of them meet in a batch.
 * @param count a multiple of 10
 * @param seed of its ids and moments
 */
export function createWorkload(count: number, seed = SEED): Workload {
  const random = mulberry32(seed);
  const events = Array.from({ length: count / EVENTS_PER_SUBSCRIPTION }, (_, index) => lifecycle(index, random)).flat();
  events.sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
  const subscriptions: State = new Map();
  const invoices: State = new Map();
  for (const { data } of events) {
    const { object } = data;
    if (object.object === "subscription")
      subscriptions.set(object.id, `${object.status} ${object.cancel_at_period_end}`);
    else invoices.set(object.id, `${object.status} ${object.amount_paid} ${object.attempt_count}`);
  }
  const customers = [...new Set(events.map(({ data }) => data.object.customer))];
  return { bodies: events.map((event) => JSON.stringify(event, null, 2)), customers, subscriptions, invoices };
}

/** Signs now: a signature is good for five minutes. */
export function sign(bodies: string[]): Delivery[] {
  const seconds = Math.floor(Date.now() / 1000);
  return bodies.map((body) => {
    const digest = createHmac("sha256", SECRET).update(`${seconds}.${body}`).digest("hex");
    return { body, signature: `t=${seconds},v1=${digest}` };
  });
}

type Payload = {
  object: string;
  id: string;
  customer: string;
  status: string;
  cancel_at_period_end?: boolean;
  amount_paid?: number;
  attempt_count?: number;
};

function lifecycle(index: number, random: () => number) {
  // Subscriptions begin on different days, so that every kind of event is found in every stretch.
  const firstDay = index % EVENTS_PER_SUBSCRIPTION;
  const at = Array.from(
    { length: EVENTS_PER_SUBSCRIPTION },
    (_, step) => BEGIN + (firstDay + step) * DAY + Math.floor(random() * DAY),
  );
  const [created = 0, billed = 0, , paid = 0, renewed = 0, , rebilled = 0, , settled = 0, end = 0] = at;
  const newId = (prefix: string, second: number) => stripeId(prefix, second, random);
  const itemId = newId("si", created);
  const customerId = newId("cus", created);
  const userId = uuid(random);
  const subscriptionId = newId("sub", created);
  const [first, second] = [newId("in", billed), newId("in", rebilled)];
  const fate = (["kept", "canceled", "past_due"] as const)[index % 3] ?? "kept";

  let subscription = {
    id: subscriptionId,
    itemId,
    customerId,
    invoiceId: first,
    userId,
    created,
    periodStart: created,
    status: "incomplete",
    quantity: 1,
    cancelAtPeriodEnd: false,
    endedAt: null as number | null,
  };
  const invoice = (id: string, number: number, since: number) => ({
    id,
    lineId: newId("il", since),
    itemId,
    customerId,
    subscriptionId,
    userId,
    number: `${index.toString(36).toUpperCase().padStart(8, "0")}-${String(number).padStart(4, "0")}`,
    created: since,
    status: "open",
    amountPaid: 0,
    attemptCount: 0,
    paidAt: null,
    nextAttempt: null,
  });
  const subscriptionEvent = (step: number, name: string, changes: Partial<typeof subscription>, before: object) => {
    subscription = { ...subscription, ...changes };
    return eventOf(`customer.subscription.${name}`, at[step] ?? 0, subscriptionPayload(subscription), before, random);
  };
  const invoiceEvent = (step: number, name: string, facts: Parameters<typeof invoicePayload>[0], before?: object) =>
    eventOf(`invoice.${name}`, at[step] ?? 0, invoicePayload(facts), before, random);

  const [one, two] = [invoice(first, 1, billed), invoice(second, 2, rebilled)];
  const fates = {
    kept: { changes: { quantity: 3 }, before: { quantity: 2 } },
    canceled: { changes: { cancelAtPeriodEnd: true }, before: { cancel_at_period_end: false } },
    past_due: { changes: { status: "past_due" }, before: { status: "active" } },
  };
  const isUnpaid = fate === "past_due";
  const paidBefore = { amount_paid: 0, amount_remaining: UNIT_AMOUNT, attempted: false, status: "open" };
  const payment = { status: "paid", amountPaid: UNIT_AMOUNT, attemptCount: 1 };
  return [
    subscriptionEvent(0, "created", {}, {}),
    invoiceEvent(1, "finalized", one),
    subscriptionEvent(2, "updated", { status: "active" }, { status: "incomplete" }),
    invoiceEvent(3, "paid", { ...one, ...payment, paidAt: paid }, paidBefore),
    subscriptionEvent(4, "updated", { periodStart: renewed, invoiceId: second }, { latest_invoice: first }),
    subscriptionEvent(5, "updated", { quantity: 2 }, { quantity: 1 }),
    invoiceEvent(6, "finalized", two),
    subscriptionEvent(7, "updated", fates[fate].changes, fates[fate].before),
    isUnpaid
      ? invoiceEvent(8, "updated", { ...two, attemptCount: 1, nextAttempt: settled + DAY }, { attempted: false })
      : invoiceEvent(8, "paid", { ...two, ...payment, paidAt: settled }, paidBefore),
    fate === "canceled"
      ? subscriptionEvent(9, "deleted", { status: "canceled", endedAt: end }, {})
      : subscriptionEvent(9, "updated", { quantity: 4 }, { quantity: subscription.quantity }),
  ];
}

function eventOf(type: string, created: number, object: Payload, before: object | undefined, random: () => number) {
  const changed = before && Object.keys(before).length > 0;
  return {
    id: stripeId("evt", created, random),
    object: "event",
    api_version: API_VERSION,
    created,
    data: { object, ...(changed && { previous_attributes: before }) },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  };
}

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const EPOCH = 1_342_389_380;

/** As Stripe's do, an id begins with its second and goes on with the account: new ones land at an index's end. */
export function stripeId(prefix: string, second: number, random: () => number): string {
  let rest = second - EPOCH;
  let moment = "";
  for (let place = 0; place < 5; place++) {
    moment = DIGITS.charAt(rest % 62) + moment;
    rest = Math.floor(rest / 62);
  }
  const tail = Array.from({ length: 8 }, () => DIGITS.charAt(Math.floor(random() * 62))).join("");
  return `${prefix}_1${moment}LkdIwHu7ix${tail}`;
}

function uuid(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

/** https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
