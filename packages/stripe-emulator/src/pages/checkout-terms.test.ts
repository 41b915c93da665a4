import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createCheckout, createPlan, openBench } from "../testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

type Coupon = Stripe.CouponCreateParams;
const MONTHLY = { interval: "month" as const };
const once: Coupon = { percent_off: 20, duration: "once" };
const thrice: Coupon = { percent_off: 20, duration: "repeating", duration_in_months: 3 };

test.each<[string, Coupon, Stripe.PriceCreateParams.Recurring, number | undefined, string[]]>([
  ["once", once, MONTHLY, undefined, ["€24.00", "for the first month", "Then €30.00 per month"]],
  ["for some months", thrice, MONTHLY, undefined, ["€24.00", "per month", "For 3 months, then €30.00 per month"]],
  [
    "for less than a period",
    thrice,
    { interval: "year", interval_count: 2 },
    undefined,
    ["€24.00", "for the first 2 years", "Then €30.00 every 2 years"],
  ],
  ["for ever", { percent_off: 20, duration: "forever" }, MONTHLY, undefined, ["€24.00", "per month"]],
  [
    "once, after a trial",
    once,
    MONTHLY,
    7,
    ["€24.00", "for the first month", "7 days free, then €24.00 for the first month, then €30.00 per month"],
  ],
  [
    "until the trial ends",
    { ...thrice, duration_in_months: 1 },
    MONTHLY,
    45,
    ["€30.00", "per month", "45 days free, then €30.00 per month"],
  ],
])("the page says what follows a discount: %s", async (_, coupon, recurring, days, said) => {
  const { id } = await stripe.coupons.create(coupon);
  const session = await createCheckout(stripe, await createPlan(stripe, { unit_amount: 3000, recurring }), {
    discounts: [{ coupon: id }],
    ...(days ? { subscription_data: { trial_period_days: days } } : {}),
  });
  const page = await (await fetch(session.url ?? "")).text();
  const [, price = "", each = "", then] =
    /<p class="price">(.*?) <small>(.*?)<\/small><\/p>\s*(?:<p>(.*?)<\/p>)?/.exec(page) ?? [];
  expect([price, each, ...(then ? [then] : [])]).toEqual(said);
});
