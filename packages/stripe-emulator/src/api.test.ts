import Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createCheckout, createPlan, openBench } from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

test("twenty parallel creates with one idempotency key make one object", async () => {
  const create = () => stripe.customers.create({ email: "same@example.com" }, { idempotencyKey: "twenty" });
  const made = await Promise.all(Array.from({ length: 20 }, create));
  expect(new Set(made.map((customer) => customer.id)).size).toBe(1);
  const replayed = made.filter((customer) => customer.lastResponse.headers["idempotent-replayed"] === "true");
  expect(replayed).toHaveLength(19);
  expect((await stripe.customers.list({ email: "same@example.com" })).data).toHaveLength(1);
});

test("an idempotency key with other parameters is an idempotency error", async () => {
  await stripe.products.create({ name: "A" }, { idempotencyKey: "reused" });
  const other = stripe.products.create({ name: "B" }, { idempotencyKey: "reused" });
  await expect(other).rejects.toMatchObject({ type: "StripeIdempotencyError", statusCode: 400 });
});

test("a request whose parameters are refused does not use up its idempotency key", async () => {
  const options = { idempotencyKey: "refused-first" };
  await expect(
    stripe.prices.create({ currency: "eur", unit_amount: 1.5, product: "prod_1" }, options),
  ).rejects.toThrow();
  expect((await stripe.products.create({ name: "C" }, options)).name).toBe("C");
});

test("a request without a test key is a 401 with an error body", async () => {
  const without = await fetch(`${bench.origin}/v1/customers`);
  expect(without.status).toBe(401);
  expect(await without.json()).toMatchObject({ error: { type: "invalid_request_error" } });
  const live = new Stripe("sk_live_x", { host: "127.0.0.1", port: new URL(bench.origin).port, protocol: "http" });
  await expect(live.customers.list()).rejects.toMatchObject({ type: "StripeAuthenticationError" });
  const basic = await fetch(`${bench.origin}/v1/customers`, {
    headers: { authorization: `Basic ${btoa("sk_test_1:")}` },
  });
  expect(basic.status).toBe(200);
});

test("an unknown route and an unknown object are 404s with an error body", async () => {
  const headers = { authorization: "Bearer sk_test_1" };
  const route = await fetch(`${bench.origin}/v1/nothing`, { headers });
  expect(route.status).toBe(404);
  expect(await route.json()).toMatchObject({ error: { type: "invalid_request_error" } });
  await expect(stripe.prices.retrieve("price_x")).rejects.toMatchObject({
    code: "resource_missing",
    statusCode: 404,
    message: "No such price: 'price_x'",
  });
});

test("every answer carries a request id, the API version and the date", async () => {
  const { headers } = (await stripe.products.list()).lastResponse;
  expect(headers["request-id"]).toMatch(/^req_/);
  expect(headers["stripe-version"]).toBe("2026-10-28.endive");
  expect(Math.abs(Date.parse(headers.date ?? "") - Date.now())).toBeLessThan(3000);
});

test("bad parameters are refused with the parameter's name", async () => {
  const price = await createPlan(stripe);
  const refused = async (overrides: Record<string, unknown>) => {
    const error: unknown = await createCheckout(stripe, price, overrides).catch((reason: unknown) => reason);
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw new Error("It was not refused.");
    return [error.statusCode, error.code, error.param];
  };
  expect(await refused({ payment_method_types: ["card"] })).toEqual([400, "parameter_unknown", "payment_method_types"]);
  expect(await refused({ line_items: [{ price: "price_x", quantity: 1 }] })).toEqual([
    400,
    "resource_missing",
    "line_items[0][price]",
  ]);
  expect(await refused({ subscription_data: { bogus: "1" } })).toEqual([
    400,
    "parameter_unknown",
    "subscription_data[bogus]",
  ]);
  expect(await refused({ success_url: undefined })).toEqual([400, "parameter_missing", "success_url"]);
  expect(await refused({ mode: "bogus" })).toEqual([400, undefined, "mode"]);
  expect(await refused({ mode: "payment" })).toEqual([400, undefined, undefined]);
  expect(await refused({ expires_at: Math.floor(Date.now() / 1000) + 60 })).toEqual([400, undefined, "expires_at"]);
  expect(await refused({ customer: "cus_x" })).toEqual([400, "resource_missing", "customer"]);
});

test("automatic tax with an existing customer wants customer_update", async () => {
  const price = await createPlan(stripe);
  const customer = await stripe.customers.create({ email: "tax@example.com" });
  const taxed = { customer: customer.id, automatic_tax: { enabled: true } };
  await expect(createCheckout(stripe, price, taxed)).rejects.toMatchObject({ code: "customer_tax_location_invalid" });
  const session = await createCheckout(stripe, price, { ...taxed, customer_update: { address: "auto" } });
  expect(session.automatic_tax.enabled).toBe(true);
});

test("lists page by cursor in both directions, newest first", async () => {
  const made: string[] = [];
  for (let index = 0; index < 25; index += 1)
    made.push((await stripe.customers.create({ email: "page@example.com" })).id);
  const newestFirst: string[] = [];
  for await (const { id } of stripe.customers.list({ email: "page@example.com", limit: 7 })) newestFirst.push(id);
  expect(newestFirst).toEqual([...made].reverse());
  const [oldest = ""] = made;
  const chronological: string[] = [];
  for await (const { id } of stripe.customers.list({ email: "page@example.com", limit: 7, ending_before: oldest })) {
    chronological.push(id);
  }
  expect(chronological).toEqual(made.slice(1));
  await expect(stripe.customers.list({ limit: 101 })).rejects.toMatchObject({ param: "limit" });
  await expect(stripe.customers.list({ starting_after: "cus_x" })).rejects.toMatchObject({ code: "resource_missing" });
});

test("a catalogue is made, found by its lookup keys, and put out of sale", async () => {
  const product = await stripe.products.create({
    id: "prod_team",
    name: "Team",
    default_price_data: { currency: "usd", unit_amount: 900, recurring: { interval: "year" } },
  });
  const price = await stripe.prices.create({
    product: "prod_team",
    currency: "usd",
    unit_amount: 99,
    lookup_key: "team",
  });
  const found = await stripe.prices.list({ lookup_keys: ["team"], expand: ["data.product"] });
  expect(found.data).toMatchObject([
    { id: price.id, product: { id: "prod_team", default_price: product.default_price } },
  ]);
  await expect(
    stripe.prices.create({ product: "prod_team", currency: "usd", unit_amount: 1, lookup_key: "team" }),
  ).rejects.toThrow("already uses that lookup key");
  await stripe.prices.update(price.id, { active: false, metadata: { shelf: "old" } });
  const updated = bench.emulator.events().at(-1);
  expect(updated).toMatchObject({
    type: "price.updated",
    data: { object: { active: false }, previous_attributes: { active: true, metadata: { shelf: null } } },
  });
  expect((await stripe.prices.list({ product: "prod_team", active: true })).data.map(({ id }) => id)).not.toContain(
    price.id,
  );
  await expect(stripe.products.del("prod_team")).rejects.toThrow("cannot be deleted");
  await expect(stripe.products.create({ id: "prod_team", name: "Again" })).rejects.toMatchObject({
    code: "resource_already_exists",
  });
});

test("a deleted customer stays as a tombstone", async () => {
  const { id } = await stripe.customers.create({ email: "gone@example.com", metadata: { a: "1", b: "2" } });
  expect((await stripe.customers.update(id, { metadata: { a: "" } })).metadata).toEqual({ b: "2" });
  expect(await stripe.customers.del(id)).toMatchObject({ deleted: true });
  expect(await stripe.customers.retrieve(id)).toMatchObject({ id, deleted: true });
  expect((await stripe.customers.list({ email: "gone@example.com" })).data).toEqual([]);
});

test("events are listed by type and time, and retrieved", async () => {
  const start = Math.floor(Date.now() / 1000) - 60;
  const { data } = await stripe.events.list({
    types: ["customer.deleted", "price.*"],
    created: { gte: start },
    limit: 100,
  });
  expect(data.length).toBeGreaterThan(0);
  expect(data.every(({ type }) => type === "customer.deleted" || type.startsWith("price."))).toBe(true);
  const [first] = data;
  expect(await stripe.events.retrieve(first?.id ?? "")).toMatchObject({
    id: first?.id,
    api_version: "2026-10-28.endive",
  });
  expect((await stripe.events.list({ created: { lt: start } })).data).toEqual([]);
});

test("what cannot be expanded is refused", async () => {
  await expect(stripe.customers.list({ expand: ["data.bogus"] })).rejects.toThrow("cannot be expanded");
});
