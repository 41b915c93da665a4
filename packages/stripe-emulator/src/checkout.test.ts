import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Bench,
  CARD,
  createCheckout,
  createPlan,
  DECLINED_CARD,
  openBench,
  SECRET,
  typesSince,
  until,
} from "./testing/bench.ts";
import { controlsOf } from "./testing/controls.ts";

const IBAN = { email: "iban@example.com", name: "Ada", payment_method: "sepa_debit" };
const SETTLES = { ...IBAN, iban: "DE89 3704 0044 0532 0130 00" };
const FAILS_LATER = { ...IBAN, iban: "DE62370400440532013001" };

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

test("a paid checkout makes an active subscription, its paid invoice and an event for each step", async () => {
  const { stripe, emulator } = bench;
  const price = await createPlan(stripe);
  const session = await createCheckout(stripe, price, {
    customer_email: "ada@example.com",
    client_reference_id: "user_1",
    subscription_data: { metadata: { user_id: "user_1" } },
  });
  expect(session).toMatchObject({ status: "open", payment_status: "unpaid", customer: null, subscription: null });
  expect(session.line_items).toBeUndefined();
  const shown = await (await fetch(session.url ?? "")).text();
  expect(shown).toContain("€15.00");
  expect(shown).toContain('name="card_number"');

  const before = emulator.events().length;
  const answer = await bench.submit(session.url, CARD);
  expect(answer.status).toBe(303);
  expect(answer.headers.get("location")).toBe(`http://localhost/success?session_id=${session.id}`);
  expect(typesSince(bench, before)).toEqual([
    "customer.created",
    "payment_method.attached",
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "customer.subscription.created",
    "invoice.created",
    "invoice.finalized",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
    "checkout.session.completed",
  ]);

  const done = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ["customer", "subscription.latest_invoice.payments", "line_items.data.price.product"],
  });
  expect(done).toMatchObject({
    status: "complete",
    payment_status: "paid",
    client_reference_id: "user_1",
    customer: { email: "ada@example.com", name: "Ada" },
    subscription: {
      status: "active",
      metadata: { user_id: "user_1" },
      items: { data: [{ price: { id: price.id } }] },
      latest_invoice: { status: "paid", amount_paid: 1500, payments: { data: [{ status: "paid" }] } },
    },
    line_items: { data: [{ amount_total: 1500, price: { product: { name: "Pro" } } }] },
  });
  const again = await bench.submit(session.url ?? `${bench.origin}/c/pay/${session.id}`, CARD);
  expect(again.status).toBe(303);
  expect(typesSince(bench, before)).toHaveLength(13);
});

test("each event is delivered, and signed", async () => {
  const { stripe, emulator } = bench;
  await createPlan(stripe);
  await emulator.waitForDeliveries();
  const events = bench.received.map(({ body, signature }) => stripe.webhooks.constructEvent(body, signature, SECRET));
  expect(events.map(({ id }) => id).sort()).toEqual(
    emulator
      .events()
      .map(({ id }) => id)
      .sort(),
  );
});

test("the redirect comes after the endpoint has answered checkout.session.completed", async () => {
  const session = await createCheckout(bench.stripe, await createPlan(bench.stripe), {
    customer_email: "b@example.com",
  });
  await bench.submit(session.url, CARD);
  const told = bench.received.filter(({ body }) => body.includes(session.id));
  expect(told.some(({ body }) => body.includes("checkout.session.completed"))).toBe(true);
});

test("a declined card leaves the session open and makes neither customer nor subscription", async () => {
  const { stripe, emulator } = bench;
  const session = await createCheckout(stripe, await createPlan(stripe));
  const before = emulator.events().length;
  const answer = await bench.submit(session.url, { ...DECLINED_CARD, email: "c@example.com" });
  expect(answer.status).toBe(402);
  expect(await answer.text()).toContain("Your card was declined");
  expect(typesSince(bench, before)).toEqual([]);
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ status: "open", customer: null });
  expect((await bench.submit(session.url, { ...CARD, email: "c@example.com" })).status).toBe(303);
});

test("a guest's payment is declined, then succeeds with the same payment intent and no customer", async () => {
  const { stripe, emulator } = bench;
  const price = await createPlan(stripe, { recurring: undefined, unit_amount: 500, currency: "usd" });
  const session = await createCheckout(stripe, price, { payment_intent_data: { metadata: { user_id: "u" } } });
  const before = emulator.events().length;
  await bench.submit(session.url, { ...DECLINED_CARD, email: "guest@example.com" });
  await bench.submit(session.url, { ...CARD, email: "guest@example.com" });
  expect(typesSince(bench, before)).toEqual([
    "payment_intent.created",
    "charge.failed",
    "payment_intent.payment_failed",
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
  ]);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent.latest_charge"] });
  expect(done).toMatchObject({
    customer: null,
    customer_details: { email: "guest@example.com" },
    payment_intent: {
      status: "succeeded",
      metadata: { user_id: "u" },
      latest_charge: { paid: true, metadata: { user_id: "u" } },
    },
  });
});

test("customer_creation: always gives a paying guest a customer", async () => {
  const price = await createPlan(bench.stripe, { recurring: undefined });
  const session = await createCheckout(bench.stripe, price, { customer_creation: "always" });
  await bench.submit(session.url, { ...CARD, email: "always@example.com" });
  expect((await bench.stripe.checkout.sessions.retrieve(session.id)).customer).toMatch(/^cus_/);
});

test("a bank debit completes unpaid and is paid when it settles", async () => {
  const { stripe, emulator } = bench;
  const session = await createCheckout(stripe, await createPlan(stripe));
  await controlsOf(bench).holdDebits(true);
  await bench.submit(session.url, SETTLES);
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
    status: "complete",
    payment_status: "unpaid",
  });
  await controlsOf(bench).holdDebits(false);
  const before = emulator.events().findLastIndex(({ type }) => type === "checkout.session.completed") + 1;
  await until(() => typesSince(bench, before).includes("checkout.session.async_payment_succeeded"));
  expect(typesSince(bench, before)).toEqual([
    "charge.succeeded",
    "payment_intent.succeeded",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
    "checkout.session.async_payment_succeeded",
  ]);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription", "invoice"] });
  expect(done).toMatchObject({
    payment_status: "paid",
    subscription: { status: "active" },
    invoice: { status: "paid" },
  });
});

test("a bank debit that fails later leaves the invoice open and the subscription past due", async () => {
  const { stripe, emulator } = bench;
  const session = await createCheckout(stripe, await createPlan(stripe));
  await bench.submit(session.url, FAILS_LATER);
  const before = emulator.events().findLastIndex(({ type }) => type === "checkout.session.completed") + 1;
  await until(() => typesSince(bench, before).includes("checkout.session.async_payment_failed"));
  expect(typesSince(bench, before)).toEqual([
    "charge.failed",
    "payment_intent.payment_failed",
    "invoice.payment_failed",
    "customer.updated", // is delinquent
    "customer.subscription.updated",
    "checkout.session.async_payment_failed",
  ]);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription", "invoice"] });
  expect(done).toMatchObject({
    status: "complete",
    payment_status: "unpaid",
    subscription: { status: "past_due" },
    invoice: { status: "open", attempt_count: 1 },
  });
});

test("a trial starts without a charge", async () => {
  const { stripe } = bench;
  const session = await createCheckout(stripe, await createPlan(stripe), {
    customer_email: "trial@example.com",
    subscription_data: { trial_period_days: 14 },
  });
  expect(await (await fetch(session.url ?? "")).text()).toContain("14 days free");
  await bench.submit(session.url, CARD);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription.latest_invoice"] });
  expect(done).toMatchObject({
    payment_status: "no_payment_required",
    subscription: { status: "trialing", latest_invoice: { status: "paid", total: 0 } },
  });
});

// https://docs.stripe.com/billing/customer/balance
test("Checkout shows what it charges where its customer has a balance, and charges nothing without an invoice", async () => {
  const { stripe } = bench;
  const open = async (balance: number, asked: Partial<Stripe.Checkout.SessionCreateParams> = {}) => {
    const { id: customer } = await stripe.customers.create({ balance, email: "balanced@example.com" });
    const price = await createPlan(stripe, { unit_amount: 3000 });
    return createCheckout(stripe, price, { customer, ...asked });
  };
  const soon = Math.floor(Date.now() / 1000) + 10 * 86_400;
  const later = { billing_cycle_anchor: soon, proration_behavior: "none" } as const;
  for (const [balance, subscription_data, due, left] of [
    [700, {}, 3700, 0],
    [-700, {}, 2300, 0],
    [-2980, {}, 0, 20],
    [-5000, {}, 0, -2000],
    [700, { trial_period_days: 7 }, 700, 0],
    [700, later, 0, 700],
  ] as const) {
    const unbilled = subscription_data === later;
    const payment_method_collection = unbilled ? "always" : "if_required";
    const session = await open(balance, { subscription_data, payment_method_collection });
    const said = JSON.stringify({ balance, subscription_data });
    const shown = await (await fetch(session.url ?? "")).text();
    expect(shown, said).toContain(`Total due today</span><span>€${(due / 100).toFixed(2)}`);
    expect(shown.includes("Applied balance"), said).toBe(due !== session.amount_total);
    expect(shown.includes("card_number"), said).toBe(due > 0 || unbilled);
    expect(session.payment_status, said).toBe(due > 0 ? "unpaid" : "no_payment_required");
    const paid = await bench.submit(session.url, {
      ...(due > 0 || unbilled ? CARD : {}),
      expected_amount: String(due),
    });
    expect(paid.status, said).toBe(303);
    const customer = String(session.customer);
    const charges = (await stripe.charges.list({ customer })).data.map(({ amount }) => amount);
    expect(charges, said).toEqual(due > 0 ? [due] : []);
    expect(await stripe.customers.retrieve(customer), said).toMatchObject({ balance: left });
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["invoice"] });
    expect(done.payment_status, said).toBe(due > 0 ? "paid" : "no_payment_required");
    expect((done.invoice as Stripe.Invoice | null)?.status, said).toBe(unbilled ? undefined : "paid");
  }

  const changed = await open(-700);
  const adjust = (amount: number) =>
    stripe.customers.createBalanceTransaction(String(changed.customer), { amount, currency: "eur" });
  await adjust(500);
  const other = await bench.submit(changed.url, { ...CARD, expected_amount: "2300" });
  expect(await other.text()).toMatch(/Total due today<\/span><span>€28\.00[\s\S]*The total has changed/);
  await adjust(99_999_999);
  const large = await bench.submit(changed.url, CARD);
  expect([large.status, await large.text()]).toEqual([400, expect.stringContaining("must be no more than")]);
  expect((await stripe.charges.list({ customer: String(changed.customer) })).data).toEqual([]);
  expect((await stripe.checkout.sessions.retrieve(changed.id)).status).toBe("open");
});

// https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, #three-decimal
test("a session whose customer's balance makes it too large, or a fraction, is refused", async () => {
  const { stripe } = bench;
  for (const [currency, unit_amount, amount, code] of [
    ["usd", 60_000_000, 50_000_000, "amount_too_large"],
    ["kwd", 12_340, 1235, "invalid_charge_amount"],
  ] as const) {
    const { id: customer } = await stripe.customers.create();
    await stripe.customers.createBalanceTransaction(customer, { amount, currency });
    const price = await createPlan(stripe, { currency, unit_amount });
    await expect(createCheckout(stripe, price, { customer })).rejects.toMatchObject({ statusCode: 400, code });
  }
});

test("an expired session bears the address that its customer had then", async () => {
  const { stripe } = bench;
  const { id: customer } = await stripe.customers.create({ email: "then@example.com" });
  const { id } = await createCheckout(stripe, await createPlan(stripe), { customer });
  await stripe.checkout.sessions.expire(id);
  await stripe.customers.update(customer, { email: "since@example.com" });
  const expired = await stripe.checkout.sessions.retrieve(id);
  expect(expired.customer_details).toMatchObject({ email: "then@example.com", name: null, tax_exempt: "none" });
});

test("an expired session takes no payment", async () => {
  const session = await createCheckout(bench.stripe, await createPlan(bench.stripe), {
    customer_email: "e@example.com",
  });
  const nobody = { status: "expired", url: null, customer_details: null };
  expect(await bench.stripe.checkout.sessions.expire(session.id)).toMatchObject(nobody);
  expect(bench.emulator.events().at(-1)?.type).toBe("checkout.session.expired");
  expect((await bench.submit(session.url, CARD)).status).toBe(410);
  await expect(bench.stripe.checkout.sessions.expire(session.id)).rejects.toThrow('status in ["open"]');
});

test("what is typed wrong is said at its field, and what others typed is escaped", async () => {
  const { stripe } = bench;
  const product = await stripe.products.create({ name: "<script>alert(1)</script>" });
  const price = await stripe.prices.create({ product: product.id, currency: "jpy", unit_amount: 1500 });
  const session = await createCheckout(stripe, price);
  const wrong = await bench.submit(session.url, { ...CARD, email: "d@example.com", exp: "01 / 20" });
  const page = await wrong.text();
  expect(wrong.status).toBe(400);
  expect(page).toContain("expiration date is in the past");
  expect(page).toContain("¥1,500");
  expect(page).not.toContain("<script>");
  const real = await bench.submit(session.url, { ...CARD, email: "d@example.com", card_number: "4111111111111111" });
  expect(await real.text()).toContain("Use one of the test numbers");
  for (const [typed, words] of [
    [{ exp: "13 / 40" }, "Enter the expiry as MM / YY."],
    [{ exp: "" }, "Enter the expiry as MM / YY."],
    [{ cvc: "99" }, "security code is invalid"],
  ] as const)
    expect(await (await bench.submit(session.url, { ...CARD, email: "d@example.com", ...typed })).text()).toContain(
      words,
    );
});
