import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Bench,
  CARD,
  createCheckout,
  createPlan,
  DECLINED_CARD,
  letSwitch,
  openBench,
  typesSince,
} from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const SECURE = { ...CARD, card_number: "4000002500003155" };
const configure = (features: Stripe.BillingPortal.ConfigurationCreateParams["features"]) =>
  stripe.billingPortal.configurations.create({ features });

async function subscriber(quantity = 1) {
  const { id: customer } = await stripe.customers.create({
    email: "portal@example.com",
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const price = await createPlan(stripe);
  const { id } = await stripe.subscriptions.create({ customer, items: [{ price: price.id, quantity }] });
  const open = (overrides: Partial<Stripe.BillingPortal.SessionCreateParams> = {}) =>
    stripe.billingPortal.sessions.create({ customer, return_url: "http://localhost/account", ...overrides });
  return { customer, id, price, open };
}

const pageOf = async (url: string) => (await fetch(url)).text();
/** The id of the setup intent that the bank's page sends back. */
const hiddenIn = (page: string) => /name="setup_intent" value="(seti_\w+)"/.exec(page)?.[1] ?? "";

test("a card saved in the portal is the default from then on; a declined one is told and saved nowhere", async () => {
  const session = await createCheckout(stripe, await createPlan(stripe));
  await bench.submit(session.url, { ...CARD, email: "buyer@example.com" });
  const bought = await stripe.checkout.sessions.retrieve(session.id);
  const customer = String(bought.customer);
  const { url } = await stripe.billingPortal.sessions.create({ customer });
  expect(await pageOf(url)).toContain(`href="${url}/payment-method"`);
  const form = `${url}/payment-method`;
  const refused = await bench.submit(form, DECLINED_CARD);
  expect(refused.status).toBe(402);
  expect(await refused.text()).toContain("Your card was declined.");
  expect((await bench.submit(form, { ...CARD, cvc: "1" })).status).toBe(400);
  const from = bench.emulator.events().length;
  expect((await bench.submit(form, { ...CARD, card_number: "5555555555554444" })).headers.get("location")).toBe(url);
  expect(typesSince(bench, from)).toEqual([
    "setup_intent.created",
    "payment_method.attached",
    "setup_intent.succeeded",
    "customer.updated",
    "customer.subscription.updated",
  ]);
  const now = await stripe.customers.retrieve(customer, { expand: ["invoice_settings.default_payment_method"] });
  expect(now).toMatchObject({ invoice_settings: { default_payment_method: { card: { last4: "4444" } } } });
  expect(await pageOf(url)).toContain("Mastercard •••• 4444");
  expect(await stripe.subscriptions.retrieve(String(bought.subscription))).toMatchObject({
    default_payment_method: expect.stringMatching(/^pm_/),
  });
});

test("a card that its bank asks about is saved when the challenge is passed, and not when it is failed", async () => {
  const { customer, open } = await subscriber();
  const form = `${(await open()).url}/payment-method`;
  const asked = hiddenIn(await (await bench.submit(form, SECURE)).text());
  expect((await bench.submit(form, { setup_intent: asked, challenge: "fail" })).status).toBe(402);
  expect((await stripe.customers.listPaymentMethods(customer)).data).toHaveLength(1);
  const again = hiddenIn(await (await bench.submit(form, SECURE)).text());
  expect((await bench.submit(form, { setup_intent: again, challenge: "complete" })).status).toBe(303);
  expect((await stripe.customers.listPaymentMethods(customer)).data).toHaveLength(2);
  const foreign = await subscriber();
  const theirs = `${(await foreign.open()).url}/payment-method`;
  await bench.submit(theirs, { setup_intent: again, challenge: "complete" });
  expect((await stripe.customers.listPaymentMethods(foreign.customer)).data).toHaveLength(1);
});

test("who cancelled is asked why, once, and the answer is kept with the subscription", async () => {
  const { id, open } = await subscriber();
  const { url } = await open();
  expect(await pageOf(url)).not.toContain("Why did you cancel?");
  await bench.submit(url, { action: "cancel", subscription: id });
  expect(await pageOf(url)).toContain("Why did you cancel?");
  await bench.submit(url, { action: "feedback", subscription: id, feedback: "too_expensive", comment: "Too much" });
  expect(bench.emulator.events().at(-1)).toMatchObject({
    type: "customer.subscription.updated",
    data: {
      object: {
        cancellation_details: { feedback: "too_expensive", comment: "Too much", reason: "cancellation_requested" },
      },
    },
  });
  expect(await pageOf(url)).not.toContain("Why did you cancel?");
  expect((await bench.submit(url, { action: "feedback", subscription: id, feedback: "bogus" })).status).toBe(404);
});

test("a quantity can be changed where the configuration says so, with proration", async () => {
  const { id, price, open } = await subscriber(3);
  const { url } = await open({ configuration: await letSwitch(stripe, [price]) });
  expect(await pageOf(url)).toContain('name="quantity"');
  for (const quantity of ["0", "1.5", "many"]) {
    expect((await bench.submit(url, { action: "update", subscription: id, quantity })).status).toBe(404);
  }
  await bench.submit(url, { action: "update", subscription: id, price: "", quantity: "5" });
  expect((await stripe.subscriptions.retrieve(id)).items.data[0]?.quantity).toBe(5);
  expect(await pageOf((await open()).url)).not.toContain('name="quantity"');
});

test("a configuration says what the portal offers; what it does not offer is refused", async () => {
  const { id, price, open } = await subscriber();
  const other = await createPlan(stripe);
  const offered = await createPlan(stripe);
  const configuration = await configure({
    subscription_cancel: { enabled: true, mode: "immediately" },
    subscription_update: {
      enabled: true,
      default_allowed_updates: ["price"],
      products: [{ product: String(offered.product), prices: [offered.id] }],
    },
    payment_method_update: { enabled: true },
  });
  expect(configuration).toMatchObject({
    is_default: false,
    active: true,
    features: { invoice_history: { enabled: false } },
  });
  const { url } = await open({ configuration: configuration.id });
  const page = await pageOf(url);
  expect(page).toContain(offered.id);
  for (const hidden of [other.id, "Invoices"]) expect(page).not.toContain(hidden);
  expect((await bench.submit(url, { action: "update", subscription: id, price: other.id })).status).toBe(404);
  await bench.submit(url, { action: "update", subscription: id, price: offered.id });
  await bench.submit(url, { action: "cancel", subscription: id });
  const ended = await stripe.subscriptions.retrieve(id);
  expect(ended).toMatchObject({ status: "canceled", items: { data: [{ price: { id: offered.id } }] } });
  expect(price.id).not.toBe(offered.id);
});

test("configurations are changed, listed and switched off, each change with its event", async () => {
  const { open } = await subscriber();
  const made = await configure({ invoice_history: { enabled: true } });
  const features = { payment_method_update: { enabled: true } };
  const changed = await stripe.billingPortal.configurations.update(made.id, { features, metadata: { a: "b" } });
  expect(changed).toMatchObject({
    features: { invoice_history: { enabled: true }, payment_method_update: { enabled: true } },
    metadata: { a: "b" },
  });
  await stripe.billingPortal.configurations.update(made.id, { active: false });
  await expect(open({ configuration: made.id })).rejects.toMatchObject({ param: "configuration" });
  const byDefault = await stripe.billingPortal.configurations.list({ is_default: true });
  expect(byDefault.data).toMatchObject([{ is_default: true, features: { subscription_cancel: { enabled: true } } }]);
  const types = typesSince(bench, 0).filter((type) => type.startsWith("billing_portal.configuration"));
  expect(types.slice(-3)).toEqual([
    "billing_portal.configuration.created",
    "billing_portal.configuration.updated",
    "billing_portal.configuration.updated",
  ]);
});

test("a flow opens the portal at one task, and leads where it says when that is done", async () => {
  const { customer, id, open } = await subscriber();
  const return_url = "http://localhost/thanks";
  const after_completion = { type: "redirect" as const, redirect: { return_url } };
  const cancel = await open({
    flow_data: { type: "subscription_cancel", subscription_cancel: { subscription: id }, after_completion },
  });
  expect(cancel.flow).toMatchObject({ type: "subscription_cancel", subscription_cancel: { subscription: id } });
  const page = await pageOf(cancel.url);
  expect(page).toContain("Cancel subscription");
  expect(page).not.toContain("Payment methods");
  const done = await bench.submit(cancel.url, { action: "cancel", subscription: id });
  expect(done.headers.get("location")).toBe(return_url);
  const method = await open({ flow_data: { type: "payment_method_update" } });
  expect(await pageOf(method.url)).toContain('name="card_number"');
  expect((await bench.submit(method.url, CARD)).headers.get("location")).toBe(`${method.url}/home`);
  expect(await pageOf(`${method.url}/home`)).toContain("Payment methods");
  expect((await stripe.customers.listPaymentMethods(customer)).data).toHaveLength(2);
});

test("without its feature there is neither the button nor the form", async () => {
  const { open } = await subscriber();
  const { id: configuration } = await configure({ invoice_history: { enabled: true } });
  const { url } = await open({ configuration });
  for (const hidden of ["Update payment method", "Cancel subscription"])
    expect(await pageOf(url)).not.toContain(hidden);
  expect((await bench.submit(`${url}/payment-method`, CARD)).status).toBe(404);
});

async function openInvoice() {
  const { id: customer } = await stripe.customers.create({ email: "pays@example.com" });
  const price = await createPlan(stripe);
  const { id, latest_invoice } = await stripe.subscriptions.create({
    customer,
    items: [{ price: price.id }],
    payment_behavior: "default_incomplete",
  });
  const invoice = await stripe.invoices.retrieve(String(latest_invoice));
  return { customer, id, invoice: invoice.id, url: invoice.hosted_invoice_url ?? "" };
}

test("an open invoice is paid on its page after a decline; its subscription is active then", async () => {
  const { customer, id, invoice, url } = await openInvoice();
  expect(await pageOf(url)).toContain("Pay €15.00");
  const { url: portal } = await stripe.billingPortal.sessions.create({ customer });
  expect(await pageOf(portal)).toContain(`href="${url}"`);
  const refused = await bench.submit(url, DECLINED_CARD);
  expect(refused.status).toBe(402);
  expect(await refused.text()).toContain("Your card was declined.");
  expect((await bench.submit(url, { ...CARD, exp: "13 / 40" })).status).toBe(400);
  const paid = await bench.submit(url, CARD);
  expect(paid.headers.get("location")).toBe(url);
  expect(await pageOf(url)).not.toContain('name="card_number"');
  expect(await stripe.invoices.retrieve(invoice)).toMatchObject({ status: "paid", attempt_count: 1 });
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("active");
  expect((await stripe.customers.listPaymentMethods(customer)).data).toHaveLength(1);
  const from = bench.emulator.events().length;
  expect((await bench.submit(url, CARD)).status).toBe(303);
  expect(typesSince(bench, from)).toEqual([]);
});

test("an open invoice is paid by a card with 3D Secure, once its challenge was passed", async () => {
  const { id, url } = await openInvoice();
  expect(await (await bench.submit(url, SECURE)).text()).toContain("3D Secure");
  const failed = await bench.submit(url, { challenge: "fail" });
  expect(await failed.text()).toContain("unable to authenticate");
  await bench.submit(url, SECURE);
  expect((await bench.submit(url, { challenge: "complete" })).status).toBe(303);
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("active");
});
