import type Stripe from "stripe";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench } from "./testing/bench.ts";
import { controlsOf } from "./testing/controls.ts";

let bench: Bench;
let stripe: Stripe;
const setDashboard: ReturnType<typeof controlsOf>["setDashboard"] = (change) => controlsOf(bench).setDashboard(change);
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterEach(() => setDashboard({ tax: true, portal: true, one_subscription_url: null }));
afterAll(() => bench.close());

const once = (overrides: Partial<Stripe.PriceCreateParams> = {}) =>
  createPlan(stripe, { recurring: undefined, ...overrides });

test("a customer who was deleted, or never was, is missing", async () => {
  const price = await createPlan(stripe);
  const { id } = await stripe.customers.create({});
  await stripe.customers.del(id);
  for (const customer of [id, "cus_never"]) {
    await expect(createCheckout(stripe, price, { customer })).rejects.toMatchObject({
      statusCode: 400,
      code: "resource_missing",
      param: "customer",
      message: `No such customer: '${customer}'`,
    });
    await expect(stripe.billingPortal.sessions.create({ customer })).rejects.toMatchObject({
      statusCode: 400,
      code: "resource_missing",
      param: "customer",
    });
  }
});

test("archived prices, and prices of archived products, are not sold", async () => {
  const [archived, orphaned] = [await createPlan(stripe), await createPlan(stripe)];
  await stripe.prices.update(archived.id, { active: false });
  await stripe.products.update(String(orphaned.product), { active: false });
  await expect(createCheckout(stripe, archived)).rejects.toMatchObject({
    param: "line_items[0][price]",
    code: undefined,
    message: "The price specified is inactive. This field only accepts active prices.",
  });
  await expect(createCheckout(stripe, orphaned)).rejects.toMatchObject({
    param: "line_items[0][price]",
    code: undefined,
    message: `Price \`${orphaned.id}\` is not available to be purchased because its product is not active.`,
  });
});

test("a currency that the price is not in is refused, and never overlooked", async () => {
  const price = await createPlan(stripe, { currency: "usd" });
  await expect(createCheckout(stripe, price, { currency: "eur" })).rejects.toThrow(
    "The price specified only supports `usd`. This doesn't match the expected currency: `eur`.",
  );
  expect(await createCheckout(stripe, price, { currency: "usd" })).toMatchObject({ currency: "usd" });
});

test("prices of the wrong type for the mode are refused", async () => {
  await expect(createCheckout(stripe, await createPlan(stripe), { mode: "payment" })).rejects.toThrow(
    "You specified `payment` mode but passed a recurring price.",
  );
  await expect(createCheckout(stripe, await once(), { mode: "subscription" })).rejects.toThrow(
    "You must provide at least one recurring price in `subscription` mode when using prices.",
  );
});

test("a price by use has no quantity, others need one", async () => {
  const meter = await stripe.billing.meters.create({
    display_name: "Calls",
    event_name: "calls",
    default_aggregation: { formula: "sum" },
  });
  expect(await stripe.billing.meters.retrieve(meter.id)).toMatchObject({ id: meter.id, status: "active" });
  expect((await stripe.billing.meters.list({ status: "inactive" })).data).toEqual([]);
  const recurring = { interval: "month", usage_type: "metered", meter: meter.id } as const;
  await expect(createPlan(stripe, { recurring: { ...recurring, meter: undefined } })).rejects.toMatchObject({
    param: "recurring[meter]",
  });
  const price = await createPlan(stripe, { recurring });
  await expect(createCheckout(stripe, price)).rejects.toMatchObject({
    param: "line_items[0][quantity]",
    message: "Quantity should not be specified where usage_type is `metered`. Remove quantity from `line_items[0]`",
  });
  const licensed = await createPlan(stripe);
  await expect(createCheckout(stripe, licensed, { line_items: [{ price: licensed.id }] })).rejects.toThrow(
    "Quantity is required. Add `quantity` to `line_items[0]`",
  );
  const session = await createCheckout(stripe, price, { line_items: [{ price: price.id }] });
  expect(session.amount_total).toBe(0);
  // What a unit costs, where nothing is due yet.
  const shown = await (await fetch(session.url ?? "")).text();
  expect(shown.match(/€15\.00 per unit per month/g)).toHaveLength(2);
  expect(shown).toContain("By use");
  expect(shown).not.toContain("€0.00 <small>");
  await bench.submit(session.url, { ...CARD, email: "by-use@example.com" });
  const { subscription } = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription"] });
  const [item] = (subscription as Stripe.Subscription).items.data;
  expect(item).toMatchObject({ price: { recurring: { usage_type: "metered", meter: meter.id } } });
  expect(item).not.toHaveProperty("quantity");
});

test("a customer has one currency among subscriptions, waiting items and open checkouts of subscriptions", async () => {
  const [eur, usd] = [await createPlan(stripe), await createPlan(stripe, { currency: "usd" })];
  const refusal = (currency: string) => ({
    statusCode: 400,
    type: "StripeInvalidRequestError",
    code: undefined,
    message: `You cannot combine currencies on a single customer. This customer has an active subscription, subscription schedule, discount, quote, invoice item or active subscription mode checkout session with currency ${currency}.`,
  });
  const { id: customer } = await stripe.customers.create({ email: "both@example.com" });
  const open = await createCheckout(stripe, eur, { customer });
  await expect(createCheckout(stripe, usd, { customer })).rejects.toMatchObject(refusal("eur"));
  // One that is paid once is not billed: it may be in any.
  await createCheckout(stripe, await once({ currency: "usd" }), { customer });
  await stripe.checkout.sessions.expire(open.id);
  const dollars = await createCheckout(stripe, usd, { customer });
  await bench.submit(dollars.url, CARD);
  await expect(createCheckout(stripe, eur, { customer })).rejects.toMatchObject(refusal("usd"));
  await expect(stripe.subscriptions.create({ customer, items: [{ price: eur.id }] })).rejects.toMatchObject(
    refusal("usd"),
  );
  const { data } = await stripe.subscriptions.list({ customer });
  await stripe.subscriptions.cancel(data[0]?.id ?? "");
  expect((await createCheckout(stripe, eur, { customer })).status).toBe("open");
  const { id: billed } = await stripe.customers.create({});
  await stripe.invoiceItems.create({ customer: billed, amount: 700, currency: "usd" });
  await expect(createCheckout(stripe, eur, { customer: billed })).rejects.toMatchObject(refusal("usd"));
});

test("a total under the currency's least charge is refused, and nothing is left of it", async () => {
  const before = (await stripe.checkout.sessions.list({ limit: 100 })).data.length;
  for (const [currency, amount, least] of [
    ["usd", 49, "$0.50 usd"],
    ["gbp", 29, "£0.30 gbp"],
    ["jpy", 49, "¥50 jpy"],
  ] as const) {
    await expect(createCheckout(stripe, await once({ currency, unit_amount: amount }))).rejects.toMatchObject({
      code: "amount_too_small",
      message: `The Checkout Session's total amount due must add up to at least ${least}`,
    });
  }
  expect((await stripe.checkout.sessions.list({ limit: 100 })).data).toHaveLength(before);
  expect((await createCheckout(stripe, await once({ unit_amount: 50 }))).amount_total).toBe(50);
  expect((await createCheckout(stripe, await once({ unit_amount: 0 }))).amount_total).toBe(0);
});

test("automatic tax needs the account's head office", async () => {
  await setDashboard({ tax: false });
  const price = await createPlan(stripe);
  const automatic_tax = { enabled: true };
  const message =
    "You must have a valid head office address to enable automatic tax calculation in test mode. Visit https://dashboard.stripe.com/test/settings/tax to update it.";
  await expect(createCheckout(stripe, price, { automatic_tax })).rejects.toMatchObject({ statusCode: 400, message });
  const { id: customer } = await stripe.customers.create({ address: { country: "DE" } });
  const items = [{ price: price.id }];
  await expect(stripe.subscriptions.create({ customer, items, automatic_tax })).rejects.toMatchObject({ message });
  expect((await createCheckout(stripe, price)).status).toBe("open");
  await setDashboard({ tax: true });
  expect((await createCheckout(stripe, price, { automatic_tax })).status).toBe("open");
});

test("the portal needs its settings saved, or a configuration", async () => {
  await setDashboard({ portal: false });
  const { id: customer } = await stripe.customers.create({});
  await expect(stripe.billingPortal.sessions.create({ customer })).rejects.toMatchObject({
    statusCode: 400,
    message: expect.stringMatching(
      /^No configuration provided and your test mode default configuration has not been created\./,
    ),
  });
  expect((await stripe.billingPortal.configurations.list({ is_default: true })).data).toEqual([]);
  const { id } = await stripe.billingPortal.configurations.create({ features: { invoice_history: { enabled: true } } });
  expect((await stripe.billingPortal.sessions.create({ customer, configuration: id })).configuration).toBe(id);
});

test("only an open session can be expired", async () => {
  const session = await createCheckout(stripe, await createPlan(stripe));
  await bench.submit(session.url, { ...CARD, email: "paid@example.com" });
  await expect(stripe.checkout.sessions.expire(session.id)).rejects.toMatchObject({
    statusCode: 400,
    code: undefined,
    message:
      'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of `complete`.',
  });
});

test("e-mails must be such, and a reference has at most 200 characters", async () => {
  const price = await createPlan(stripe);
  const refused = { statusCode: 400, code: "email_invalid" };
  await expect(createCheckout(stripe, price, { customer_email: "nobody" })).rejects.toMatchObject(refused);
  const { id } = await stripe.customers.create({ email: "a@example.com" });
  await expect(stripe.customers.update(id, { email: "b@" })).rejects.toMatchObject({ ...refused, param: "email" });
  expect((await stripe.customers.update(id, { email: "b@example.com" })).email).toBe("b@example.com");
  expect((await createCheckout(stripe, price, { client_reference_id: "r".repeat(200) })).status).toBe("open");
  await expect(createCheckout(stripe, price, { client_reference_id: "r".repeat(201) })).rejects.toMatchObject({
    param: "client_reference_id",
  });
});

test("an account may limit customers to one subscription: by the customer or, without one, by the e-mail", async () => {
  const price = await createPlan(stripe);
  const { id: customer } = await stripe.customers.create({ email: "one@example.com" });
  await bench.submit((await createCheckout(stripe, price, { customer })).url, CARD);
  await setDashboard({ one_subscription_url: "http://localhost/account?email={CUSTOMER_EMAIL}" });
  const manage = 'href="http://localhost/account?email=one%40example.com"';
  const again = await createCheckout(stripe, price, { customer });
  expect(await (await fetch(again.url ?? "")).text()).toContain(manage);
  const guest = await createCheckout(stripe, price);
  expect(await (await fetch(guest.url ?? "")).text()).toContain('name="card_number"');
  expect(await (await bench.submit(guest.url, { ...CARD, email: "one@example.com" })).text()).toContain(manage);
  expect((await stripe.checkout.sessions.retrieve(guest.id)).status).toBe("open");
  expect((await bench.submit(guest.url, { ...CARD, email: "two@example.com" })).status).toBe(303);
  const oneTime = await createCheckout(stripe, await once(), { customer });
  expect((await bench.submit(oneTime.url, CARD)).status).toBe(303);
});

test("prices of different intervals are not sold together", async () => {
  const [monthly, yearly, third] = [
    await createPlan(stripe),
    await createPlan(stripe, { recurring: { interval: "year" } }),
    await createPlan(stripe, { recurring: { interval: "month", interval_count: 3 } }),
  ];
  for (const other of [yearly, third]) {
    const line_items = [monthly, other].map(({ id: price }) => ({ price, quantity: 1 }));
    await expect(createCheckout(stripe, monthly, { line_items })).rejects.toThrow("different billing intervals");
  }
});

test("a quantity has its bounds, and a price by use has none to choose", async () => {
  const price = await createPlan(stripe);
  const sell = (item: Stripe.Checkout.SessionCreateParams.LineItem) =>
    createCheckout(stripe, price, { line_items: [{ price: price.id, quantity: 5, ...item }] });
  const by = "line_items[0][adjustable_quantity]";
  for (const [item, param] of [
    [{ quantity: 1_000_000 }, "line_items[0][quantity]"],
    [{ adjustable_quantity: { enabled: true, maximum: 1_000_000 } }, `${by}[maximum]`],
    [{ adjustable_quantity: { enabled: true, minimum: 6, maximum: 5 } }, `${by}[minimum]`],
  ] as const) {
    await expect(sell(item)).rejects.toMatchObject({ statusCode: 400, param });
  }
  const meter = await stripe.billing.meters.create({
    display_name: "Pages",
    event_name: "pages",
    default_aggregation: { formula: "sum" },
  });
  const metered = await createPlan(stripe, {
    recurring: { interval: "month", usage_type: "metered", meter: meter.id },
  });
  const line_items = [{ price: metered.id, adjustable_quantity: { enabled: true } }];
  await expect(createCheckout(stripe, metered, { line_items })).rejects.toMatchObject({ statusCode: 400, param: by });
});

test("a total of more than eight digits is refused", async () => {
  const price = await once({ unit_amount: 10_000_000 });
  const sell = (quantity: number) =>
    createCheckout(stripe, price, { mode: "payment", line_items: [{ price: price.id, quantity }] });
  await expect(sell(10)).rejects.toMatchObject({ statusCode: 400, code: "amount_too_large" });
  expect(await sell(9)).toMatchObject({ amount_total: 90_000_000 });
});
