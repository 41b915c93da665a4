import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench, typesSince, until } from "./testing/bench.ts";
import { DAY, onClock, START } from "./testing/clocked.ts";

let bench: Bench;
let stripe: Bench["stripe"];
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const SECURE = { ...CARD, card_number: "4000002500003155", email: "secure@example.com" };

test("a card with 3D Secure is charged once its bank's page was answered; failing it leaves the session open", async () => {
  const session = await createCheckout(stripe, await createPlan(stripe, { recurring: undefined }));
  const from = bench.emulator.events().length;
  const asked = await bench.submit(session.url, SECURE);
  expect(await asked.text()).toContain("3D Secure");
  expect(typesSince(bench, from)).toEqual(["payment_intent.created", "payment_intent.requires_action"]);
  expect((await bench.submit(session.url, { ...SECURE, challenge: "fail" })).status).toBe(402);
  expect(bench.emulator.events().at(-1)?.type).toBe("payment_intent.payment_failed");
  await bench.submit(session.url, SECURE);
  expect((await bench.submit(session.url, { ...SECURE, challenge: "complete" })).status).toBe(303);
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
    status: "complete",
    payment_status: "paid",
  });
});

test("a subscription with 3D Secure begins when the challenge was passed, and renews without it", async () => {
  const session = await createCheckout(stripe, await createPlan(stripe));
  const from = bench.emulator.events().length;
  expect((await bench.submit(session.url, SECURE)).status).toBe(200);
  expect(typesSince(bench, from)).toEqual([]);
  await bench.submit(session.url, { ...SECURE, challenge: "complete" });
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription"] });
  expect(done.subscription).toMatchObject({ status: "active" });
  const customer = String(done.customer);
  const [method] = (await stripe.customers.listPaymentMethods(customer)).data;
  const again = {
    amount: 500,
    currency: "eur",
    customer,
    payment_method: method?.id ?? "",
    confirm: true,
    return_url: "http://localhost/",
  };
  expect((await stripe.paymentIntents.create({ ...again, off_session: true })).status).toBe("succeeded");
});

async function challenged() {
  const customer = await stripe.customers.create({
    payment_method: "pm_card_authenticationRequired",
    invoice_settings: { default_payment_method: "pm_card_authenticationRequired" },
  });
  const price = await createPlan(stripe);
  const from = bench.emulator.events().length;
  const { id, status } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  const [intent] = (await stripe.paymentIntents.list({ customer: customer.id })).data;
  return { id, status, from, url: intent?.next_action?.redirect_to_url?.url ?? "" };
}

test("an invoice whose bank asks needs action, and is paid by the challenge", async () => {
  const { id, status, from, url } = await challenged();
  expect(status).toBe("incomplete");
  expect(typesSince(bench, from)).toEqual(
    expect.arrayContaining(["payment_intent.requires_action", "invoice.payment_action_required"]),
  );
  expect((await bench.submit(url, { challenge: "complete" })).status).toBe(200);
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("active");
  expect((await bench.submit(url, { challenge: "complete" })).status).toBe(410);
});

test("a payment intent is created, confirmed, declined and cancelled by API", async () => {
  const intent = await stripe.paymentIntents.create({ amount: 900, currency: "eur" });
  await expect(
    stripe.paymentIntents.confirm(intent.id, {
      payment_method: "pm_card_visa_chargeDeclined",
      return_url: "http://localhost/",
    }),
  ).rejects.toMatchObject({ code: "card_declined", payment_intent: { id: intent.id } });
  expect(
    (
      await stripe.paymentIntents.confirm(intent.id, {
        payment_method: "pm_card_visa",
        return_url: "http://localhost/",
      })
    ).status,
  ).toBe("succeeded");
  await expect(stripe.paymentIntents.update(intent.id, { amount: 5 })).rejects.toThrow("may be updated:");
  await expect(stripe.paymentIntents.cancel(intent.id)).rejects.toMatchObject({
    code: "payment_intent_unexpected_state",
  });
  const other = await stripe.paymentIntents.create({ amount: 900, currency: "eur" });
  expect((await stripe.paymentIntents.cancel(other.id)).status).toBe("canceled");
});

test("an intent made with a payment method keeps it until it is confirmed; a method that is not there makes none", async () => {
  const from = bench.emulator.events().length;
  const { id: payment_method } = await stripe.paymentMethods.create({ type: "card", card: { token: "tok_visa" } });
  const kept = { status: "requires_confirmation", payment_method };
  const payment = await stripe.paymentIntents.create({ amount: 900, currency: "eur", payment_method });
  const setup = await stripe.setupIntents.create({ payment_method });
  expect([payment, setup]).toMatchObject([kept, kept]);
  const told = bench.emulator.events().slice(from);
  expect(told.map(({ data }) => data.object)).toMatchObject([kept, kept]);
  // In this order: whoever pays once without being a customer's pays no more.
  expect(await stripe.setupIntents.confirm(setup.id, { return_url: "http://localhost/" })).toMatchObject({
    status: "succeeded",
    payment_method,
  });
  expect(await stripe.paymentIntents.confirm(payment.id, { return_url: "http://localhost/" })).toMatchObject({
    status: "succeeded",
    payment_method,
  });
  const count = bench.emulator.events().length;
  const unknown = { payment_method: "pm_none", confirm: true, return_url: "http://localhost/" };
  await expect(stripe.setupIntents.create(unknown)).rejects.toMatchObject({ code: "resource_missing" });
  await expect(stripe.paymentIntents.create({ ...unknown, amount: 900, currency: "eur" })).rejects.toMatchObject({
    param: "payment_method",
  });
  expect(bench.emulator.events()).toHaveLength(count);
});

test("an invoice by hand is drafted from its items, sent, overdue, and voided or written off", async () => {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_800_000_000 });
  const { id: customer } = await stripe.customers.create({ test_clock: clock.id });
  await stripe.invoiceItems.create({ customer, amount: 700, currency: "eur", description: "Work" });
  const draft = await stripe.invoices.create({
    customer,
    pending_invoice_items_behavior: "include",
    collection_method: "send_invoice",
    days_until_due: 7,
  });
  expect(draft).toMatchObject({ status: "draft", total: 700, lines: { data: [{ description: "Work" }] } });
  expect(await stripe.invoices.sendInvoice(draft.id)).toMatchObject({ status: "open", number: expect.any(String) });
  const from = bench.emulator.events().length;
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: 1_800_000_000 + 8 * 86_400 });
  await until(() => typesSince(bench, from).includes("invoice.overdue"));
  expect((await stripe.invoices.markUncollectible(draft.id)).status).toBe("uncollectible");
  expect((await stripe.invoices.voidInvoice(draft.id)).status).toBe("void");
  await expect(stripe.invoices.pay(draft.id)).rejects.toMatchObject({ statusCode: 400 });
});

test("an invoice with automatic tax cannot be finalised without an address", async () => {
  const { id: customer } = await stripe.customers.create({});
  await stripe.invoiceItems.create({ customer, amount: 700, currency: "eur" });
  const invoice = await stripe.invoices.create({
    customer,
    pending_invoice_items_behavior: "include",
    automatic_tax: { enabled: true },
  });
  const finalized = stripe.invoices.finalizeInvoice(invoice.id);
  await expect(finalized).rejects.toMatchObject({ code: "customer_tax_location_invalid" });
  expect(bench.emulator.events().at(-1)?.type).toBe("invoice.finalization_failed");
});

test("payment methods are updated, and are nobody's default once detached", async () => {
  const customer = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const method = String(customer.invoice_settings.default_payment_method);
  await stripe.paymentMethods.update(method, { card: { exp_year: 2040 } });
  expect(bench.emulator.events().at(-1)).toMatchObject({
    type: "payment_method.updated",
    data: { previous_attributes: { card: { exp_year: expect.any(Number) } } },
  });
  const from = bench.emulator.events().length;
  await stripe.paymentMethods.detach(method);
  expect(typesSince(bench, from)).toEqual(["payment_method.detached", "customer.updated"]);
});

test("a customer is entitled to the features of the products it is subscribed to, until the end", async () => {
  const price = await createPlan(stripe);
  const feature = await stripe.entitlements.features.create({ lookup_key: "exports", name: "Exports" });
  await stripe.products.createFeature(String(price.product), { entitlement_feature: feature.id });
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const { id } = await stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
  const active = () => stripe.entitlements.activeEntitlements.list({ customer });
  expect((await active()).data).toMatchObject([{ lookup_key: "exports", feature: feature.id }]);
  await stripe.subscriptions.cancel(id);
  expect((await active()).data).toEqual([]);
  const told = bench.emulator.events().filter(({ type }) => type === "entitlements.active_entitlement_summary.updated");
  expect(told.map(({ data }) => data.object)).toMatchObject([
    { customer, entitlements: { data: [{ lookup_key: "exports" }] } },
    { customer, entitlements: { data: [] } },
  ]);
});

test("a deleted customer's subscriptions end; a price is deleted by its older name", async () => {
  const price = await createPlan(stripe);
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  await stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
  const from = bench.emulator.events().length;
  await stripe.customers.del(customer);
  expect(typesSince(bench, from)).toEqual(["customer.subscription.deleted", "customer.deleted"]);
  await stripe.plans.del(price.id);
  await stripe.products.del(String(price.product));
  expect(typesSince(bench, from).slice(2)).toEqual(["plan.deleted", "price.deleted", "product.deleted"]);
});

test("a card that is declined becomes no customer's", async () => {
  const { id: customer } = await stripe.customers.create();
  const declined = { code: "card_declined", statusCode: 402 };
  await expect(stripe.paymentMethods.attach("pm_card_visa_chargeDeclined", { customer })).rejects.toMatchObject(
    declined,
  );
  expect((await stripe.customers.listPaymentMethods(customer)).data).toEqual([]);
});

test("a customer is delinquent once an invoice could not be charged when it was due, until one is paid", async () => {
  const { customer, advance } = await onClock(bench, START, "pm_card_chargeCustomerFail");
  await stripe.invoiceItems.create({ customer, amount: 700, currency: "usd" });
  const asked = { customer, auto_advance: true, pending_invoice_items_behavior: "include" } as const;
  const { id: invoice } = await stripe.invoices.create(asked);
  await advance(START + DAY);
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ delinquent: true });
  const { id: card } = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.invoices.pay(invoice, { payment_method: card });
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ delinquent: false });
});
