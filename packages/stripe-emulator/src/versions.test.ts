import Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createStripeEmulator } from "./index.ts";
import { type Bench, createPlan, openBench, SECRET } from "./testing/bench.ts";

const OLD = "2024-06-20";

let bench: Bench;
let old: Bench;
let subscription: string;
beforeAll(async () => {
  bench = await openBench();
  const { hookUrl: url } = bench;
  old = await openBench({ webhookEndpoints: [{ url, secret: SECRET, enabledEvents: ["*"], apiVersion: OLD }] });
  subscription = await subscribe(bench);
});
afterAll(async () => {
  await bench.close();
  await old.close();
});

async function subscribe({ stripe }: Bench): Promise<string> {
  const customer = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const price = await createPlan(stripe);
  return (await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })).id;
}

/** A subscription with its latest invoice. */
interface Shown {
  items: { data: object[] };
  latest_invoice: { id: string };
}

async function get(path: string, version?: string) {
  const headers = {
    authorization: "Bearer sk_test_1",
    ...(version === undefined ? {} : { "stripe-version": version }),
  };
  const response = await fetch(`${bench.origin}${path}`, { headers });
  const body = (await response.json()) as Shown;
  return { status: response.status, version: response.headers.get("stripe-version"), body };
}

test("a version that is none of Stripe's is refused", async () => {
  expect(await get("/v1/customers", "2019-2-19")).toMatchObject({
    status: 400,
    body: { error: { type: "invalid_request_error", message: "Invalid Stripe API version: 2019-2-19" } },
  });
  const unknown = [{ url: "http://localhost", secret: SECRET, enabledEvents: ["*"], apiVersion: "2024-06-21" }];
  expect(() => createStripeEmulator({ publicUrl: "http://localhost", webhookEndpoints: unknown })).toThrow(
    "2024-06-21",
  );
});

test("an older version shows what objects had then, also in expansions", async () => {
  const path = `/v1/subscriptions/${subscription}?expand[]=latest_invoice.payment_intent&expand[]=latest_invoice.charge`;
  const { body, version } = await get(path, OLD);
  expect(version).toBe(OLD);
  expect(body).toMatchObject({
    current_period_end: expect.any(Number),
    latest_invoice: {
      paid: true,
      subscription,
      subscription_details: { metadata: {} },
      payment_intent: { object: "payment_intent", invoice: body.latest_invoice.id },
      charge: { object: "charge", invoice: body.latest_invoice.id },
      lines: { data: [{ type: "subscription", proration: false, price: { object: "price" } }] },
    },
  });
  expect(body.items.data[0]).not.toHaveProperty("current_period_end");
  expect(body.latest_invoice).not.toHaveProperty("parent");
});

test("since basil, and without a version, objects are as they are now", async () => {
  for (const version of ["2025-03-31.basil", undefined]) {
    const { body } = await get(`/v1/subscriptions/${subscription}?expand[]=latest_invoice`, version);
    expect(body).not.toHaveProperty("current_period_end");
    expect(body.items.data[0]).toHaveProperty("current_period_end");
    expect(body.latest_invoice).not.toHaveProperty("subscription");
  }
  const path = `/v1/subscriptions/${subscription}?expand[]=latest_invoice.payment_intent`;
  expect((await get(path)).body).toMatchObject({ error: { message: expect.stringContaining("cannot be expanded") } });
});

test("events keep the version that they were made with, whatever the request's", async () => {
  const { body } = await get("/v1/events?type=customer.subscription.created", OLD);
  expect(body).toMatchObject({ data: [{ api_version: "2026-10-28.endive", data: { object: { id: subscription } } }] });
  const [event] = (body as unknown as Stripe.ApiList<Stripe.Event>).data;
  expect(event?.data.object).not.toHaveProperty("current_period_end");
});

test("an endpoint gets events in its own version; the list shows them as they were made", async () => {
  const id = await subscribe(old);
  await old.stripe.subscriptions.update(id, { trial_end: Math.floor(Date.now() / 1000) + 86_400 * 3 });
  await old.emulator.waitForDeliveries();
  const sent = bench.received
    .map(({ body, signature }) => Stripe.webhooks.constructEvent(body, signature, SECRET))
    .filter(({ api_version }) => api_version === OLD);
  const updated = sent.find(
    ({ type, data }) => type === "customer.subscription.updated" && "previous_attributes" in data,
  );
  const periodEnd = expect.any(Number);
  expect(updated).toMatchObject({
    api_version: OLD,
    data: { object: { id, current_period_end: periodEnd }, previous_attributes: { current_period_end: periodEnd } },
  });
  expect(sent.find(({ type }) => type === "invoice.paid")).toMatchObject({
    api_version: OLD,
    data: { object: { paid: true, subscription: id, charge: expect.stringMatching(/^ch_/) } },
  });
  const { data } = await old.stripe.events.list({ type: "customer.subscription.updated" });
  expect(data[0]).toMatchObject({ id: updated?.id, api_version: "2026-10-28.endive" });
  expect(data[0]?.data.object).not.toHaveProperty("current_period_end");
});

test("an endpoint made by API with a version gets its events in it", async () => {
  const { stripe } = bench;
  const endpoint = await stripe.webhookEndpoints.create({
    url: bench.hookUrl,
    enabled_events: ["product.created"],
    api_version: "2023-10-16",
  });
  expect(endpoint.api_version).toBe("2023-10-16");
  const product = await stripe.products.create({ name: "Versioned" });
  await bench.emulator.waitForDeliveries();
  const sent = bench.received.map(({ body }) => JSON.parse(body) as Stripe.Event);
  const versions = sent
    .filter(({ data }) => "id" in data.object && data.object.id === product.id)
    .map((event) => event.api_version);
  expect(versions.sort()).toEqual(["2023-10-16", "2026-10-28.endive"]);
});

test("payment_method_types is what pays before the version that chooses by itself, and of who names none", async () => {
  const create = async (version?: string, listed = "payment_method_types[]=card") => {
    const headers = {
      authorization: "Bearer sk_test_1",
      "content-type": "application/x-www-form-urlencoded",
      ...(version === undefined ? {} : { "stripe-version": version }),
    };
    const body = `amount=100&currency=eur&${listed}`;
    const answer = await fetch(`${bench.origin}/v1/payment_intents`, { method: "POST", headers, body });
    return { status: answer.status, ...((await answer.json()) as Partial<Stripe.PaymentIntent>) };
  };
  const forCards = {
    status: "requires_payment_method",
    payment_method_types: ["card"],
    automatic_payment_methods: null,
  };
  expect([await create("2026-08-26.dahlia"), await create()]).toMatchObject([forCards, forCards]);
  expect(await create("2026-09-30.endive")).toMatchObject({ status: 400 });
  // https://docs.stripe.com/changelog/2023-08-16
  expect(await create("2022-11-15", "")).toMatchObject(forCards);
  expect(await create("2023-10-16", "")).toMatchObject({ payment_method_types: ["card", "sepa_debit"] });
  const both = "payment_method_types[]=card&automatic_payment_methods[enabled]=true";
  expect(await create("2023-10-16", both)).toMatchObject({ status: 400 });
  const debits = "allowed_payment_method_types[]=sepa_debit";
  expect(await create(undefined, debits)).toMatchObject({ payment_method_types: ["sepa_debit"] });
  expect(await create(undefined, `${debits}&payment_method_types[]=card`)).toMatchObject({ status: 400 });
  const dollars = "payment_method_types[]=card&payment_method_types[]=sepa_debit&currency=usd";
  expect(await create("2023-10-16", dollars)).toMatchObject({ status: 400 });
  const { id: price } = await createPlan(bench.stripe);
  const session = await bench.stripe.checkout.sessions.create(
    {
      ...{ payment_method_types: ["card"] },
      mode: "subscription",
      line_items: [{ price, quantity: 1 }],
      success_url: "http://localhost/",
    },
    { apiVersion: "2025-12-15.clover" },
  );
  expect(session.payment_method_types).toEqual(["card"]);
});

// https://docs.stripe.com/changelog/dahlia
test.each([
  ["hosted", "hosted_page", { success_url: "http://localhost/" }],
  ["embedded", "embedded_page", { return_url: "http://localhost/" }],
  ["custom", "elements", { return_url: "http://localhost/" }],
])("what is %s in an older version is %s now", async (older, now, addresses) => {
  const { stripe } = bench;
  const price = await createPlan(stripe);
  const session = (ui_mode: string, apiVersion?: string) =>
    stripe.checkout.sessions.create(
      {
        mode: "subscription",
        line_items: [{ price: price.id, quantity: 1 }],
        ui_mode,
        ...addresses,
      },
      apiVersion === undefined ? {} : { apiVersion },
    );
  expect(await session(older, "2025-12-15.clover")).toMatchObject({ ui_mode: older });
  expect(await session(now)).toMatchObject({ ui_mode: now });
  await expect(session(older)).rejects.toMatchObject({ param: "ui_mode" });
});

// https://docs.stripe.com/changelog/basil/2025-03-31/invoice-preview-api-deprecations
test("the upcoming invoice was read at an address of its own, which is no more", async () => {
  const { id: dear } = await createPlan(bench.stripe, { unit_amount: 4000 });
  const { customer, items } = await bench.stripe.subscriptions.retrieve(subscription);
  const path = `/v1/invoices/upcoming?customer=${customer}`;
  expect(await get(path, OLD)).toMatchObject({ status: 200, body: { object: "invoice", total: 1500, subscription } });
  const changed = `subscription_items[0][id]=${items.data[0]?.id}&subscription_items[0][price]=${dear}`;
  const asked = `${path}&subscription=${subscription}&${changed}&subscription_proration_behavior=none`;
  expect(await get(asked, OLD)).toMatchObject({ status: 200, body: { total: 4000 } });
  expect(await get(path)).toMatchObject({ status: 400, body: { error: { type: "invalid_request_error" } } });
});
