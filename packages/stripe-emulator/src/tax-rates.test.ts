import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench, typesSince } from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
let customer: string;
const rates: Record<"vat" | "city" | "state", string> = { vat: "", city: "", state: "" };
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
  customer = (await payer()).id;
  const rate = async (display_name: string, percentage: number, inclusive: boolean) =>
    (await stripe.taxRates.create({ display_name, percentage, inclusive })).id;
  rates.vat = await rate("VAT", 20, true);
  rates.city = await rate("City", 2.375, false);
  rates.state = await rate("State", 6.25, false);
});
afterAll(() => bench.close());

const payer = (more: Stripe.CustomerCreateParams = {}) =>
  stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
    ...more,
  });
const plan = (unit_amount = 1000) => createPlan(stripe, { currency: "usd", unit_amount });
const invoiceOf = ({ latest_invoice }: Stripe.Subscription) => latest_invoice as Stripe.Invoice;
const taxesOf = (invoice: Stripe.Invoice) =>
  (invoice.total_taxes ?? []).map((tax) => [
    tax.tax_rate_details?.tax_rate,
    tax.amount,
    tax.taxable_amount,
    tax.tax_behavior,
  ]);

describe("a tax rate (https://docs.stripe.com/api/tax_rates)", () => {
  test("is created, listed, updated and told of; its percentage stays", async () => {
    const since = bench.emulator.events().length;
    const made = await stripe.taxRates.create({
      display_name: "MwSt",
      percentage: 19,
      inclusive: true,
      country: "DE",
      tax_type: "vat",
      jurisdiction: "DE",
      metadata: { kind: "full" },
    });
    expect(made).toMatchObject({
      active: true,
      percentage: 19,
      inclusive: true,
      rate_type: "percentage",
      country: "DE",
    });
    const changed = await stripe.taxRates.update(made.id, { active: false, metadata: { kind: "" } });
    expect(changed).toEqual({ ...made, active: false, metadata: {} });
    expect(await stripe.taxRates.retrieve(made.id)).toEqual(changed);
    expect((await stripe.taxRates.list({ active: false, inclusive: true })).data.map(({ id }) => id)).toEqual([
      made.id,
    ]);
    expect((await stripe.taxRates.list({ inclusive: false })).data.map(({ id }) => id)).toEqual([
      rates.state,
      rates.city,
    ]);
    expect(typesSince(bench, since)).toEqual(["tax_rate.created", "tax_rate.updated"]);
    await expect(stripe.taxRates.update(made.id, { percentage: 7 } as object)).rejects.toThrow(/unknown parameter/);
  });

  test.each([
    [{ percentage: 101 }, /from 0 to 100/],
    [{ percentage: 1.23456 }, /four decimals/],
    [{ display_name: undefined }, /Missing required param: display_name/],
  ])("that cannot be is refused: %o", async (wrong, message) => {
    const params = { display_name: "Wrong", percentage: 10, inclusive: false, ...wrong };
    await expect(stripe.taxRates.create(params as Stripe.TaxRateCreateParams)).rejects.toThrow(message);
  });

  test("that is none, is archived, or stands beside automatic tax is refused; one that is there goes on", async () => {
    const price = (await plan()).id;
    const old = await stripe.taxRates.create({ display_name: "Old", percentage: 10, inclusive: false });
    const subscription = await stripe.subscriptions.create({
      customer,
      items: [{ price }],
      default_tax_rates: [old.id],
    });
    await stripe.taxRates.update(old.id, { active: false });
    const sell = (more: Partial<Stripe.SubscriptionCreateParams>) =>
      stripe.subscriptions.create({ customer, items: [{ price }], ...more });
    await expect(sell({ default_tax_rates: ["txr_none"] })).rejects.toThrow("No such tax rate: 'txr_none'");
    await expect(sell({ default_tax_rates: [old.id] })).rejects.toThrow(/inactive/);
    await expect(sell({ items: [{ price, tax_rates: Array(11).fill(rates.city) }] })).rejects.toThrow(/maximum 10/);
    const automatic = { automatic_tax: { enabled: true } };
    await expect(sell({ ...automatic, default_tax_rates: [rates.vat] })).rejects.toThrow(/automatic tax/);
    await expect(stripe.subscriptions.update(subscription.id, automatic)).rejects.toThrow(/location|automatic tax/);
    expect(
      await stripe.subscriptions.update(subscription.id, { default_tax_rates: [old.id], description: "goes on" }),
    ).toMatchObject({ default_tax_rates: [{ id: old.id }] });
    expect(await stripe.subscriptions.update(subscription.id, { default_tax_rates: "" })).toMatchObject({
      default_tax_rates: [],
    });
  });
});

test("a subscription's rates are on each invoice, an item's own instead of them (https://docs.stripe.com/billing/taxes/tax-rates)", async () => {
  const [seat, book] = [await plan(1333), await plan(1200)];
  const asked = {
    items: [{ price: seat.id }, { price: book.id, tax_rates: [rates.vat] }],
    default_tax_rates: [rates.city, rates.state],
  };
  const preview = await stripe.invoices.createPreview({ customer, subscription_details: asked });
  const subscription = await stripe.subscriptions.create({ customer, ...asked, expand: ["latest_invoice"] });
  const invoice = invoiceOf(subscription);
  // 13.33 at 2.375 % is 31.66 cents, at 6.25 % 83.31; 2.00 are in 12.00.
  expect(taxesOf(invoice)).toEqual([
    [rates.city, 32, 1333, "exclusive"],
    [rates.state, 83, 1333, "exclusive"],
    [rates.vat, 200, 1000, "inclusive"],
  ]);
  expect(invoice).toMatchObject({
    amount_paid: 2648,
    subtotal: 2533,
    subtotal_excluding_tax: 2333,
    total_excluding_tax: 2333,
    total: 2648,
    default_tax_rates: [{ id: rates.city }, { id: rates.state }],
  });
  expect([preview.total, taxesOf(preview)]).toEqual([invoice.total, taxesOf(invoice)]);
  expect(subscription).toMatchObject({
    default_tax_rates: [{ percentage: 2.375 }, { percentage: 6.25 }],
    items: { data: [{ tax_rates: [] }, { tax_rates: [{ id: rates.vat, inclusive: true }] }] },
  });
  const next = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect([next.total, taxesOf(next)]).toEqual([invoice.total, taxesOf(invoice)]);
});

test("a change of plan is prorated with the item's rates: what the preview says is charged, and a credit takes its tax back", async () => {
  const [small, large] = [await plan(1000), await plan(3000)];
  const { id, items } = await stripe.subscriptions.create({
    customer,
    items: [{ price: small.id, tax_rates: [rates.state] }],
  });
  const change = {
    items: [{ id: items.data[0]?.id ?? "", price: large.id }],
    proration_behavior: "always_invoice" as const,
  };
  const proration_date = Math.floor(Date.now() / 1000);
  const preview = await stripe.invoices.createPreview({
    subscription: id,
    subscription_details: { ...change, proration_date },
  });
  const changed = await stripe.subscriptions.update(id, { ...change, proration_date, expand: ["latest_invoice"] });
  const invoice = invoiceOf(changed);
  expect(invoice.lines.data.map(({ amount, taxes }) => [amount, taxes?.[0]?.amount])).toEqual(
    expect.arrayContaining([
      [-1000, -63],
      [3000, 188],
    ]),
  );
  expect([invoice.total, preview.total]).toEqual([2125, 2125]);
  expect(changed.items.data[0]?.tax_rates).toMatchObject([{ id: rates.state }]);
  const without = await stripe.subscriptionItems.update(items.data[0]?.id ?? "", { tax_rates: "" });
  expect(without.tax_rates).toEqual([]);
});

test("a draft's rates can be changed, an invoice item keeps its own (https://docs.stripe.com/invoicing/taxes/tax-rates)", async () => {
  const draft = await stripe.invoices.create({ customer, currency: "usd", default_tax_rates: [rates.state] });
  await stripe.invoiceItems.create({ customer, invoice: draft.id, amount: 1000, currency: "usd" });
  const own = { customer, invoice: draft.id, amount: 600, currency: "usd", tax_rates: [rates.vat] };
  expect((await stripe.invoiceItems.create(own)).tax_rates).toMatchObject([{ id: rates.vat }]);
  const total = async () => {
    const { total: sum, ...invoice } = await stripe.invoices.retrieve(draft.id ?? "");
    return [sum, taxesOf({ total: sum, ...invoice } as Stripe.Invoice).map(([id, amount]) => [id, amount])];
  };
  expect(await total()).toEqual([
    1663,
    [
      [rates.state, 63],
      [rates.vat, 100],
    ],
  ]);
  await stripe.invoices.update(draft.id ?? "", { default_tax_rates: [rates.city] });
  expect(await total()).toEqual([
    1624,
    [
      [rates.city, 24],
      [rates.vat, 100],
    ],
  ]);
  await stripe.invoices.update(draft.id ?? "", { default_tax_rates: "" });
  expect(await total()).toEqual([1600, [[rates.vat, 100]]]);
  expect(await stripe.invoices.finalizeInvoice(draft.id ?? "")).toMatchObject({ total: 1600, amount_due: 1600 });
});

test("whoever is exempt, or owes the tax themselves, pays none by rates either (https://docs.stripe.com/api/customers/object#customer_object-tax_exempt)", async () => {
  for (const [tax_exempt, taxability_reason] of [
    ["exempt", "customer_exempt"],
    ["reverse", "reverse_charge"],
  ] as const) {
    const free = (await payer({ tax_exempt })).id;
    const invoice = await stripe.subscriptions.create({
      customer: free,
      items: [{ price: (await plan()).id }],
      default_tax_rates: [rates.state],
      expand: ["latest_invoice"],
    });
    expect(invoiceOf(invoice)).toMatchObject({
      total: 1000,
      total_taxes: [{ amount: 0, taxable_amount: 0, taxability_reason }],
    });
  }
});

describe("Checkout (https://docs.stripe.com/payments/checkout/use-manual-tax-rates)", () => {
  test("charges what the page showed, and the subscription keeps the rates", async () => {
    const session = await stripe.checkout.sessions.create({
      mode: "subscription",
      customer,
      success_url: "http://localhost/thanks",
      line_items: [
        { price: (await plan()).id, quantity: 2 },
        { price: (await plan(600)).id, quantity: 1, tax_rates: [rates.vat] },
      ],
      subscription_data: { default_tax_rates: [rates.state] },
    });
    expect(session).toMatchObject({ amount_subtotal: 2600, amount_total: 2725, total_details: { amount_tax: 225 } });
    expect((await bench.submit(session.url, { ...CARD, email: "ada@example.com" })).status).toBe(303);
    const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ["invoice", "subscription"] });
    const invoice = paid.invoice as Stripe.Invoice;
    expect([invoice.amount_paid, taxesOf(invoice)]).toEqual([
      2725,
      [
        [rates.state, 125, 2000, "exclusive"],
        [rates.vat, 100, 500, "inclusive"],
      ],
    ]);
    expect(paid.subscription).toMatchObject({
      default_tax_rates: [{ id: rates.state }],
      items: { data: [{ tax_rates: [] }, { tax_rates: [{ id: rates.vat }] }] },
    });
  });

  test("taxes what is bought once, with its invoice", async () => {
    const price = await plan();
    const session = await stripe.checkout.sessions.create({
      mode: "payment",
      customer,
      success_url: "http://localhost/thanks",
      invoice_creation: { enabled: true },
      line_items: [
        {
          price_data: { currency: "usd", unit_amount: 1000, product: String(price.product) },
          quantity: 1,
          tax_rates: [rates.city, rates.state],
        },
      ],
    });
    expect(session.amount_total).toBe(1087);
    expect((await bench.submit(session.url, { ...CARD, email: "ada@example.com" })).status).toBe(303);
    const { invoice } = await stripe.checkout.sessions.retrieve(session.id, { expand: ["invoice"] });
    expect(invoice).toMatchObject({ amount_paid: 1087, total_taxes: [{ amount: 24 }, { amount: 63 }] });
  });

  test("refuses rates beside automatic tax", async () => {
    await expect(
      createCheckout(stripe, await plan(), {
        automatic_tax: { enabled: true },
        subscription_data: { default_tax_rates: [rates.state] },
      }),
    ).rejects.toThrow(/automatic tax/);
  });
});
