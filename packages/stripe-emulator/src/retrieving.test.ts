import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench, typesSince, until } from "./testing/bench.ts";

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
  await stripe.paymentIntents.confirm(id, { payment_method: "pm_card_visa", return_url: "http://localhost/" });
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
    return_url: "http://localhost/",
  });
  const warnings = () => emulator.events().filter(({ type }) => type === "radar.early_fraud_warning.created");
  await until(() => warnings().length > 0);
  const [{ id, charge } = { id: "", charge: "" }] = warnings().map(
    ({ data }) => data.object as Stripe.Radar.EarlyFraudWarning,
  );
  expect(await stripe.radar.earlyFraudWarnings.retrieve(id)).toMatchObject({ charge, actionable: true });
});

// https://docs.stripe.com/api/cards
test("a card of a token is a customer's source, and by the same id its payment method", async () => {
  const { stripe } = bench;
  const { id: customer } = await stripe.customers.create();
  const from = bench.emulator.events().length;
  const card = await stripe.customers.createSource(customer, { source: "tok_visa", metadata: { desk: "1" } });
  expect(card).toMatchObject({ object: "card", brand: "Visa", last4: "4242", customer, metadata: { desk: "1" } });
  expect(await stripe.paymentMethods.retrieve(card.id)).toMatchObject({ card: { brand: "visa" }, customer });
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ default_source: card.id });
  const other = await stripe.customers.createSource(customer, { source: "tok_amex" });
  expect(await stripe.customers.updateSource(customer, card.id, { name: "Ada", exp_year: "2040" })).toMatchObject({
    name: "Ada",
    exp_year: 2040,
  });
  expect(await stripe.customers.retrieveSource(customer, other.id)).toMatchObject({ brand: "American Express" });
  expect((await stripe.customers.listSources(customer)).data.map(({ id }) => id)).toEqual([other.id, card.id]);
  expect(await stripe.customers.deleteSource(customer, card.id)).toMatchObject({ id: card.id, deleted: true });
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ default_source: other.id });
  await expect(stripe.customers.retrieveSource(customer, card.id)).rejects.toMatchObject({ code: "resource_missing" });
  await expect(stripe.customers.createSource(customer, { source: "tok_chargeDeclined" })).rejects.toMatchObject({
    statusCode: 402,
  });
  await expect(stripe.customers.createSource(customer, { source: "tok_nope" })).rejects.toMatchObject({
    param: "source",
  });
  expect(typesSince(bench, from)).toEqual(
    expect.arrayContaining(["customer.source.created", "customer.source.updated", "customer.source.deleted"]),
  );
  const paid = await stripe.customers.create({ source: "tok_visa" });
  expect(paid.default_source).toMatch(/^card_/);
  await stripe.paymentIntents.create({
    amount: 900,
    currency: "usd",
    customer: paid.id,
    payment_method: String(paid.default_source),
    confirm: true,
    return_url: "http://localhost/",
  });
});

// https://docs.stripe.com/identity/how-sessions-work
test("a verification is changed and canceled while nobody has followed it; redacted, it knows nobody any more", async () => {
  const { stripe, emulator } = bench;
  const sessions = stripe.identity.verificationSessions;
  await expect(sessions.create({})).rejects.toMatchObject({ code: "parameter_missing", param: "type" });
  const options = { document: { require_matching_selfie: true } };
  const begin = () =>
    sessions.create({
      type: "document",
      options,
      provided_details: { email: "ada@example.com" },
      metadata: { user: "1" },
      client_reference_id: "ref-1",
    });
  const session = await begin();
  expect(session).toMatchObject({ status: "requires_input", options, client_secret: expect.stringContaining("vs_") });
  expect((await fetch(session.url ?? "")).status).toBe(200);
  await sessions.update(session.id, { type: "id_number", options: { document: "" } });
  expect(await sessions.retrieve(session.id)).toMatchObject({
    type: "id_number",
    options: {},
    metadata: { user: "1" },
  });
  expect(await sessions.cancel(session.id)).toMatchObject({ status: "canceled", url: null, client_secret: null });
  await expect(sessions.update(session.id, { metadata: {} })).rejects.toThrow("status of canceled");

  const from = emulator.events().length;
  const { id } = await begin();
  expect(await sessions.redact(id)).toMatchObject({ status: "canceled", redaction: { status: "processing" } });
  await expect(sessions.redact(id)).rejects.toMatchObject({ statusCode: 400 });
  await until(() => typesSince(bench, from).includes("identity.verification_session.redacted"));
  const forgotten = await sessions.retrieve(id);
  expect(forgotten).toMatchObject({ redaction: { status: "redacted" }, provided_details: { email: "[redacted]" } });
  expect(forgotten.metadata).toEqual({});
  expect((await sessions.list({ client_reference_id: "ref-1", status: "canceled" })).data).toHaveLength(2);
});
