import Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench, until } from "./testing/bench.ts";
import { DeclaredShapes } from "./testing/declared-shapes.ts";

const START = 1_800_000_000;

interface Answered {
  verb: string;
  path: string;
  body: unknown;
}

let bench: Bench;
let stripe: Stripe;
const answers: Answered[] = [];

/** Answers as they travel, before the SDK makes objects of them. */
const recording: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const verb = init?.method ?? "GET";
  if (response.ok) answers.push({ verb, path: new URL(String(input)).pathname, body: await response.clone().json() });
  return response;
};

beforeAll(async () => {
  bench = await openBench();
  const { port } = new URL(bench.origin);
  const httpClient = Stripe.createFetchHttpClient(recording);
  stripe = new Stripe("sk_test_shapes", { host: "127.0.0.1", port, protocol: "http", httpClient, telemetry: false });
});
afterAll(() => bench.close());

async function buy(overrides: Partial<Stripe.PriceCreateParams> = {}) {
  const session = await createCheckout(stripe, await createPlan(stripe, overrides));
  await bench.submit(session.url, { ...CARD, email: "shapes@example.com" });
  const expand = [
    "line_items.data.price.product",
    "customer",
    "payment_intent.latest_charge",
    "subscription.latest_invoice.payments",
  ];
  return stripe.checkout.sessions.retrieve(session.id, { expand });
}

async function refundAndDispute() {
  const { payment_intent: intent } = await buy({ recurring: undefined });
  const { id, latest_charge } = intent as Stripe.PaymentIntent;
  const refund = await stripe.refunds.create({ payment_intent: id, amount: 500, expand: ["charge", "payment_intent"] });
  await stripe.refunds.retrieve(refund.id);
  await stripe.charges.retrieve((latest_charge as Stripe.Charge).id, { expand: ["refunds", "customer"] });
  await stripe.paymentIntents.create({
    amount: 900,
    currency: "eur",
    payment_method: "pm_card_createDispute",
    confirm: true,
    return_url: "http://localhost/",
  });
  await until(() => bench.emulator.events().some(({ type }) => type === "charge.dispute.created"));
  const [dispute] = (await stripe.disputes.list({ expand: ["data.charge"] })).data;
  await stripe.disputes.update(dispute?.id ?? "", {
    evidence: { uncategorized_text: "winning_evidence" },
    submit: true,
  });
  await until(() => bench.emulator.events().some(({ type }) => type === "charge.dispute.closed"));
}

async function liveThroughTime() {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START });
  const customer = await stripe.customers.create({
    test_clock: clock.id,
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
    expand: ["invoice_settings.default_payment_method", "test_clock"],
  });
  const [small, large] = [await createPlan(stripe), await createPlan(stripe, { unit_amount: 4500 })];
  const feature = await stripe.entitlements.features.create({ lookup_key: "shapes", name: "Shapes" });
  await stripe.products.createFeature(String(small.product), { entitlement_feature: feature.id });
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: small.id }],
    trial_period_days: 7,
    expand: ["latest_invoice", "customer"],
  });
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: START + 40 * 86_400 });
  await until(() => bench.emulator.events().some(({ type }) => type === "test_helpers.test_clock.ready"));
  await stripe.subscriptions.update(id, {
    items: [{ id: items.data[0]?.id ?? "", price: large.id }],
    proration_behavior: "always_invoice",
    expand: ["latest_invoice.payments.data"],
  });
  await stripe.subscriptions.update(id, { pause_collection: { behavior: "void" }, cancel_at_period_end: true });
  await stripe.entitlements.activeEntitlements.list({ customer: customer.id, expand: ["data.feature"] });
  await stripe.invoiceItems.create({ customer: customer.id, amount: 700, currency: "eur" });
  const draft = await stripe.invoices.create({ customer: customer.id, pending_invoice_items_behavior: "include" });
  await stripe.invoices.finalizeInvoice(draft.id);
  await stripe.invoices.pay(draft.id, { expand: ["payments", "customer"] });
  await stripe.invoices.listLineItems(draft.id, { expand: ["data.pricing.price_details.price"] });
  await stripe.subscriptions.cancel(id);
  const portal = await stripe.billingPortal.sessions.create({ customer: customer.id, return_url: "http://localhost/" });
  expect(portal.url).toContain("/p/");
  await stripe.customers.retrieve(customer.id, { expand: ["subscriptions"] });
  await stripe.customers.del(customer.id);
  await stripe.customers.retrieve(customer.id);
}

async function schedule() {
  const customer = await stripe.customers.create({ source: "tok_visa" });
  const [small, large] = [await createPlan(stripe), await createPlan(stripe, { unit_amount: 4500 })];
  const { id } = await stripe.subscriptionSchedules.create({
    customer: customer.id,
    start_date: "now",
    end_behavior: "cancel",
    phases: [
      { items: [{ price: small.id }], duration: { interval: "month" } },
      { items: [{ price: large.id }], duration: { interval: "month" } },
    ],
    expand: ["subscription.schedule", "phases.items.price"],
  });
  await stripe.subscriptionSchedules.update(id, { metadata: { key: "value" }, end_behavior: "release" });
  await stripe.subscriptionSchedules.list({ customer: customer.id });
  await stripe.subscriptionSchedules.release(id);
}

async function credit() {
  const customer = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const draft = await stripe.invoices.create({ customer: customer.id, currency: "eur" });
  await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 3000, currency: "eur" });
  const { lines } = await stripe.invoices.finalizeInvoice(draft.id);
  const part = {
    amount: 1000,
    currency: "eur",
    customer: customer.id,
    payment_method: "pm_card_visa",
    confirm: true,
    return_url: "http://localhost/",
  };
  const { id: intent } = await stripe.paymentIntents.create(part);
  await stripe.invoices.attachPayment(draft.id, { payment_intent: intent, expand: ["payments.data.payment"] });
  const note = await stripe.creditNotes.create({
    invoice: draft.id,
    lines: [{ type: "invoice_line_item", invoice_line_item: lines.data[0]?.id ?? "", quantity: 1 }],
    refund_amount: 600,
    credit_amount: 400,
    expand: ["customer_balance_transaction", "invoice", "refunds.refund"],
  });
  await stripe.creditNotes.listLineItems(note.id);
  await stripe.creditNotes.update(note.id, { metadata: { key: "value" } });
}

async function configure() {
  await stripe.accounts.retrieveCurrent();
  await stripe.customers.search({ query: "email~'example'", expand: ["total_count"] });
  const endpoint = await stripe.webhookEndpoints.create({
    url: "http://localhost:9/hook",
    enabled_events: ["invoice.paid"],
  });
  await stripe.webhookEndpoints.update(endpoint.id, { description: "Hook" });
  await stripe.webhookEndpoints.list();
  await stripe.webhookEndpoints.del(endpoint.id);
  const intent = await stripe.setupIntents.create({ usage: "off_session" });
  await stripe.setupIntents.confirm(intent.id, { payment_method: "pm_card_visa", return_url: "http://localhost/" });
  const price = await createPlan(stripe);
  await stripe.prices.update(price.id, { active: false });
  await stripe.products.update(String(price.product), { active: false, expand: ["default_price"] });
}

async function listEverything() {
  for (const list of [
    stripe.charges,
    stripe.checkout.sessions,
    stripe.customers,
    stripe.disputes,
    stripe.invoiceItems,
    stripe.invoicePayments,
    stripe.invoices,
    stripe.paymentIntents,
    stripe.paymentMethods,
    stripe.prices,
    stripe.products,
    stripe.refunds,
    stripe.setupIntents,
    stripe.subscriptions,
    stripe.testHelpers.testClocks,
    stripe.radar.earlyFraudWarnings,
  ])
    await list.list({ limit: 100 });
  await stripe.subscriptions.list({ status: "all", expand: ["data.latest_invoice", "data.items.data.price"] });
  // An upcoming invoice has no id yet, whatever the declarations say.
  const types = new Set(bench.emulator.events().map(({ type }) => type));
  types.delete("invoice.upcoming");
  for (const type of types) for await (const _event of stripe.events.list({ limit: 100, type }));
}

test("answers, events and expanded values have the shapes that the SDK declares", async () => {
  await buy();
  await refundAndDispute();
  await liveThroughTime();
  await credit();
  await schedule();
  await configure();
  await listEverything();
  const shapes = new DeclaredShapes();
  const faults = answers.flatMap(({ verb, path, body }) => {
    const found = shapes.faultsOf(verb, path, body) ?? ["the SDK has no such call"];
    return found.map(
      (fault) => `${verb} ${path.replaceAll(/\w{10,}/g, "…")}: ${fault.replaceAll(/\w+_\w{14,}/g, "…")}`,
    );
  });
  expect([...new Set(faults)].sort()).toEqual([]);
  expect(new Set(bench.emulator.events().map(({ type }) => type)).size).toBeGreaterThan(30);
});

test("whatever says its mode, in answers and events, is of test mode", () => {
  const modes = (value: unknown): unknown[] =>
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => (key === "livemode" ? [inner] : modes(inner)))
      : [];
  const events = bench.emulator.events();
  expect(events.length).toBeGreaterThan(0);
  expect(events.filter((event) => event.livemode !== false)).toEqual([]);
  expect(new Set(modes([answers, events]))).toEqual(new Set([false]));
});

test("an answer without an attribute, with a strange one or of another kind is found out", async () => {
  const [product] = answers
    .filter(({ verb, path }) => verb === "POST" && path === "/v1/products")
    .map(({ body }) => body);
  const { name: _, ...nameless } = product as Stripe.Product;
  const faulty = { ...nameless, bogus: 1, active: "yes", default_price: { object: "price" } };
  const faults = new DeclaredShapes().faultsOf("POST", "/v1/products", faulty) ?? [];
  expect(faults).toContain(".bogus is not declared for Product");
  expect(faults).toContain(".name of Product is missing");
  expect(faults).toContain('.active should be boolean, is "yes"');
  expect(faults.some((fault) => fault.startsWith(".default_price"))).toBe(true);
});
