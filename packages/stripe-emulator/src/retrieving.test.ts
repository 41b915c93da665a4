import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench, until } from "./testing/bench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

test("what was made is retrieved as it was answered", async () => {
  const { stripe } = bench;
  const { id: customer } = await stripe.customers.create({ email: "same@example.com" });
  const transaction = await stripe.customers.createBalanceTransaction(customer, { amount: -500, currency: "eur" });
  expect(await stripe.customers.retrieveBalanceTransaction(customer, transaction.id)).toEqual(transaction);
  const item = await stripe.invoiceItems.create({ customer, amount: 700, currency: "eur" });
  expect(await stripe.invoiceItems.retrieve(item.id)).toEqual(item);
  const method = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  expect(await stripe.paymentMethods.retrieve(method.id)).toEqual(method);
  const setup = await stripe.setupIntents.create({ customer });
  expect(await stripe.setupIntents.retrieve(setup.id)).toEqual(setup);
  const features = { customer_update: { enabled: false }, invoice_history: { enabled: true } };
  const configuration = await stripe.billingPortal.configurations.create({ features });
  expect(await stripe.billingPortal.configurations.retrieve(configuration.id)).toEqual(configuration);
});

test("a payment intent's amount and metadata are changed until it is confirmed", async () => {
  const { stripe } = bench;
  const { id } = await stripe.paymentIntents.create({ amount: 1000, currency: "eur" });
  const changed = await stripe.paymentIntents.update(id, { amount: 1200, metadata: { order: "7" } });
  expect(changed).toMatchObject({ amount: 1200, metadata: { order: "7" } });
  await stripe.paymentIntents.confirm(id, { payment_method: "pm_card_visa" });
  expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ status: "succeeded", amount_received: 1200 });
  await expect(stripe.paymentIntents.update(id, { amount: 1 })).rejects.toMatchObject({ statusCode: 400 });
});

test("a product's features are listed and taken from it", async () => {
  const { stripe } = bench;
  const plan = await createPlan(stripe);
  const product = String(plan.product);
  const { id } = await stripe.entitlements.features.create({ lookup_key: "reports", name: "Reports" });
  expect(await stripe.entitlements.features.update(id, { name: "All reports" })).toMatchObject({ name: "All reports" });
  expect(await stripe.entitlements.features.retrieve(id)).toMatchObject({ lookup_key: "reports", name: "All reports" });
  const attached = await stripe.products.createFeature(product, { entitlement_feature: id });
  expect((await stripe.products.listFeatures(product)).data).toMatchObject([{ entitlement_feature: { id } }]);
  await stripe.products.deleteFeature(product, attached.id);
  expect((await stripe.products.listFeatures(product)).data).toEqual([]);
});

test("an early fraud warning is retrieved by the id that its event named", async () => {
  const { stripe, emulator } = bench;
  await stripe.paymentIntents.create({
    amount: 900,
    currency: "usd",
    payment_method: "pm_card_createIssuerFraudRecord",
    confirm: true,
  });
  const warnings = () => emulator.events().filter(({ type }) => type === "radar.early_fraud_warning.created");
  await until(() => warnings().length > 0);
  const [{ id, charge } = { id: "", charge: "" }] = warnings().map(
    ({ data }) => data.object as Stripe.Radar.EarlyFraudWarning,
  );
  expect(await stripe.radar.earlyFraudWarnings.retrieve(id)).toMatchObject({ charge, actionable: true });
});
