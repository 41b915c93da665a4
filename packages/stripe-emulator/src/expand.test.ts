import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createCheckout, createPlan, openBench } from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
let customer: Stripe.Customer;
let subscription: Stripe.Subscription;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_800_000_000 });
  customer = await stripe.customers.create({
    test_clock: clock.id,
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const price = await createPlan(stripe);
  subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
});
afterAll(() => bench.close());

test("what an answer names by id is filled in, through lists and over several objects", async () => {
  const { test_clock, subscriptions, invoice_settings } = (await stripe.customers.retrieve(customer.id, {
    expand: ["test_clock", "subscriptions.data.latest_invoice", "invoice_settings.default_payment_method"],
  })) as Stripe.Customer;
  expect(test_clock).toMatchObject({ object: "test_helpers.test_clock", frozen_time: 1_800_000_000 });
  expect(subscriptions?.data).toMatchObject([
    { id: subscription.id, latest_invoice: { object: "invoice", status: "paid" } },
  ]);
  expect(invoice_settings.default_payment_method).toMatchObject({ object: "payment_method" });
  const { data } = await stripe.invoices.list({
    expand: ["data.payments", "data.parent.subscription_details.subscription"],
  });
  expect(data).toMatchObject([
    {
      parent: { subscription_details: { subscription: { id: subscription.id } } },
      payments: { data: [{ object: "invoice_payment", status: "paid" }] },
    },
  ]);
  const { payment } = await stripe.invoicePayments.retrieve(data[0]?.payments?.data[0]?.id ?? "", {
    expand: ["payment.payment_intent.latest_charge.customer"],
  });
  expect(payment.payment_intent).toMatchObject({
    latest_charge: { object: "charge", paid: true, customer: { id: customer.id } },
  });
});

test("an expansion that cannot be is refused before anything is done", async () => {
  const from = bench.emulator.events().length;
  const create = (path: string) => stripe.customers.create({ email: "none@example.com", expand: [path] });
  await expect(create("bogus")).rejects.toMatchObject({
    statusCode: 400,
    param: "expand",
    message: "This property cannot be expanded (bogus).",
  });
  await expect(create("email")).rejects.toThrow("cannot be expanded (email)");
  await expect(create("metadata.a")).rejects.toThrow("cannot be expanded (metadata.a)");
  await expect(create("subscriptions.data.latest_invoice.payments.data")).rejects.toThrow("more than 4 levels");
  expect(bench.emulator.events()).toHaveLength(from);
  expect((await stripe.customers.list({ email: "none@example.com" })).data).toEqual([]);
});

test("what Stripe expands and the emulator does not model is told apart", async () => {
  await expect(stripe.charges.list({ expand: ["data.application_fee"] })).rejects.toMatchObject({
    code: "emulator_parameter_not_modelled",
    message: expect.stringContaining("data.application_fee"),
  });
  await expect(stripe.customers.retrieve(customer.id, { expand: ["sources"] })).rejects.toMatchObject({
    code: "emulator_parameter_not_modelled",
  });
});

test("in a list the way leads through data", async () => {
  await expect(stripe.prices.list({ expand: ["product"] })).rejects.toThrow(
    "This property cannot be expanded (product). You may want to try expanding 'data.product' instead.",
  );
});

test("a deleted product is expanded as what is left of it", async () => {
  const price = await createPlan(stripe);
  const { id } = await createCheckout(stripe, price);
  await stripe.plans.del(price.id);
  await stripe.products.del(String(price.product));
  const { line_items } = await stripe.checkout.sessions.retrieve(id, { expand: ["line_items.data.price.product"] });
  expect(line_items?.data[0]?.price?.product).toEqual({ id: price.product, object: "product", deleted: true });
});

test("what was filled in for one answer is an id again in the next one", async () => {
  const read = (expand: string[]) => stripe.subscriptions.retrieve(subscription.id, { expand });
  const plain = await read([]);
  const filled = await read(["customer.invoice_settings.default_payment_method", "latest_invoice.customer"]);
  expect(filled).toMatchObject({ customer: { id: customer.id }, latest_invoice: { customer: { id: customer.id } } });
  expect(await read([])).toEqual(plain);
  expect((await stripe.invoices.retrieve(String(plain.latest_invoice))).customer).toBe(customer.id);
  const { invoice_settings: settings } = (await stripe.customers.retrieve(customer.id)) as Stripe.Customer;
  expect(settings.default_payment_method).toMatch(/^pm_/);
});
