import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Bench,
  CARD,
  createCheckout,
  createPlan,
  DECLINED_CARD,
  openBench,
  typesSince,
  until,
} from "./testing/bench.ts";
import { controlsOf } from "./testing/controls.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const SECURE = { ...CARD, card_number: "4000002500003155" };
const urls = { success_url: "http://localhost/done", cancel_url: "http://localhost/" };
const openSetup = (overrides: Partial<Stripe.Checkout.SessionCreateParams> = {}) =>
  stripe.checkout.sessions.create({ mode: "setup", currency: "usd", ...urls, ...overrides });
const onceOnly = (unit_amount = 500) => createPlan(stripe, { recurring: undefined, unit_amount });
const pageOf = async (session: Stripe.Checkout.Session) => (await fetch(session.url ?? "")).text();

test("a checkout in setup mode saves the card for its customer and charges nothing", async () => {
  const { id: customer } = await stripe.customers.create({ email: "setup@example.com" });
  const from = bench.emulator.events().length;
  const session = await openSetup({ customer, setup_intent_data: { metadata: { why: "later" }, description: "Card" } });
  expect(session).toMatchObject({
    amount_total: null,
    payment_status: "no_payment_required",
    setup_intent: expect.stringMatching(/^seti_/),
  });
  expect(await pageOf(session)).toContain("Save payment details");
  expect((await bench.submit(session.url, CARD)).status).toBe(303);
  expect(typesSince(bench, from)).toEqual([
    "setup_intent.created",
    "payment_method.attached",
    "setup_intent.succeeded",
    "checkout.session.completed",
  ]);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["setup_intent.payment_method"] });
  expect(done).toMatchObject({
    status: "complete",
    payment_status: "no_payment_required",
    setup_intent: { status: "succeeded", metadata: { why: "later" }, payment_method: { customer } },
  });
});

test("a setup is declined, challenged, failed and passed on the same setup intent; only then is there a customer", async () => {
  const session = await openSetup({ customer_creation: "always" });
  const from = bench.emulator.events().length;
  const email = "setup2@example.com";
  expect((await bench.submit(session.url, { ...DECLINED_CARD, email })).status).toBe(402);
  expect(await (await bench.submit(session.url, { ...SECURE, email })).text()).toContain("3D Secure");
  expect((await bench.submit(session.url, { ...SECURE, email, challenge: "fail" })).status).toBe(402);
  await bench.submit(session.url, { ...SECURE, email });
  expect((await bench.submit(session.url, { ...SECURE, email, challenge: "complete" })).status).toBe(303);
  expect(typesSince(bench, from)).toEqual([
    "setup_intent.setup_failed",
    "setup_intent.requires_action",
    "setup_intent.setup_failed",
    "setup_intent.requires_action",
    "customer.created",
    "payment_method.attached",
    "setup_intent.succeeded",
    "checkout.session.completed",
  ]);
});

test("setup mode wants a currency or the payment methods, and takes no line items", async () => {
  await expect(openSetup({ currency: undefined })).rejects.toMatchObject({ param: "currency" });
  const price = (await onceOnly()).id;
  await expect(openSetup({ line_items: [{ price, quantity: 1 }] })).rejects.toMatchObject({ param: "line_items" });
  const debit = await openSetup({ currency: undefined, allowed_payment_method_types: ["sepa_debit"] });
  expect(await pageOf(debit)).not.toContain("card_number");
  await stripe.checkout.sessions.expire(debit.id);
  expect(bench.emulator.events().at(-1)?.type).toBe("setup_intent.canceled");
});

test("the buyer changes the quantity within its bounds, and pays what the page then says", async () => {
  const price = await createPlan(stripe);
  const session = await createCheckout(stripe, price, {
    line_items: [{ price: price.id, quantity: 2, adjustable_quantity: { enabled: true, minimum: 2, maximum: 5 } }],
  });
  const [item] = (await stripe.checkout.sessions.listLineItems(session.id)).data;
  const id = item?.id ?? "";
  expect(item?.adjustable_quantity).toEqual({ enabled: true, minimum: 2, maximum: 5 });
  expect(await pageOf(session)).toContain(`name="${id}"`);
  for (const wrong of ["1", "6", "two", ""]) {
    const refused = await bench.submit(session.url, { action: "update_quantities", [id]: wrong });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("Choose a quantity of Pro from 2 to 5.");
  }
  expect((await bench.submit(session.url, { action: "update_quantities", [id]: "3" })).status).toBe(303);
  expect(await pageOf(session)).toContain("€45.00");
  await bench.submit(session.url, { ...CARD, email: "three@example.com" });
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription", "invoice"] });
  expect(done).toMatchObject({
    amount_total: 4500,
    subscription: { items: { data: [{ quantity: 3 }] } },
    invoice: { amount_paid: 4500 },
  });
});

test("an item may be taken out, but not the last recurring one; fixed items stay as they are", async () => {
  const [price, extra] = [await createPlan(stripe), await onceOnly()];
  const adjustable = { adjustable_quantity: { enabled: true }, quantity: 1 };
  const session = await createCheckout(stripe, price, {
    line_items: [
      { price: price.id, ...adjustable },
      { price: extra.id, ...adjustable },
    ],
  });
  const { data } = await stripe.checkout.sessions.listLineItems(session.id);
  const fieldOf = (of: Stripe.Price) => data.find((item) => item.price?.id === of.id)?.id ?? "";
  const update = (of: Stripe.Price, quantity: string) =>
    bench.submit(session.url, { action: "update_quantities", [fieldOf(of)]: quantity });
  expect((await update(price, "0")).status).toBe(400);
  expect((await update(extra, "0")).status).toBe(303);
  expect((await stripe.checkout.sessions.retrieve(session.id)).amount_total).toBe(1500);
});

test("one-time prices beside a subscription are on its first invoice only, also while a trial runs", async () => {
  const [price, setup] = [await createPlan(stripe), await onceOnly(900)];
  const line_items = [price, setup].map(({ id }) => ({ price: id, quantity: 1 }));
  const session = await createCheckout(stripe, price, { line_items, subscription_data: { trial_period_days: 7 } });
  expect(session).toMatchObject({ amount_total: 900, payment_status: "unpaid" });
  expect(await pageOf(session)).toContain("7 days free, then €15.00 per month");
  const from = bench.emulator.events().length;
  await bench.submit(session.url, { ...CARD, email: "both@example.com" });
  expect(typesSince(bench, from)).toContain("invoiceitem.created");
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription", "invoice"] });
  expect(done).toMatchObject({
    payment_status: "paid",
    subscription: { status: "trialing", items: { data: [{ price: { id: price.id } }] } },
    invoice: {
      amount_paid: 900,
      lines: {
        data: [
          { amount: 0, parent: { type: "subscription_item_details" } },
          { parent: { type: "invoice_item_details" } },
        ],
      },
    },
  });
  await expect(createCheckout(stripe, setup, { mode: "subscription" })).rejects.toThrow("at least one recurring price");
});

test("invoice_creation gives a one-time payment a customer and a paid invoice", async () => {
  const session = await createCheckout(stripe, await onceOnly(), {
    invoice_creation: { enabled: true, invoice_data: { metadata: { order: "7" }, description: "Order 7" } },
  });
  const from = bench.emulator.events().length;
  await bench.submit(session.url, { ...CARD, email: "invoice@example.com" });
  expect(typesSince(bench, from)).toEqual([
    "customer.created",
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "invoiceitem.created",
    "invoice.created",
    "invoice.finalized",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
    "checkout.session.completed",
  ]);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["invoice.payments"] });
  expect(done.invoice).toMatchObject({
    billing_reason: "manual",
    status: "paid",
    amount_paid: 500,
    metadata: { order: "7" },
    description: "Order 7",
    customer_email: "invoice@example.com",
    payments: { data: [{ status: "paid", payment: { payment_intent: done.payment_intent } }] },
  });
});

// https://docs.stripe.com/billing/customer/balance#customer-credit-balance-details
test.each([-120, 120])(
  "a purchase's invoice is for what was paid, and leaves a balance of %s alone",
  async (amount) => {
    const { id: customer } = await stripe.customers.create({ email: "balance@example.com" });
    const price = await onceOnly();
    await stripe.customers.createBalanceTransaction(customer, { amount, currency: price.currency });
    const session = await createCheckout(stripe, price, { customer, invoice_creation: { enabled: true } });
    await bench.submit(session.url, CARD);
    const { invoice } = await stripe.checkout.sessions.retrieve(session.id, { expand: ["invoice"] });
    const paid = { status: "paid", amount_due: 500, amount_paid: 500, amount_remaining: 0 };
    expect(invoice).toMatchObject({ ...paid, starting_balance: amount, ending_balance: amount });
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: amount });
  },
);

test("an invoice for a bank debit is open until the debit has settled", async () => {
  const session = await createCheckout(stripe, await onceOnly(), { invoice_creation: { enabled: true } });
  const debit = { payment_method: "sepa_debit", iban: "DE89370400440532013000", email: "debit@example.com" };
  await controlsOf(bench).holdDebits(true);
  await bench.submit(session.url, debit);
  const invoice = String((await stripe.checkout.sessions.retrieve(session.id)).invoice);
  expect((await stripe.invoices.retrieve(invoice)).status).toBe("open");
  await controlsOf(bench).holdDebits(false);
  const settled = () => bench.emulator.events().at(-1)?.type === "checkout.session.async_payment_succeeded";
  await until(settled);
  expect((await stripe.invoices.retrieve(invoice)).status).toBe("paid");
});
