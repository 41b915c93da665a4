export interface Plan {
  amount: number;
  interval?: "day" | "week" | "month" | "year";
  quantity?: number;
}

/** A change of a subscription, under whatever terms it runs. */
export interface Row {
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
  /** How many of it. */
  besideQuantity?: number;
  trialDays?: number;
  currency?: "usd" | "eur" | "jpy" | "krw";
  /** Where it was reckoned on paper, too. */
  paper?: { due: number; next: number };
}

const HALF_OF_APRIL: Row["on"] = ["2027-04-01T00:00:00Z", "2027-04-16T00:00:00Z"];
const ODD: Row["on"] = ["2027-01-05T07:13:21Z", "2027-01-19T22:47:08Z"];
export const m = (amount: number, quantity = 1): Plan => ({ amount, quantity });
const y = (amount: number, quantity = 1): Plan => ({ amount, quantity, interval: "year" });
const w = (amount: number): Plan => ({ amount, interval: "week" });
const d = (amount: number): Plan => ({ amount, interval: "day" });

export const UP: Record<string, Row> = {
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
  "to amounts that no period divides": { on: ODD, from: m(53), to: m(1_000_003), when: "now" },
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

export const INTERVALS: Record<string, Row> = {
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

export const DOWN: Record<string, Row> = {
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

export const TERMS: Record<string, Row> = {
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

/** A plan and its add-on, each with a quantity: only the plan's part is prorated, a coupon is for both. */
export const SEVERAL: Record<string, Row> = {
  // Half of 4 × 12.00, less half of 2 × 12.00; then 48.00 and 3 × 5.00.
  "more seats beside three add-ons": {
    on: HALF_OF_APRIL,
    from: m(1200, 2),
    to: m(1200, 4),
    when: "now",
    beside: 500,
    besideQuantity: 3,
    paper: { due: 1200, next: 6300 },
  },
  // Half of 3 × 30.00, less half of 3 × 15.00; then 90.00 and 2 × 7.00.
  "a dearer plan of as many seats": {
    on: HALF_OF_APRIL,
    from: m(1500, 3),
    to: m(3000, 3),
    when: "now",
    beside: 700,
    besideQuantity: 2,
    paper: { due: 2250, next: 10_400 },
  },
  // Half of 80 % of 96.00, less half of 80 % of 48.00; then 80 % of 96.00 and of 10.00.
  "more seats, with 20 % off both": {
    on: HALF_OF_APRIL,
    from: m(1200, 4),
    to: m(1200, 8),
    when: "now",
    percentOff: 20,
    beside: 250,
    besideQuantity: 4,
    paper: { due: 1920, next: 8480 },
  },
  // Half of 90.00, less half of 75 % of 60.00; then 90.00 and 2 × 9.00, for the coupon is used up.
  "a dearer plan, with a quarter off both once": {
    on: HALF_OF_APRIL,
    from: m(2000, 3),
    to: m(3000, 3),
    when: "now",
    percentOff: 25,
    once: true,
    beside: 900,
    besideQuantity: 2,
    paper: { due: 2250, next: 10_800 },
  },
  // Nothing is due; then 90 % of 2 × 15.00 and of 5 × 2.00.
  "fewer seats, with 10 % off both": {
    on: HALF_OF_APRIL,
    from: m(1500, 6),
    to: m(1500, 2),
    when: "period_end",
    percentOff: 10,
    beside: 200,
    besideQuantity: 5,
    paper: { due: 0, next: 3600 },
  },
  // Half of 100.00 less half of 40.00, each with 19 % on top: 59.50 less 23.80; then 119.00 and 2 × 6.00 with 19 %.
  "more seats, with a tax on top of both": {
    on: HALF_OF_APRIL,
    from: m(2000, 2),
    to: m(2000, 5),
    when: "now",
    tax: "exclusive",
    beside: 600,
    besideQuantity: 2,
    paper: { due: 3570, next: 13_328 },
  },
  "more seats at an odd second, in yen": {
    on: ODD,
    from: m(980, 3),
    to: m(980, 7),
    when: "now",
    currency: "jpy",
    beside: 333,
    besideQuantity: 7,
  },
};

export const MONTH_ENDS: Record<string, Row> = {
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
