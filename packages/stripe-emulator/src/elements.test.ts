import Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench, typesSince } from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
let price: Stripe.Price;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
  price = await createPlan(stripe);
});
afterAll(() => bench.close());

const begin = (customer: string, overrides: Partial<Stripe.SubscriptionCreateParams> = {}) =>
  stripe.subscriptions.create({
    customer,
    items: [{ price: price.id }],
    payment_behavior: "default_incomplete",
    expand: ["latest_invoice.confirmation_secret", "pending_setup_intent"],
    ...overrides,
  });

const invoiceOf = ({ latest_invoice: invoice }: Stripe.Subscription) => {
  if (typeof invoice !== "object" || invoice === null) throw new Error("The invoice was to be expanded.");
  return invoice;
};

/** The SDK as a browser has it. */
const browser = (): Stripe => {
  const { port } = new URL(bench.origin);
  return new Stripe("pk_test_browser", {
    host: "127.0.0.1",
    port: Number(port),
    protocol: "http",
    maxNetworkRetries: 0,
  });
};

// https://docs.stripe.com/billing/subscriptions/build-subscriptions?platform=web&ui=elements
test("the payment that Elements confirms makes the invoice paid and the subscription active", async () => {
  const { id: customer } = await stripe.customers.create();
  const subscription = await begin(customer, { payment_settings: { save_default_payment_method: "on_subscription" } });
  const secret = invoiceOf(subscription).confirmation_secret?.client_secret ?? "";
  const [payment] = secret.split("_secret_");
  const from = bench.emulator.events().length;
  const confirmed = await browser().paymentIntents.confirm(payment ?? "", {
    payment_method: "pm_card_visa",
    client_secret: secret,
  } as Stripe.PaymentIntentConfirmParams);
  expect(confirmed.status).toBe("succeeded");
  expect(await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] })).toMatchObject({
    status: "active",
    default_payment_method: confirmed.payment_method,
    latest_invoice: { status: "paid", amount_paid: 1500 },
  });
  expect(await stripe.paymentMethods.retrieve(String(confirmed.payment_method))).toMatchObject({ customer });
  expect(typesSince(bench, from)).toContain("payment_method.attached");
});

test("a challenge that is passed saves the method, too", async () => {
  const { id: customer } = await stripe.customers.create();
  const subscription = await begin(customer);
  const [payment = ""] = (invoiceOf(subscription).confirmation_secret?.client_secret ?? "").split("_secret_");
  const waiting = await stripe.paymentIntents.confirm(payment, { payment_method: "pm_card_threeDSecure2Required" });
  await bench.submit(waiting.next_action?.redirect_to_url?.url ?? null, { challenge: "complete" });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("active");
  expect((await stripe.customers.listPaymentMethods(customer)).data).toHaveLength(1);
});

test("the customer's default method waits to be confirmed", async () => {
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const subscription = await begin(customer);
  const [payment = ""] = (invoiceOf(subscription).confirmation_secret?.client_secret ?? "").split("_secret_");
  expect(await stripe.paymentIntents.retrieve(payment)).toMatchObject({ status: "requires_confirmation" });
  const { id: own } = await stripe.paymentMethods.attach("pm_card_mastercard", { customer });
  expect((await begin(customer, { default_payment_method: own })).default_payment_method).toBe(own);
  await expect(begin(customer, { payment_behavior: "pending_if_incomplete" })).rejects.toMatchObject({
    statusCode: 400,
    param: "payment_behavior",
  });
  expect((await stripe.paymentIntents.confirm(payment)).status).toBe("succeeded");
});

// https://docs.stripe.com/api/subscriptions/object#subscription_object-status
test("until its first invoice is paid a subscription takes another method and a description, and no other change", async () => {
  const { id: customer } = await stripe.customers.create();
  const { id: method } = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  const { id, items } = await begin(customer);
  const item = items.data[0]?.id ?? "";
  const kept = { default_payment_method: method, description: "Pro", metadata: { a: "b" } };
  expect(await stripe.subscriptions.update(id, kept)).toMatchObject({ ...kept, status: "incomplete" });
  const refused = (param: string) => ({ statusCode: 400, param });
  for (const change of [{ cancel_at_period_end: true }, { discounts: "" }, { trial_end: "now" }] as const)
    await expect(stripe.subscriptions.update(id, change)).rejects.toMatchObject(refused(Object.keys(change)[0] ?? ""));
  const { id: other } = await createPlan(stripe);
  await expect(stripe.subscriptionItems.update(item, { quantity: 2 })).rejects.toMatchObject(refused("items"));
  await expect(stripe.subscriptionItems.create({ subscription: id, price: other })).rejects.toMatchObject(
    refused("items"),
  );
  const subscription_details = { items: [{ id: item, quantity: 2 }] };
  await expect(stripe.invoices.createPreview({ subscription: id, subscription_details })).rejects.toMatchObject(
    refused("subscription_details[items]"),
  );
});

// https://docs.stripe.com/api/subscriptions/object#subscription_object-pending_setup_intent
test("a trial without a card has a setup intent, and what it saves is the subscription's own", async () => {
  const { id: customer } = await stripe.customers.create();
  const trial = await begin(customer, { trial_period_days: 7 });
  const setup = trial.pending_setup_intent as Stripe.SetupIntent;
  expect(setup).toMatchObject({ status: "requires_payment_method", customer });
  const { payment_method: method } = await stripe.setupIntents.confirm(setup.id, { payment_method: "pm_card_visa" });
  expect(await stripe.subscriptions.retrieve(trial.id)).toMatchObject({
    status: "trialing",
    pending_setup_intent: null,
    default_payment_method: method,
  });
});

// https://docs.stripe.com/api/payment_intents/create#create_payment_intent-setup_future_usage
test("a payment says what its method is kept for", async () => {
  const usageOf = async (more: Partial<Stripe.PaymentIntentCreateParams>) =>
    (await stripe.paymentIntents.create({ amount: 500, currency: "eur", ...more })).setup_future_usage;
  expect(await usageOf({})).toBeNull();
  for (const usage of ["on_session", "off_session"] as const)
    expect(await usageOf({ setup_future_usage: usage })).toBe(usage);
});

// https://docs.stripe.com/keys#obtain-api-keys
test("a publishable key confirms what it knows the secret of, and does nothing else", async () => {
  const { id } = await stripe.paymentIntents.create({ amount: 500, currency: "eur" });
  await expect(browser().paymentIntents.confirm(id, { payment_method: "pm_card_visa" })).rejects.toMatchObject({
    code: "parameter_missing",
  });
  await expect(browser().paymentIntents.retrieve(id, { client_secret: "wrong" })).rejects.toMatchObject({
    param: "client_secret",
  });
  await expect(browser().customers.list()).rejects.toMatchObject({ statusCode: 401 });
  const control = await fetch(`${bench.origin}/_emulator/snapshot`, {
    method: "POST",
    headers: { authorization: "Bearer pk_test_browser" },
  });
  expect(control.status).toBe(401);
});
