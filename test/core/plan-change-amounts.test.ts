import type Stripe from "stripe";
import { beforeAll, describe, expect, it } from "vitest";
import { openPlanShop, type PlanShop } from "../parts/plans.ts";

/**
 * What Stripe documents of prorations (https://docs.stripe.com/billing/subscriptions/prorations), reckoned here by itself: to the second, what
 * is left of the period at the new price, less what is left of what was paid. What is previewed must be that, and then be charged.
 */

interface Plan {
  amount: number;
  interval?: "day" | "week" | "month" | "year";
  quantity?: number;
}

interface Row {
  /** When the subscription began, and when it is changed. */
  on: [string, string];
  from: Plan;
  to: Plan;
  when: "now" | "period_end";
  /** Of a hundred. */
  percentOff?: number;
  amountOff?: number;
  once?: true;
  tax?: "exclusive" | "inclusive";
  /** Negative: to the customer's credit. */
  balance?: number;
  /** What another item costs, which stays. */
  beside?: number;
  trialDays?: number;
  currency?: "usd" | "eur" | "jpy" | "krw";
  /** Where it was reckoned on paper, too. */
  paper?: { due: number; next: number };
}

const HALF_OF_APRIL: Row["on"] = ["2027-04-01T00:00:00Z", "2027-04-16T00:00:00Z"];
const ODD: Row["on"] = ["2027-01-05T07:13:21Z", "2027-01-19T22:47:08Z"];
const m = (amount: number, quantity = 1): Plan => ({ amount, quantity });
const y = (amount: number, quantity = 1): Plan => ({ amount, quantity, interval: "year" });
const w = (amount: number): Plan => ({ amount, interval: "week" });
const d = (amount: number): Plan => ({ amount, interval: "day" });

const UP: Record<string, Row> = {
  "in the middle of a month": {
    on: HALF_OF_APRIL,
    from: m(1500),
    to: m(3000),
    when: "now",
    paper: { due: 750, next: 3000 },
  },
  "at an odd second": { on: ODD, from: m(999), to: m(2499), when: "now" },
  "in the first second": {
    on: ["2027-04-01T00:00:00Z", "2027-04-01T00:00:01Z"],
    from: m(1500),
    to: m(3000),
    when: "now",
  },
  "in the last second": {
    on: ["2027-04-01T00:00:00Z", "2027-04-30T23:59:59Z"],
    from: m(1500),
    to: m(3000),
    when: "now",
  },
  "to amounts that no period divides": { on: ODD, from: m(1), to: m(1_000_003), when: "now" },
  "from nothing": { on: HALF_OF_APRIL, from: m(0), to: m(3000), when: "now", paper: { due: 1500, next: 3000 } },
  "by more seats": { on: HALF_OF_APRIL, from: m(700, 3), to: m(700, 8), when: "now", paper: { due: 1750, next: 5600 } },
  "by one seat at an odd second": { on: ODD, from: m(799, 11), to: m(799, 12), when: "now" },
  "to fewer seats of a dearer plan": { on: ODD, from: m(700, 5), to: m(2000, 2), when: "now" },
  "of a week": { on: ["2027-03-01T10:00:00Z", "2027-03-04T16:30:00Z"], from: w(350), to: w(900), when: "now" },
  "of a day": { on: ["2027-03-01T10:00:00Z", "2027-03-01T18:20:11Z"], from: d(100), to: d(250), when: "now" },
  "of a year": { on: ["2027-01-01T00:00:00Z", "2027-08-09T03:04:05Z"], from: y(10_000), to: y(25_000), when: "now" },
  "of a leap year": {
    on: ["2028-01-01T00:00:00Z", "2028-02-29T12:00:00Z"],
    from: y(10_000),
    to: y(25_000),
    when: "now",
  },
};

const INTERVALS: Record<string, Row> = {
  "from months to a year": {
    on: HALF_OF_APRIL,
    from: m(3000),
    to: y(30_000),
    when: "now",
    paper: { due: 28_500, next: 30_000 },
  },
  "from months to a year at an odd second": { on: ODD, from: m(2999), to: y(29_999), when: "now" },
  "from weeks to months": {
    on: ["2027-03-01T10:00:00Z", "2027-03-05T01:02:03Z"],
    from: w(350),
    to: m(1200),
    when: "now",
  },
  "from months to a cheap year": {
    on: HALF_OF_APRIL,
    from: m(9000),
    to: y(1000),
    when: "now",
    paper: { due: 0, next: 0 },
  },
  "from a year to dear months": {
    on: ["2027-01-01T00:00:00Z", "2027-07-01T00:00:00Z"],
    from: y(12_000),
    to: m(2000),
    when: "now",
  },
  "from a year to months": {
    on: ["2027-01-01T00:00:00Z", "2027-07-01T00:00:00Z"],
    from: y(12_000),
    to: m(1000),
    when: "period_end",
  },
  "from months to weeks that cost the same": { on: HALF_OF_APRIL, from: m(3000), to: w(600), when: "period_end" },
};

const DOWN: Record<string, Row> = {
  "in the middle of a month": {
    on: HALF_OF_APRIL,
    from: m(3000),
    to: m(1500),
    when: "period_end",
    paper: { due: 0, next: 1500 },
  },
  "to fewer seats": { on: ODD, from: m(700, 8), to: m(700, 3), when: "period_end", paper: { due: 0, next: 2100 } },
  "to more seats of a cheaper plan": { on: ODD, from: m(2000, 2), to: m(700, 5), when: "period_end" },
  "with a credit": {
    on: ODD,
    from: m(3000),
    to: m(1500),
    when: "period_end",
    balance: -400,
    paper: { due: 0, next: 1100 },
  },
  "with a discount": {
    on: ODD,
    from: m(3000),
    to: m(1500),
    when: "period_end",
    percentOff: 20,
    paper: { due: 0, next: 1200 },
  },
  "with a tax on top": {
    on: ODD,
    from: m(3000),
    to: m(1500),
    when: "period_end",
    tax: "exclusive",
    paper: { due: 0, next: 1785 },
  },
  "beside something else": {
    on: ODD,
    from: m(3000),
    to: m(1500),
    when: "period_end",
    beside: 500,
    paper: { due: 0, next: 2000 },
  },
};

const TERMS: Record<string, Row> = {
  "20 % off for ever": {
    on: HALF_OF_APRIL,
    from: m(1500),
    to: m(3000),
    when: "now",
    percentOff: 20,
    paper: { due: 600, next: 2400 },
  },
  "a third off for ever, odd": { on: ODD, from: m(999), to: m(2499), when: "now", percentOff: 33 },
  "20 % off once": {
    on: HALF_OF_APRIL,
    from: m(1500),
    to: m(3000),
    when: "now",
    percentOff: 20,
    once: true,
    paper: { due: 900, next: 3000 },
  },
  "5.00 off for ever": {
    on: HALF_OF_APRIL,
    from: m(1500),
    to: m(3000),
    when: "now",
    amountOff: 500,
    paper: { due: 750, next: 2500 },
  },
  "20 % off for ever, to a year": { on: HALF_OF_APRIL, from: m(3000), to: y(30_000), when: "now", percentOff: 20 },
  "a tax on top": {
    on: HALF_OF_APRIL,
    from: m(1500),
    to: m(3000),
    when: "now",
    tax: "exclusive",
    paper: { due: 892, next: 3570 },
  },
  "a tax on top, odd": { on: ODD, from: m(999), to: m(2499), when: "now", tax: "exclusive" },
  "a tax that is included": { on: ODD, from: m(999), to: m(2499), when: "now", tax: "inclusive" },
  "a tax on top, to a year": { on: ODD, from: m(2999), to: y(29_999), when: "now", tax: "exclusive" },
  "a tax on top and 20 % off": { on: ODD, from: m(1500), to: m(3000), when: "now", tax: "exclusive", percentOff: 20 },
  "a credit that covers it": {
    on: HALF_OF_APRIL,
    from: m(1500),
    to: m(3000),
    when: "now",
    balance: -3000,
    paper: { due: 0, next: 750 },
  },
  "a credit that covers a part": {
    on: HALF_OF_APRIL,
    from: m(1500),
    to: m(3000),
    when: "now",
    balance: -250,
    paper: { due: 500, next: 3000 },
  },
  "a debt": {
    on: HALF_OF_APRIL,
    from: m(1500),
    to: m(3000),
    when: "now",
    balance: 250,
    paper: { due: 1000, next: 3000 },
  },
  "something else beside": {
    on: HALF_OF_APRIL,
    from: m(1500),
    to: m(3000),
    when: "now",
    beside: 500,
    paper: { due: 750, next: 3500 },
  },
  "something else beside, and a tax": {
    on: ODD,
    from: m(999),
    to: m(2499),
    when: "now",
    beside: 501,
    tax: "exclusive",
  },
  "a trial, up": { on: ODD, from: m(1500), to: m(3000), when: "now", trialDays: 30, paper: { due: 0, next: 3000 } },
  "a trial, down, with a discount": {
    on: ODD,
    from: m(3000),
    to: m(1500),
    when: "now",
    trialDays: 30,
    percentOff: 20,
    paper: { due: 0, next: 1200 },
  },
  yen: { on: ODD, from: m(1500), to: m(2980), when: "now", currency: "jpy" },
  "won, down": { on: ODD, from: m(29_000), to: m(9900), when: "period_end", currency: "krw" },
  euros: { on: ODD, from: m(1500), to: m(2980), when: "now", currency: "eur", tax: "inclusive" },
};

const MONTH_ENDS: Record<string, Row> = {
  "from the 31st of January": {
    on: ["2027-01-31T12:00:00Z", "2027-02-20T00:00:00Z"],
    from: m(1500),
    to: m(3000),
    when: "now",
  },
  "from the 31st of January, down": {
    on: ["2027-01-31T12:00:00Z", "2027-02-20T00:00:00Z"],
    from: m(3000),
    to: m(1500),
    when: "period_end",
  },
  "from the 30th of January in a leap year": {
    on: ["2028-01-30T12:00:00Z", "2028-02-20T00:00:00Z"],
    from: m(1500),
    to: m(3000),
    when: "now",
  },
  "from the 29th of February, a year": {
    on: ["2028-02-29T00:00:00Z", "2028-12-24T18:00:00Z"],
    from: y(10_000),
    to: y(20_000),
    when: "now",
  },
  "on the 31st of August, to a year": {
    on: ["2027-08-15T00:00:00Z", "2027-08-31T00:00:00Z"],
    from: m(3000),
    to: y(30_000),
    when: "now",
  },
};

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
  const { from, to, percentOff = 0, amountOff = 0, once = false, tax, balance = 0, beside = 0, trialDays } = row;
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
  const next = Math.max(0, taxed(net(to, !once)) + (beside > 0 ? taxed(beside) : 0) + left_over);
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
      items: [{ price: price.id, quantity: from.quantity ?? 1 }, ...(other ? [{ price: other.id }] : [])],
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
  Object.entries({ up: UP, "to another interval": INTERVALS, down: DOWN, with: TERMS, "at months' ends": MONTH_ENDS }),
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
  const rows = [UP, INTERVALS, DOWN, TERMS, MONTH_ENDS].flatMap((group) => Object.keys(group));
  expect(rows.length).toBeGreaterThanOrEqual(40);
});
