import { getNextPayment } from "@turnpike/core/plan-change";
import type Stripe from "stripe";
import { beforeAll, describe, expect, it } from "vitest";
import { openPlanShop, type PlanShop } from "../parts/plans.ts";
import { DOWN, INTERVALS, MONTH_ENDS, m, type Plan, type Row, SEVERAL, TERMS, UP } from "./changes-of-plan.ts";

/**
 * What Stripe documents of prorations (https://docs.stripe.com/billing/subscriptions/prorations), reckoned here by itself: to the second, what
 * is left of the period at the new price, less what is left of what was paid. What is previewed must be that, and then be charged.
 */

const seconds = (iso: string) => Date.parse(iso) / 1000;
/** Halves go away from zero: https://docs.stripe.com/billing/subscriptions/prorations#rounding */
const rounded = (amount: number) => Math.sign(amount) * Math.floor(Math.abs(amount) + 0.5);
/** `amount × part ÷ whole`, exactly. */
function part(amount: number, of: number, whole: number): number {
  const [product, divisor] = [BigInt(amount) * BigInt(of), BigInt(whole)];
  return Number((2n * product + divisor) / (2n * divisor));
}
const TAX = 19; // of a hundred, in Germany

function endOfPeriod(start: number, interval: Plan["interval"] = "month"): number {
  const days = { day: 1, week: 7, month: 0, year: 0 }[interval];
  if (days > 0) return start + days * 86_400;
  const begin = new Date(start * 1000);
  const month = begin.getUTCMonth() + (interval === "year" ? 12 : 1);
  const last = new Date(Date.UTC(begin.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const day = Math.min(begin.getUTCDate(), last);
  return Date.UTC(begin.getUTCFullYear(), month, day) / 1000 + (start % 86_400);
}

/** What is to be charged now and next, by the documented formula. */
function reckon(row: Row) {
  const { from, to, percentOff = 0, amountOff = 0, once = false, tax, balance = 0, trialDays } = row;
  const [start, at] = row.on.map(seconds) as [number, number];
  const end = endOfPeriod(start, from.interval);
  const [left, period] = [end - at, end - start];
  const net = ({ amount, quantity = 1 }: Plan, discounted: boolean) => {
    const whole = amount * quantity;
    return discounted ? whole - rounded((whole * percentOff) / 100) - Math.min(whole, amountOff) : whole;
  };
  const moves = (from.interval ?? "month") !== (to.interval ?? "month");
  const lines =
    row.when === "period_end" || trialDays !== undefined
      ? []
      : [-part(net(from, true), left, period), moves ? net(to, !once) : part(net(to, !once), left, period)];
  const taxed = (amount: number) => amount + (tax === "exclusive" ? rounded((amount * TAX) / 100) : 0);
  const total = lines.reduce((sum, line) => sum + taxed(line), 0);
  const due = lines.length === 0 ? 0 : Math.max(0, total + balance);
  const left_over = lines.length === 0 ? balance : total + balance - due;
  const beside = row.beside ? taxed(net(m(row.beside, row.besideQuantity), !once)) : 0;
  const next = Math.max(0, taxed(net(to, !once)) + beside + left_over);
  return { due, total, next, credit: Math.max(0, -left_over) };
}

let store: PlanShop;
const plans = new Map<string, Promise<{ id: string }>>();
beforeAll(async () => {
  store = await openPlanShop();
});

function priceOf({ amount, interval = "month" }: Plan, { currency = "usd", tax = "exclusive" }: Row, group?: string) {
  const key = JSON.stringify([amount, interval, currency, tax, group]);
  const known = plans.get(key) ?? store.shop.sell("monthly", { amount, interval, currency, group, taxBehavior: tax });
  plans.set(key, known);
  return known;
}

/** A subscriber as the row says, at the moment of the change. */
async function subscriberOf(row: Row) {
  const { stripe } = store.lent;
  const [start, at] = row.on.map(seconds) as [number, number];
  const { currency = "usd", percentOff, amountOff, once, tax, balance, beside, trialDays, from } = row;
  const clock = await store.openClock(start);
  const off = amountOff ? { amount_off: amountOff, currency } : { percent_off: percentOff ?? 0 };
  const coupon =
    percentOff || amountOff ? await stripe.coupons.create({ ...off, duration: once ? "once" : "forever" }) : undefined;
  const [price, other] = [await priceOf(from, row), beside && (await priceOf(m(beside), row, "beside"))];
  const subscriber = await store.subscribe(
    {
      items: [
        { price: price.id, quantity: from.quantity ?? 1 },
        ...(other ? [{ price: other.id, quantity: row.besideQuantity ?? 1 }] : []),
      ],
      ...(coupon && { discounts: [{ coupon: coupon.id }] }),
      ...(tax && { automatic_tax: { enabled: true } }),
      ...(trialDays && { trial_period_days: trialDays }),
    },
    { clock: clock.id, customer: tax ? { address: { country: "DE" } } : {} },
  );
  if (balance) await stripe.customers.createBalanceTransaction(subscriber.customer, { amount: balance, currency });
  await clock.advance(at);
  return { ...subscriber, advance: clock.advance };
}

const invoicesOf = async (customer: string) =>
  (await store.lent.stripe.invoices.list({ customer, limit: 100 })).data.map((row: Stripe.Invoice) => row.amount_due);

describe.each(
  Object.entries({
    up: UP,
    "to another interval": INTERVALS,
    down: DOWN,
    with: TERMS,
    "beside add-ons": SEVERAL,
    "at months' ends": MONTH_ENDS,
  }),
)("what is previewed of a change %s is what Stripe documents, and what it then charges", (_, rows) => {
  it.each(Object.entries(rows))("%s", async (_name, row) => {
    const { user, customer, subscription, advance } = await subscriberOf(row);
    const wish = {
      priceId: (await priceOf(row.to, row)).id,
      quantity: row.to.quantity ?? 1,
      subscriptionId: subscription.id,
    };
    const before = (await invoicesOf(customer)).length;
    const preview = await store.preview(user, wish);
    const { due, total, next, credit } = reckon(row);
    expect(preview).toMatchObject({ effective: row.when, amountDue: due, total, credit, next: { amount: next } });
    if (row.paper) expect({ due, next }).toEqual(row.paper);

    // Whoever thinks about it for some minutes is charged what they were shown.
    const later = seconds(row.on[1]) + 600;
    if (later < endOfPeriod(seconds(row.on[0]), row.from.interval)) await advance(later);
    await store.change({ user }, { ...wish, token: preview.token });
    const now = (await invoicesOf(customer)).slice(0, -before);
    expect(now).toEqual(preview.lines.length > 0 ? [due] : []);
    await advance(Date.parse(preview.next.at) / 1000 + 2 * 3600);
    const then = (await invoicesOf(customer)).slice(0, -before - now.length);
    expect(then.at(-1)).toBe(next);
  });
});

it("a table of these has forty rows, or more", () => {
  const rows = [UP, INTERVALS, DOWN, TERMS, SEVERAL, MONTH_ENDS].flatMap((group) => Object.keys(group));
  expect(rows.length).toBeGreaterThanOrEqual(40);
});

// https://docs.stripe.com/billing/subscriptions/billing-cycle
it.each(["paid in part", "free"])(
  "what begins before its anchor, and is %s until then, changes, is paid next and ends as Stripe has it",
  async (kind) => {
    const { stripe } = store.lent;
    const [start, at, anchor] = ["2027-04-01", "2027-04-06", "2027-04-16"].map((day) =>
      seconds(`${day}T00:00:00Z`),
    ) as [number, number, number];
    const clock = await store.openClock(start);
    const row: Row = { on: ["", ""], from: m(1500), to: m(3000), when: "now" };
    const [from, to] = [await priceOf(row.from, row), await priceOf(row.to, row)];
    const { user, customer, subscription } = await store.subscribe(
      {
        items: [{ price: from.id }],
        billing_cycle_anchor: anchor,
        ...(kind === "free" && { proration_behavior: "none" as const }),
      },
      { clock: clock.id },
    );
    expect(subscription.latest_invoice === null).toBe(kind === "free");
    await clock.advance(at);
    const iso = new Date(anchor * 1000).toISOString();
    const next = await getNextPayment(store.shop.billing, { user }, {});
    expect(next.next).toEqual({ amount: 1500, at: iso });
    const { preview, wish } = await store.previewed(user, to.id);
    // 10 days of 30 at the new price, less as many of what was paid.
    const due = kind === "free" ? 1000 : 1000 - 500;
    expect(preview).toMatchObject({ amountDue: due, next: { amount: 3000, at: iso } });
    expect(await store.change({ user }, wish)).toMatchObject({ periodEnd: iso });
    expect((await store.charged(customer))[0]).toBe(due);
    expect(await store.cancel(user)).toMatchObject({ endsAt: iso });
    await store.resume(user);
    await clock.advance(anchor + 2 * 3600);
    expect((await invoicesOf(customer))[0]).toBe(3000);
    const { items } = await stripe.subscriptions.retrieve(subscription.id);
    expect(items.data[0]).toMatchObject({ current_period_start: anchor, current_period_end: endOfPeriod(anchor) });
  },
);
