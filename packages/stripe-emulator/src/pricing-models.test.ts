import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bench, createCheckout, createPlan, openBench } from "./testing/bench.ts";
import { END, HALF, onClock, START } from "./testing/clocked.ts";

/** https://docs.stripe.com/products-prices/pricing-models */
let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

type Create = Stripe.PriceCreateParams;

const TIERS: Stripe.PriceCreateParams.Tier[] = [
  { up_to: 5, unit_amount: 700 },
  { up_to: 10, unit_amount: 650 },
  { up_to: "inf", unit_amount: 600, flat_amount: 100 },
];

/** In euros, by the month, unless said otherwise. */
async function priced(model: Partial<Create>): Promise<Stripe.Price> {
  const { id: product } = await stripe.products.create({ name: "Seat" });
  const given = {
    product,
    currency: "eur",
    recurring: { interval: "month" as const },
    tax_behavior: "inclusive" as const,
  };
  return stripe.prices.create({ ...given, ...model });
}
const inTiers = (tiers_mode: "graduated" | "volume", tiers = TIERS, more: Partial<Create> = {}) =>
  priced({ billing_scheme: "tiered", tiers_mode, tiers, ...more });

/** What so many cost: on a page, and on an invoice. */
async function costs(price: Stripe.Price, quantity: number): Promise<number> {
  const { id: customer } = await stripe.customers.create();
  const items = [{ price: price.id, quantity }];
  const { subtotal } = await stripe.invoices.createPreview({ customer, subscription_details: { items } });
  const session = await createCheckout(stripe, price, { line_items: items });
  expect(session.amount_subtotal).toBe(subtotal);
  return subtotal;
}

// https://docs.stripe.com/products-prices/pricing-models#tiered-pricing
describe("tiers", () => {
  test("volume: all of it costs what the tier that it ends in does; graduated: each part what its own does", async () => {
    const [volume, graduated] = [await inTiers("volume"), await inTiers("graduated")];
    const sums = async (price: Stripe.Price) => Promise.all([1, 5, 6, 10, 11, 12].map((each) => costs(price, each)));
    expect(await sums(volume)).toEqual([700, 3500, 3900, 6500, 6700, 7300]);
    expect(await sums(graduated)).toEqual([700, 3500, 4150, 6750, 7450, 8050]);
  });

  test("are shown where they are expanded, and the price has no amount of its own", async () => {
    const { id } = await inTiers("graduated");
    const plain = await stripe.prices.retrieve(id);
    expect(plain).toMatchObject({ billing_scheme: "tiered", tiers_mode: "graduated", unit_amount: null });
    expect(plain).not.toHaveProperty("tiers");
    const { tiers } = await stripe.prices.retrieve(id, { expand: ["tiers"] });
    expect(tiers).toMatchObject([
      { up_to: 5, unit_amount: 700, flat_amount: null },
      { up_to: 10, unit_amount: 650 },
      { up_to: null, unit_amount: 600, flat_amount: 100 },
    ]);
    expect((await stripe.plans.retrieve(id, { expand: ["tiers"] })).tiers).toEqual(tiers);
    expect(await stripe.plans.retrieve(id)).toMatchObject({ amount: null, tiers_mode: "graduated" });
  });

  test("an invoice has a line for each that is reached; a change of plan takes all of them back", async () => {
    const { customer, subscribe, advance } = await onClock(bench, START);
    const [graduated, flat] = [await inTiers("graduated"), await createPlan(stripe, { unit_amount: 100_000 })];
    const { id, items, latest_invoice } = await subscribe({ items: [{ price: graduated.id, quantity: 12 }] });
    const first = await stripe.invoices.retrieve(String(latest_invoice));
    expect(first.lines.data.map(({ description, amount, quantity }) => [description, amount, quantity])).toEqual([
      ["5 × Seat (Tier 1 at €7.00 / month)", 3500, 5],
      ["5 × Seat (Tier 2 at €6.50 / month)", 3250, 5],
      ["2 × Seat (Tier 3 at €6.00 / month)", 1300, 2],
    ]);
    await advance(HALF);
    await stripe.subscriptions.update(id, { items: [{ id: items.data[0]?.id ?? "", price: flat.id, quantity: 1 }] });
    const waiting = (await stripe.invoiceItems.list({ customer, pending: true })).data;
    expect(waiting.map(({ amount }) => amount).sort((a, b) => a - b)).toEqual([-4025, 50_000]);
    const credited = waiting.find(({ amount }) => amount < 0)?.proration_details?.credited_items;
    expect(credited?.invoice_line_item_details?.invoice_line_items).toHaveLength(3);
  });

  test("of use: what is included costs nothing, and the first tier's flat amount is due for none, too", async () => {
    const { id: meter } = await stripe.billing.meters.create({
      display_name: "Calls",
      event_name: "tiered_calls",
      default_aggregation: { formula: "sum" },
    });
    const tiers: Stripe.PriceCreateParams.Tier[] = [
      { up_to: 100, unit_amount: 0, flat_amount: 1000 },
      { up_to: "inf", unit_amount: 2 },
    ];
    const recurring = { interval: "month", usage_type: "metered", meter } as const;
    const calls = await inTiers("graduated", tiers, { recurring });
    const { customer, subscribe, advance } = await onClock(bench, START);
    const { id, latest_invoice } = await subscribe({ items: [{ price: calls.id }] });
    expect((await stripe.invoices.retrieve(String(latest_invoice))).total).toBe(0);
    expect((await stripe.invoices.createPreview({ subscription: id })).total).toBe(1000);
    await advance(HALF);
    await stripe.billing.meterEvents.create({
      event_name: "tiered_calls",
      payload: { stripe_customer_id: customer, value: "150" },
    });
    await advance(END + 2 * 3600);
    const [second] = (await stripe.invoices.list({ customer })).data;
    expect(second).toMatchObject({ status: "paid", total: 1100 });
  });
});

// https://docs.stripe.com/products-prices/pricing-models#package-pricing
test("packages are begun or filled", async () => {
  const packed = (round: "up" | "down") => priced({ unit_amount: 500, transform_quantity: { divide_by: 1000, round } });
  const [begun, filled] = [await packed("up"), await packed("down")];
  expect(begun.transform_quantity).toEqual({ divide_by: 1000, round: "up" });
  expect(await Promise.all([1, 1000, 1001].map((each) => costs(begun, each)))).toEqual([500, 500, 1000]);
  expect(await Promise.all([1999, 2000].map((each) => costs(filled, each)))).toEqual([500, 1000]);
});

// https://docs.stripe.com/api/prices/create#create_price-unit_amount_decimal
test("fractions of a cent are added up exactly, and rounded once, half up", async () => {
  const price = await priced({ unit_amount_decimal: "0.05" as unknown as Stripe.Decimal });
  expect(price).toMatchObject({ unit_amount: null });
  expect(String(price.unit_amount_decimal)).toBe("0.05");
  expect(await Promise.all([1029, 1030, 999_999].map((each) => costs(price, each)))).toEqual([51, 52, 50_000]);
  const exact = await priced({ unit_amount_decimal: "1.000000000001" as unknown as Stripe.Decimal });
  expect(await costs(exact, 999_999)).toBe(999_999);
  // As floating-point numbers, 100.49999999999999.
  const half = await priced({ unit_amount_decimal: "1.005" as unknown as Stripe.Decimal });
  expect(await costs(half, 100)).toBe(101);
  const whole = await priced({ unit_amount_decimal: "700.00" as unknown as Stripe.Decimal });
  expect(whole.unit_amount).toBe(700);
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  await stripe.subscriptions.create({ customer, items: [{ price: price.id, quantity: 1030 }] });
  const [invoice] = (await stripe.invoices.list({ customer })).data;
  expect(String(invoice?.lines.data[0]?.pricing?.unit_amount_decimal)).toBe("0.05");
});

test("a page and the portal say what such prices begin at", async () => {
  const prices = [
    await inTiers("volume"),
    await priced({ unit_amount: 500, transform_quantity: { divide_by: 10, round: "up" } }),
  ];
  const table = `${bench.origin}/c/pricing-table?${prices.map(({ id }) => `price=${id}`).join("&")}`;
  const page = await (await fetch(table)).text();
  expect(page).toContain("From €7.00 per month");
  expect(page).toContain("€5.00 per 10 per month");
});

// https://docs.stripe.com/api/prices/create
test.each<[wrong: Partial<Create>, param: string]>([
  [{ billing_scheme: "tiered", tiers_mode: "volume" }, "tiers"],
  [{ billing_scheme: "tiered", tiers: TIERS }, "tiers_mode"],
  [{ billing_scheme: "tiered", tiers: TIERS, tiers_mode: "volume", unit_amount: 1 }, "unit_amount"],
  [{ tiers: TIERS, unit_amount: 1 }, "tiers"],
  [{ billing_scheme: "tiered", tiers_mode: "volume", tiers: TIERS.slice(0, 2) }, "tiers[1][up_to]"],
  [{ billing_scheme: "tiered", tiers_mode: "volume", tiers: TIERS.toReversed() }, "tiers[0][up_to]"],
  [{ billing_scheme: "tiered", tiers_mode: "volume", tiers: [{ up_to: "inf" }] }, "tiers[0][unit_amount]"],
  [{ unit_amount: 1, unit_amount_decimal: "1" as unknown as Stripe.Decimal }, "unit_amount"],
  [{ unit_amount_decimal: "0.0000000000001" as unknown as Stripe.Decimal }, "unit_amount_decimal"],
  [{ unit_amount: 1, transform_quantity: { divide_by: 0, round: "up" } }, "transform_quantity[divide_by]"],
])("a price that cannot be is refused: %o", async (wrong, param) => {
  await expect(priced(wrong)).rejects.toMatchObject({ statusCode: 400, param });
});
