import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bench, createPlan, openBench, typesSince } from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
let customer: Stripe.Customer;
let monthly: Stripe.Price;
let setup: Stripe.Price;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
  customer = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  monthly = await createPlan(stripe, { currency: "usd", unit_amount: 1000 });
  setup = await createPlan(stripe, { currency: "usd", unit_amount: 5000, recurring: undefined });
});
afterAll(() => bench.close());

describe("a quote (https://docs.stripe.com/quotes/overview)", () => {
  test("is drafted, changed, finalised and accepted: its subscription is charged what it said", async () => {
    const since = bench.emulator.events().length;
    const rate = await stripe.taxRates.create({ display_name: "Tax", percentage: 10, inclusive: false });
    const draft = await stripe.quotes.create({ line_items: [{ price: monthly.id }], header: "Offer" });
    expect(draft).toMatchObject({ status: "draft", number: null, amount_total: 1000, customer: null });
    expect(draft.expires_at - draft.created).toBe(30 * 86_400);
    const changed = await stripe.quotes.update(draft.id, {
      customer: customer.id,
      default_tax_rates: [rate.id],
      line_items: [{ price: monthly.id, quantity: 2 }, { price: setup.id }],
      subscription_data: { metadata: { team: "a" } },
    });
    expect(changed).toMatchObject({
      amount_subtotal: 7000,
      amount_total: 7700,
      header: "Offer",
      total_details: { amount_tax: 700 },
      computed: {
        recurring: { amount_subtotal: 2000, amount_total: 2200, interval: "month", interval_count: 1 },
        upfront: { amount_total: 7700 },
      },
    });
    const open = await stripe.quotes.finalizeQuote(draft.id, { expires_at: draft.created + 86_400 });
    expect(open).toMatchObject({
      status: "open",
      number: `QT-${customer.invoice_prefix}-0001-1`,
      expires_at: draft.created + 86_400,
    });
    const { data: items } = await stripe.quotes.listLineItems(draft.id);
    expect(items.map(({ quantity, amount_total: total }) => [quantity, total])).toEqual([
      [2, 2200],
      [1, 5500],
    ]);
    const accepted = await stripe.quotes.accept(draft.id, { expand: ["subscription", "invoice"] });
    expect(accepted).toMatchObject({
      status: "accepted",
      invoice: { status: "paid", amount_paid: 7700 },
      subscription: { status: "active", metadata: { team: "a" }, items: { data: [{ quantity: 2 }] } },
    });
    expect(typesSince(bench, since).filter((type) => type.startsWith("quote."))).toEqual([
      "quote.created",
      "quote.finalized",
      "quote.accepted",
    ]);
    await expect(stripe.quotes.accept(draft.id)).rejects.toThrow("This quote is accepted");
    expect((await stripe.subscriptions.list({ customer: customer.id })).data).toHaveLength(1);
    expect((await stripe.quotes.list({ customer: customer.id, status: "accepted" })).data).toMatchObject([
      { id: draft.id, amount_total: 7700 },
    ]);
  });

  test("of what is bought once leads to the draft of an invoice", async () => {
    const quote = await stripe.quotes.create({
      customer: customer.id,
      collection_method: "send_invoice",
      invoice_settings: { days_until_due: 14 },
      line_items: [{ price_data: { currency: "usd", product: String(setup.product), unit_amount: 700 }, quantity: 3 }],
    });
    expect(quote.computed.recurring).toBeNull();
    await stripe.quotes.finalizeQuote(quote.id);
    const { invoice, subscription } = await stripe.quotes.accept(quote.id, { expand: ["invoice"] });
    expect(subscription).toBeNull();
    expect(invoice).toMatchObject({
      status: "draft",
      auto_advance: false,
      collection_method: "send_invoice",
      total: 2100,
      parent: { type: "quote_details", quote_details: { quote: quote.id } },
    });
  });

  test("of a trial charges nothing for it up front", async () => {
    const quote = await stripe.quotes.create({
      customer: customer.id,
      line_items: [{ price: monthly.id }],
      subscription_data: { trial_period_days: 7 },
    });
    expect(quote.computed).toMatchObject({ upfront: { amount_total: 0 }, recurring: { amount_total: 1000 } });
    await stripe.quotes.finalizeQuote(quote.id);
    const { subscription } = await stripe.quotes.accept(quote.id, { expand: ["subscription"] });
    expect(subscription).toMatchObject({ status: "trialing" });
  });

  test("that is called off, or whose time is over, is accepted by nobody", async () => {
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: Date.UTC(2027, 0, 10) / 1000 });
    const late = await stripe.customers.create({ test_clock: clock.id });
    const quote = await stripe.quotes.create({ customer: late.id, line_items: [{ price: monthly.id }] });
    expect(quote).toMatchObject({ test_clock: clock.id, created: clock.frozen_time });
    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: quote.expires_at });
    await expect.poll(async () => (await stripe.quotes.retrieve(quote.id)).status).toBe("canceled");
    const other = await stripe.quotes.create({ customer: customer.id, line_items: [{ price: monthly.id }] });
    expect((await stripe.quotes.cancel(other.id)).status_transitions.canceled_at).toBeTruthy();
    await expect(stripe.quotes.finalizeQuote(other.id)).rejects.toThrow("This quote is canceled");
  });

  test("that nobody could pay is not accepted: it stays open, and nothing is left behind", async () => {
    const poor = await stripe.customers.create();
    const line_items = [{ price: monthly.id }, { price: setup.id }];
    const quote = await stripe.quotes.create({ customer: poor.id, line_items });
    await stripe.quotes.finalizeQuote(quote.id);
    await expect(stripe.quotes.accept(quote.id)).rejects.toThrow(/no attached payment source/);
    expect((await stripe.quotes.retrieve(quote.id)).status).toBe("open");
    expect((await stripe.invoiceItems.list({ customer: poor.id })).data).toEqual([]);
    await expect(stripe.quotes.update(quote.id, { description: "late" })).rejects.toThrow("This quote is open");
  });

  test("whose first invoice cannot be charged is not accepted: it stays open", async () => {
    const most = 99_999_999;
    const tiered = await createPlan(stripe, {
      currency: "usd",
      unit_amount: undefined,
      billing_scheme: "tiered",
      tiers_mode: "graduated",
      tiers: [{ up_to: "inf", flat_amount: most, unit_amount: most }],
    });
    const fraction = await createPlan(stripe, { currency: "kwd", unit_amount: 12_345 });
    for (const [{ id: price }, code] of [
      [tiered, "amount_too_large"],
      [fraction, "invalid_charge_amount"],
    ] as const) {
      const { id: payer } = await stripe.customers.create({
        payment_method: "pm_card_visa",
        invoice_settings: { default_payment_method: "pm_card_visa" },
      });
      const { id } = await stripe.quotes.create({ customer: payer, line_items: [{ price }] });
      await stripe.quotes.finalizeQuote(id);
      await expect(stripe.quotes.accept(id)).rejects.toMatchObject({ statusCode: 400, code });
      expect(await stripe.quotes.retrieve(id)).toMatchObject({ status: "open", subscription: null });
      expect((await stripe.subscriptions.list({ customer: payer, status: "all" })).data).toEqual([]);
    }
  });

  test("without a customer or anything in it is not finalised, and one of mixed intervals or currencies is none", async () => {
    const yearly = await createPlan(stripe, { currency: "usd", recurring: { interval: "year" } });
    const euros = await createPlan(stripe, { currency: "eur", recurring: undefined });
    const quote = (...prices: Stripe.Price[]) =>
      stripe.quotes.create({ line_items: prices.map(({ id }) => ({ price: id })) });
    await expect(quote(monthly, yearly)).rejects.toThrow(/same interval/);
    await expect(quote(monthly, euros)).rejects.toThrow(/currency/);
    await expect(stripe.quotes.finalizeQuote((await quote(monthly)).id)).rejects.toThrow(/customer is required/);
    const empty = await stripe.quotes.create({ customer: customer.id });
    await expect(stripe.quotes.finalizeQuote(empty.id)).rejects.toThrow(/line item/);
  });
});
