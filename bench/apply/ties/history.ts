import type Stripe from "stripe";
import { mulberry32, type State } from "../workload.ts";
import type { EmulatedStripe } from "./emulated-stripe.ts";

/** What happened at Stripe, and what it ended in. */
export interface History {
  /** In the order in which they are delivered. */
  events: Stripe.Event[];
  /** How many of them share their second with another of the same object. */
  tied: number;
  /** How many tell of an invoice that could not be paid. */
  unpaid: number;
  truth: { subscriptions: State; invoices: State };
}

// Of two events in a row of one object; leads to about a fifth of all events in pairs.
const TIE_CHANCE = 0.14;
const SEED = 20_261_126;
const LIVES_AT_ONCE = 8;

/** Lets so many subscriptions live at the emulator. A third is paid, a third is not paid at first or at all, a third ends. */
export async function recordHistory({ stripe, events }: EmulatedStripe, subscriptions: number): Promise<History> {
  const product = await stripe.products.create({ name: "Pro" });
  const price = await stripe.prices.create({
    product: product.id,
    currency: "usd",
    unit_amount: 1900,
    recurring: { interval: "month" },
  });
  let next = 0;
  await Promise.all(
    Array.from({ length: LIVES_AT_ONCE }, async () => {
      for (let index = next++; index < subscriptions; index = next++) await live(stripe, price.id, index);
    }),
  );
  const ours = events().filter(({ data: { object } }) => "object" in object && KINDS.has(object.object));
  const { spread, tied } = spreadOverSeconds(ours);
  return {
    events: spread,
    tied,
    unpaid: ours.filter(({ type }) => type === "invoice.payment_failed").length,
    truth: await readTruth(stripe),
  };
}

const KINDS = new Set(["subscription", "invoice"]);

async function live(stripe: Stripe, price: string, index: number): Promise<void> {
  const fate = (["paid", "unpaid", "ended"] as const)[index % 3] ?? "paid";
  const card = fate === "unpaid" ? "pm_card_chargeCustomerFail" : "pm_card_visa";
  const customer = await stripe.customers.create({
    payment_method: card,
    invoice_settings: { default_payment_method: card },
  });
  const { id, latest_invoice } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price }] });
  if (fate === "unpaid" && index % 2) {
    const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
    await stripe.invoices.pay(String(latest_invoice), { payment_method: method.id });
  }
  if (fate === "unpaid" && !(index % 2)) return;
  // Each of them is seen in the row, and the last one decides.
  for (let change = 0; change < 4 + (index % 2); change++) {
    await stripe.subscriptions.update(id, { cancel_at_period_end: change % 2 === 0 });
  }
  if (fate === "ended") await stripe.subscriptions.cancel(id);
}

/**
 * The emulator lives through it all in seconds, which would tie nearly everything. So each event gets a second of its own, in the past and in
 * the order in which it happened; one in ten gets that of the event of its object before it. Two of one second are delivered in either order,
 * as by Stripe.
 */
function spreadOverSeconds(events: Stripe.Event[]): { spread: Stripe.Event[]; tied: number } {
  const random = mulberry32(SEED);
  const begin = Math.floor(Date.now() / 1000) - events.length - 60;
  const last = new Map<string, { second: number; isTied: boolean }>();
  let tied = 0;
  const spread = events.map((event, place) => {
    const { id } = event.data.object as { id: string };
    const before = last.get(id);
    const isTied = before !== undefined && !before.isTied && random() < TIE_CHANCE;
    const second = isTied ? before.second : begin + place;
    if (isTied) tied += 2;
    last.set(id, { second, isTied });
    return { event: { ...event, created: second }, luck: random() };
  });
  spread.sort((a, b) => a.event.created - b.event.created || a.luck - b.luck);
  return { spread: spread.map(({ event }) => event), tied };
}

async function readTruth(stripe: Stripe) {
  const subscriptions: State = new Map();
  const invoices: State = new Map();
  for await (const one of stripe.subscriptions.list({ status: "all", limit: 100 }))
    subscriptions.set(one.id, `${one.status} ${one.cancel_at_period_end}`);
  for await (const one of stripe.invoices.list({ limit: 100 }))
    invoices.set(one.id ?? "", `${one.status} ${one.amount_paid} ${one.attempt_count}`);
  return { subscriptions, invoices };
}
