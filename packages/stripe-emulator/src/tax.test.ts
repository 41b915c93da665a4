import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench } from "./testing/bench.ts";
import { controlsOf } from "./testing/controls.ts";
import { moveClock } from "./testing/moving-clocks.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const taxed = { automatic_tax: { enabled: true } };
const GERMANY = { country: "DE", postal_code: "10115" };
const inDollars = (overrides: Partial<Stripe.PriceCreateParams> = {}) =>
  createPlan(stripe, { currency: "usd", unit_amount: 1000, ...overrides });

const germanPayer = (overrides: Stripe.CustomerCreateParams = {}) =>
  stripe.customers.create({
    email: "ada@example.com",
    address: GERMANY,
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
    ...overrides,
  });

test("the page asks for an address, shows the tax, and charges no total that was not shown", async () => {
  const session = await createCheckout(stripe, await inDollars(), { ...taxed, customer_email: "ada@example.com" });
  expect(session).toMatchObject({ amount_total: 1000, automatic_tax: { status: "requires_location_inputs" } });
  const shown = await (await fetch(session.url ?? "")).text();
  expect(shown).toContain('name="country"');
  expect(shown).toContain("Enter your address to calculate");
  const missing = await bench.submit(session.url, { ...CARD, country: "US", state: "CA" });
  expect(missing.status).toBe(400);
  expect(await missing.text()).toMatch(/id="postal_code"[^>]*aria-invalid/);

  const surprised = await bench.submit(session.url, { ...CARD, ...GERMANY, expected_amount: "1000" });
  expect(await surprised.text()).toMatch(/The total has changed[\s\S]*name="expected_amount" value="1190"/);
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ status: "open", amount_total: 1190 });
  expect((await bench.submit(session.url, { ...CARD, ...GERMANY, expected_amount: "1190" })).status).toBe(303);

  expect(
    await stripe.checkout.sessions.retrieve(session.id, { expand: ["customer", "invoice", "line_items"] }),
  ).toMatchObject({
    amount_subtotal: 1000,
    amount_total: 1190,
    automatic_tax: { status: "complete" },
    total_details: { amount_tax: 190 },
    customer_details: { address: GERMANY },
    customer: { address: GERMANY },
    line_items: { data: [{ amount_tax: 190, amount_total: 1190 }] },
    invoice: {
      amount_paid: 1190,
      subtotal: 1000,
      total_excluding_tax: 1000,
      total: 1190,
      automatic_tax: { enabled: true, status: "complete" },
      total_taxes: [
        { amount: 190, tax_behavior: "exclusive", taxable_amount: 1000, taxability_reason: "standard_rated" },
      ],
      lines: { data: [{ taxes: [{ amount: 190 }] }] },
    },
  });
});

test("tax is part of a price in euros, on top of one in dollars, or as the price says", async () => {
  const customer = await germanPayer();
  const totals = async (price: Stripe.Price) => {
    const { latest_invoice } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      ...taxed,
      expand: ["latest_invoice"],
    });
    const { total, total_excluding_tax, subtotal_excluding_tax } = latest_invoice as Stripe.Invoice;
    return [total, total_excluding_tax, subtotal_excluding_tax];
  };
  expect(await totals(await inDollars())).toEqual([1190, 1000, 1000]);
  expect(await totals(await inDollars({ tax_behavior: "inclusive" }))).toEqual([1000, 840, 840]);
  const euros = (await germanPayer()).id;
  const included = await stripe.invoices.createPreview({
    customer: euros,
    ...taxed,
    subscription_details: { items: [{ price: (await createPlan(stripe, { unit_amount: 1190 })).id }] },
  });
  expect(included).toMatchObject({ total: 1190, total_taxes: [{ amount: 190, tax_behavior: "inclusive" }] });
});

test("the tax is taken from what a discount leaves", async () => {
  const coupon = await stripe.coupons.create({ percent_off: 50 });
  const session = await createCheckout(stripe, await inDollars({ recurring: undefined }), {
    ...taxed,
    discounts: [{ coupon: coupon.id }],
    customer_email: "ada@example.com",
  });
  await bench.submit(session.url, { ...CARD, country: "US", state: "CA", postal_code: "94103" });
  expect(await stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent"] })).toMatchObject({
    amount_total: 536,
    total_details: { amount_discount: 500, amount_tax: 36 },
    payment_intent: { amount_received: 536 },
  });
});

test("renewals go on being taxed, at the customer's new place too", async () => {
  const start = Date.UTC(2027, 0, 10) / 1000;
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: start });
  const customer = await germanPayer({ test_clock: clock.id });
  const price = await inDollars();
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], ...taxed });
  await stripe.customers.update(customer.id, { address: { country: "FR" } });
  await moveClock(stripe, clock.id, start + 32 * 86_400);
  const { data } = await stripe.invoices.list({ subscription: id });
  expect(data.map(({ status, total }) => [status, total])).toEqual([
    ["paid", 1200],
    ["paid", 1190],
  ]);
});

test.each([
  ["exempt", "customer_exempt"],
  ["reverse", "reverse_charge"],
] as const)("a customer who is %s pays no tax, and the invoice says why", async (tax_exempt, taxability_reason) => {
  const customer = await germanPayer({ tax_exempt });
  const price = await inDollars();
  const { latest_invoice } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    ...taxed,
    expand: ["latest_invoice"],
  });
  expect(latest_invoice).toMatchObject({ total: 1000, total_taxes: [{ amount: 0, taxability_reason }] });
});

test("automatic tax for a customer who is nowhere is refused", async () => {
  const customer = await germanPayer({ address: "" });
  const price = await inDollars();
  const items = [{ price: price.id }];
  const code = "customer_tax_location_invalid";
  await expect(stripe.subscriptions.create({ customer: customer.id, items, ...taxed })).rejects.toMatchObject({ code });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  await expect(stripe.subscriptions.update(id, taxed)).rejects.toMatchObject({ code });
});

test("an existing customer keeps their address, unless the session may write it", async () => {
  const price = await inDollars();
  const fixed = await createCheckout(stripe, price, { ...taxed, customer: (await germanPayer()).id });
  expect(fixed).toMatchObject({ amount_total: 1190, automatic_tax: { status: "complete" } });
  expect(await (await fetch(fixed.url ?? "")).text()).not.toContain('name="country"');
  const { id: customer } = await germanPayer();
  const session = await createCheckout(stripe, price, { ...taxed, customer, customer_update: { address: "auto" } });
  expect(await (await fetch(session.url ?? "")).text()).toContain('<option value="DE" selected>');
  await bench.submit(session.url, { ...CARD, country: "FR" });
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ address: { country: "FR" } });
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ amount_total: 1200 });
});

test("the account's tax settings say whether they are complete, and what is missing", async () => {
  expect(await stripe.tax.settings.retrieve()).toMatchObject({ status: "active" });
  await controlsOf(bench).setDashboard({ tax: false });
  expect(await stripe.tax.settings.retrieve()).toMatchObject({
    status: "pending",
    status_details: { pending: { missing_fields: ["head_office"] } },
  });
  await controlsOf(bench).setDashboard({ tax: true });
});
