import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench } from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

async function paying(): Promise<{ customer: string; method: string }> {
  const { id: customer } = await stripe.customers.create();
  const { id: method } = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method } });
  return { customer, method };
}

// https://docs.stripe.com/api/payment_methods/attach, /detach
test("a method is one customer's: nobody else is charged to it, and once detached nobody is", async () => {
  const [mine, theirs] = [await paying(), await paying()];
  const price = await createPlan(stripe);
  const { id } = await stripe.subscriptions.create({ customer: mine.customer, items: [{ price: price.id }] });
  const update = (default_payment_method: string) => stripe.subscriptions.update(id, { default_payment_method });
  for (const named of ["pm_nope", theirs.method])
    await expect(update(named)).rejects.toMatchObject({ code: "resource_missing", param: "default_payment_method" });
  const pay = (customer?: string) =>
    stripe.paymentIntents.create({
      amount: 500,
      currency: "eur",
      payment_method: theirs.method,
      ...(customer === undefined ? {} : { customer }),
    });
  await expect(pay(mine.customer)).rejects.toMatchObject({ param: "payment_method" });
  await expect(pay()).rejects.toMatchObject({ param: "payment_method" });
  const attach = () => stripe.paymentMethods.attach(theirs.method, { customer: mine.customer });
  await expect(attach()).rejects.toMatchObject({ message: expect.stringContaining("already been attached") });
  await stripe.paymentMethods.detach(theirs.method);
  await expect(attach()).rejects.toMatchObject({ message: expect.stringContaining("may not be used again") });
  await expect(stripe.paymentMethods.detach(theirs.method)).rejects.toMatchObject({ code: "resource_missing" });
});

test("an invoice is not paid with another customer's method", async () => {
  const [mine, theirs] = [await paying(), await paying()];
  await stripe.invoiceItems.create({ customer: mine.customer, amount: 500, currency: "eur" });
  const { id } = await stripe.invoices.create({
    customer: mine.customer,
    pending_invoice_items_behavior: "include",
  });
  await stripe.invoices.finalizeInvoice(id);
  const paid = stripe.invoices.pay(id, { payment_method: theirs.method });
  await expect(paid).rejects.toMatchObject({ param: "payment_method" });
});

test("numbers that Stripe does not take are refused", async () => {
  const { customer } = await paying();
  const { id: price, product } = await createPlan(stripe);
  const begin = (overrides: Partial<Stripe.SubscriptionCreateParams>) =>
    stripe.subscriptions.create({ customer, items: [{ price }], ...overrides });
  await expect(begin({ items: [{ price, quantity: -3 }] })).rejects.toMatchObject({ param: "items[0][quantity]" });
  const sent = { collection_method: "send_invoice" as const, days_until_due: -3 };
  await expect(begin(sent)).rejects.toMatchObject({ param: "days_until_due" });
  const make = (overrides: Partial<Stripe.PriceCreateParams>) =>
    stripe.prices.create({ product: String(product), currency: "usd", unit_amount: 100, ...overrides });
  await expect(make({ unit_amount: 100_000_000 })).rejects.toMatchObject({ param: "unit_amount" });
  for (const currency of ["xyz", "cod"]) await expect(make({ currency })).rejects.toMatchObject({ param: "currency" });
});

// https://docs.stripe.com/metadata#data
test("metadata has fifty keys at most, however they came", async () => {
  const keys = (from: number, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${from + index}`, "x"]));
  const { id } = await stripe.customers.create({ metadata: keys(0, 50) });
  await expect(stripe.customers.update(id, { metadata: keys(50, 1) })).rejects.toMatchObject({ param: "metadata" });
  await stripe.customers.update(id, { metadata: { k0: "", ...keys(50, 1) } });
});
