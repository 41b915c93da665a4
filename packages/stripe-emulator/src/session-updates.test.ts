import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench } from "./testing/bench.ts";

/** https://docs.stripe.com/payments/advanced/dynamic-updates */
let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const itemsOf = async (id: string) =>
  (await stripe.checkout.sessions.listLineItems(id)).data.map(({ quantity, price }) => [price?.id, quantity]);

test("an open session's items are named anew: what keeps its id stays, what is not named goes", async () => {
  const [pro, seats, once] = await Promise.all([
    createPlan(stripe),
    createPlan(stripe, { unit_amount: 400 }),
    createPlan(stripe, { unit_amount: 900, recurring: undefined }),
  ]);
  const { sessions } = stripe.checkout;
  const session = await createCheckout(stripe, pro, { metadata: { cart: "1" }, expand: ["line_items"] });
  const first = session.line_items?.data[0]?.id ?? "";
  const changed = await sessions.update(session.id, {
    line_items: [
      { id: first, quantity: 2 },
      { price: seats.id, quantity: 5 },
    ],
    metadata: { step: "seats" },
  });
  expect(changed).toMatchObject({ amount_total: 3000 + 2000, metadata: { cart: "1", step: "seats" } });
  expect(await itemsOf(session.id)).toEqual([
    [pro.id, 2],
    [seats.id, 5],
  ]);
  const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 10, inclusive: false });
  const taxed = await sessions.update(session.id, {
    line_items: [
      { id: first, tax_rates: [rate.id] },
      { price: once.id, quantity: 1 },
    ],
  });
  expect(taxed).toMatchObject({ amount_subtotal: 3000 + 900, amount_total: 3900 + 300 });
  const described = {
    currency: "eur",
    unit_amount: 700,
    recurring: { interval: "month" as const },
    product_data: { name: "Mini" },
  };
  expect(await sessions.update(session.id, { line_items: [{ id: first, price_data: described }] })).toMatchObject({
    amount_subtotal: 1400,
    amount_total: 1540,
  });

  const refused = (line_items: Stripe.Checkout.SessionUpdateParams.LineItem[]) =>
    expect(sessions.update(session.id, { line_items })).rejects;
  await refused([{ id: "li_nobody" }]).toMatchObject({ code: "resource_missing", param: "line_items[0][id]" });
  await refused([{ price: once.id, quantity: 1 }]).toThrow("at least one recurring price");
  await refused([{ id: first, quantity: 0 }]).toMatchObject({ param: "line_items[0][quantity]" });
  await refused([{ id: first, quantity: 999_999 }]).toMatchObject({ code: "amount_too_large" });
  expect(await sessions.retrieve(session.id)).toMatchObject({ amount_total: 1540 });

  await bench.submit(session.url, { ...CARD, email: "cart@example.com" });
  const bought = await sessions.retrieve(session.id, { expand: ["subscription"] });
  expect(bought).toMatchObject({ status: "complete", amount_total: 1540 });
  expect((bought.subscription as Stripe.Subscription).items.data).toMatchObject([
    { quantity: 2, price: { unit_amount: 700 }, tax_rates: [{ id: rate.id }] },
  ]);
  await refused([{ id: first, quantity: 1 }]).toThrow("status of `complete`");
  expect(await sessions.update(session.id, { metadata: { step: "" } })).toMatchObject({ metadata: { cart: "1" } });
});

// https://docs.stripe.com/api/checkout/sessions/update#update_checkout_session-payment_intent_data
test("what an open session by Elements says of its payment is changed, and an attempt that waits for its bank is given up", async () => {
  const { id: price } = await createPlan(stripe, { recurring: undefined });
  const open = (overrides: Partial<Stripe.Checkout.SessionCreateParams> = {}) =>
    stripe.checkout.sessions.create({
      mode: "payment",
      customer_creation: "always",
      customer_email: "ada@example.com",
      line_items: [{ price, quantity: 1 }],
      ui_mode: "elements",
      return_url: "http://localhost/back",
      payment_intent_data: { metadata: { order: "1", cart: "2" }, description: "Before" },
      ...overrides,
    });
  const { id, client_secret: secret } = await open();
  const update = (payment_intent_data: Stripe.Checkout.SessionUpdateParams.PaymentIntentData, session = id) =>
    stripe.checkout.sessions.update(session, { payment_intent_data });
  const pay = async (fields: object) => {
    const body = new URLSearchParams({ ...CARD, card_number: "4000002500003155", ...fields });
    return (await fetch(`${bench.origin}/c/elements/${secret}`, { method: "POST", body })).json();
  };
  const payment = async () => {
    const { payment_intent } = await stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent"] });
    return payment_intent as Stripe.PaymentIntent;
  };
  await update({ setup_future_usage: "off_session" });
  await update({ setup_future_usage: "", description: "Between", metadata: { cart: "", seats: "3" } });
  expect(await pay({})).toEqual({ challenged: true });
  expect(await payment()).toMatchObject({
    status: "requires_action",
    description: "Between",
    metadata: { order: "1", seats: "3" },
    setup_future_usage: null,
  });
  await update({ description: "", setup_future_usage: "on_session" });
  const changed = { description: null, setup_future_usage: "on_session", metadata: { order: "1", seats: "3" } };
  expect(await payment()).toMatchObject({ ...changed, status: "requires_payment_method", next_action: null });
  expect(await pay({ challenge: "complete" })).toEqual({ challenged: true });
  expect(await pay({ challenge: "complete" })).toEqual({ url: "http://localhost/back" });
  const { customer, ...paid } = await payment();
  expect(paid).toMatchObject({ ...changed, status: "succeeded" });
  expect((await stripe.customers.listPaymentMethods(String(customer))).data).toHaveLength(1);

  const refused = { param: "payment_intent_data" };
  await expect(update({ description: "After" })).rejects.toMatchObject(refused);
  const hosted = await open({ ui_mode: "hosted_page", return_url: undefined, success_url: "http://localhost/ok" });
  await expect(update({ description: "Hosted" }, hosted.id)).rejects.toMatchObject(refused);
  const plan = { line_items: [{ price: (await createPlan(stripe)).id, quantity: 1 }] };
  const recurring = await open({
    ...plan,
    mode: "subscription",
    customer_creation: undefined,
    payment_intent_data: undefined,
  });
  await expect(update({ description: "Plan" }, recurring.id)).rejects.toMatchObject(refused);
});

test("what an update of a session knows of shipping is refused by its name", async () => {
  const { id } = await createCheckout(stripe, await createPlan(stripe));
  for (const [params, param] of [
    [{ shipping_options: [{ shipping_rate: "shr_1" }] }, "shipping_options"],
    [
      { collected_information: { shipping_details: { name: "Ada", address: { country: "DE", line1: "1" } } } },
      "collected_information",
    ],
    [{ payment_intent_data: { statement_descriptor: "SHOP" } }, "payment_intent_data[statement_descriptor]"],
  ] as [Stripe.Checkout.SessionUpdateParams, string][])
    await expect(stripe.checkout.sessions.update(id, params)).rejects.toMatchObject({
      code: "emulator_parameter_not_modelled",
      param,
    });
});
