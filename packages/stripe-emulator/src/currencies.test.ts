import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench } from "./testing/bench.ts";
import { HALF, onClock, START } from "./testing/clocked.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

/** $20 a month, €18, or ¥3,000. */
const plan = (usd = 2000, eur = 1800, overrides: Partial<Stripe.PriceCreateParams> = {}) =>
  createPlan(stripe, {
    currency: "usd",
    unit_amount: usd,
    currency_options: { eur: { unit_amount: eur, tax_behavior: "inclusive" }, jpy: { unit_amount: 3000 } },
    ...overrides,
  });
const expand = ["currency_options"];

test("a price shows its other currencies only when asked to, and its own among them", async () => {
  const made = await plan();
  expect(made).not.toHaveProperty("currency_options");
  const event = bench.emulator.events().findLast(({ type }) => type === "price.created");
  expect(event?.data.object).not.toHaveProperty("currency_options");
  const options = {
    eur: { custom_unit_amount: null, tax_behavior: "inclusive", unit_amount: 1800 },
    jpy: { custom_unit_amount: null, tax_behavior: "unspecified", unit_amount: 3000 },
    usd: { custom_unit_amount: null, tax_behavior: "unspecified", unit_amount: 2000 },
  };
  expect((await stripe.prices.retrieve(made.id, { expand })).currency_options).toMatchObject(options);
  const listed = await stripe.prices.list({ product: String(made.product), expand: ["data.currency_options"] });
  expect(listed.data[0]?.currency_options).toMatchObject(options);
  const own = await createPlan(stripe, { currency: "usd" });
  const { currency_options } = await stripe.prices.retrieve(own.id, { expand });
  expect(Object.keys(currency_options ?? {})).toEqual(["usd"]);
});

test("currencies are added to a price and changed one by one, and all are taken away at once", async () => {
  const { id } = await plan();
  const amounts = async (change: Stripe.PriceUpdateParams) => {
    const { currency_options } = await stripe.prices.update(id, { ...change, expand });
    return Object.entries(currency_options ?? {}).map(([currency, { unit_amount }]) => `${currency} ${unit_amount}`);
  };
  expect(await amounts({ currency_options: { gbp: { unit_amount: 1600 }, jpy: { unit_amount: 3100 } } })).toEqual([
    "usd 2000",
    "eur 1800",
    "jpy 3100",
    "gbp 1600",
  ]);
  expect(await amounts({ nickname: "Pro" })).toHaveLength(4);
  expect(await amounts({ currency_options: "" })).toEqual(["usd 2000"]);
});

test.each([
  ["a word that is no currency", { euro: { unit_amount: 1 } }, "currency_options[euro]"],
  ["no amount", { eur: { tax_behavior: "inclusive" } }, "currency_options[eur][unit_amount]"],
  ["an amount below nothing", { eur: { unit_amount: -1 } }, "currency_options[eur][unit_amount]"],
  ["the price's own currency", { usd: { unit_amount: 1 } }, "currency_options[usd]"],
] as const)("a price is not made with %s among its currencies", async (_, currency_options, param) => {
  await expect(plan(2000, 1800, { currency_options })).rejects.toMatchObject({ statusCode: 400, param });
});

test("whether tax is in a currency's amount is settled once", async () => {
  const { id } = await plan();
  const change = (tax_behavior: "exclusive" | "inclusive") =>
    stripe.prices.update(id, { currency_options: { eur: { tax_behavior }, jpy: { tax_behavior } } });
  await expect(change("exclusive")).rejects.toMatchObject({ param: "currency_options[eur][tax_behavior]" });
  await expect(change("inclusive")).resolves.toMatchObject({ id });
});

test("a checkout in one of a price's currencies is paid, invoiced and renewed in it; in any other it is refused", async () => {
  const price = await plan();
  await expect(createCheckout(stripe, price, { currency: "gbp" })).rejects.toThrow("expected currency: `gbp`");
  const session = await createCheckout(stripe, price, { currency: "eur" });
  expect(session).toMatchObject({ currency: "eur", amount_total: 1800 });
  await bench.submit(session.url, { ...CARD, email: "ada@example.com" });
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription", "invoice"] });
  expect(done.subscription).toMatchObject({
    currency: "eur",
    items: { data: [{ price: { currency: "usd", unit_amount: 2000 } }] },
  });
  expect(done.invoice).toMatchObject({ currency: "eur", amount_paid: 1800 });
  const next = await stripe.invoices.createPreview({ subscription: (done.subscription as Stripe.Subscription).id });
  expect(next).toMatchObject({ currency: "eur", total: 1800 });
});

test("a customer has one currency: what has it is sold in it, what lacks it is not sold", async () => {
  const [price, addOn] = [await plan(), await plan(500, 400)];
  const { customer, subscribe } = await onClock(bench, START);
  expect(await subscribe({ items: [{ price: price.id }], currency: "eur" })).toMatchObject({ currency: "eur" });
  expect(await createCheckout(stripe, addOn, { customer })).toMatchObject({ currency: "eur", amount_total: 400 });
  await expect(createCheckout(stripe, addOn, { customer, currency: "usd" })).rejects.toThrow("combine currencies");
  const dollars = await createPlan(stripe, { currency: "usd" });
  await expect(createCheckout(stripe, dollars, { customer })).rejects.toThrow("combine currencies");
});

test("a change of plan is prorated in the subscription's currency; a price that lacks it is refused", async () => {
  const { subscribe, advance } = await onClock(bench, START);
  const { id, items } = await subscribe({ items: [{ price: (await plan()).id }], currency: "eur" });
  await advance(HALF);
  const item = { id: items.data[0]?.id ?? "" };
  const to = (price: Stripe.Price) =>
    stripe.subscriptions.update(id, {
      items: [{ ...item, price: price.id }],
      proration_behavior: "always_invoice",
      expand: ["latest_invoice"],
    });
  await expect(to(await createPlan(stripe, { currency: "usd" }))).rejects.toThrow("expected currency: `eur`");
  // Half of €36, less half of the €18 that were paid.
  expect((await to(await plan(1000, 3600))).latest_invoice).toMatchObject({ currency: "eur", total: 900 });
});

// https://docs.stripe.com/invoicing/multi-currency-customers
test("what a customer has in one currency pays nothing in another: each has a balance of its own", async () => {
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const credit = (amount: number, currency: string) =>
    stripe.customers.createBalanceTransaction(customer, { amount, currency });
  const has = async (of = customer) => {
    const params = { expand: ["invoice_credit_balance"] };
    const { currency, balance, ...shown } = (await stripe.customers.retrieve(of, params)) as Stripe.Customer;
    return [currency, balance, shown.invoice_credit_balance];
  };
  await credit(-2000, "usd");
  expect(await credit(-700, "eur")).toMatchObject({ ending_balance: -700 });
  expect(await has()).toEqual(["usd", -2000, { usd: 2000, eur: 700 }]);
  await stripe.invoiceItems.create({ customer, amount: 1000, currency: "eur" });
  const { id: draft } = await stripe.invoices.create({
    customer,
    currency: "eur",
    pending_invoice_items_behavior: "include",
  });
  const invoice = { starting_balance: -700, amount_due: 300, ending_balance: 0 };
  expect(await stripe.invoices.finalizeInvoice(draft)).toMatchObject(invoice);
  expect(await has()).toEqual(["usd", -2000, { usd: 2000, eur: 0 }]);
  await stripe.invoices.voidInvoice(draft);
  const { id: price } = await createPlan(stripe);
  const preview = await stripe.invoices.createPreview({ customer, subscription_details: { items: [{ price }] } });
  expect(preview).toMatchObject({ starting_balance: -700, amount_due: 800, ending_balance: 0 });
  await stripe.subscriptions.create({ customer, items: [{ price }] });
  expect(await has()).toEqual(["eur", 0, { usd: 2000, eur: 0 }]);
  const { id: early } = await stripe.customers.create({ balance: -500, payment_method: "pm_card_visa" });
  const free = await createPlan(stripe, { currency: "usd", unit_amount: 0 });
  const { id } = await stripe.subscriptions.create({ customer: early, items: [{ price: free.id }] });
  await stripe.subscriptions.cancel(id);
  await stripe.subscriptions.create({ customer: early, items: [{ price }], payment_behavior: "default_incomplete" });
  expect(await has(early)).toEqual(["eur", 0, { usd: 500, eur: 0 }]);
});
