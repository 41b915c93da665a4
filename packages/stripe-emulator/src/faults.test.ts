import Stripe from "stripe";
import { expect, onTestFinished, test } from "vitest";
import type { StripeEmulatorOptions } from "./index.ts";
import { type Bench, openBench, SECRET, until } from "./testing/bench.ts";

async function bench(options: Partial<StripeEmulatorOptions> = {}): Promise<Bench> {
  const opened = await openBench(options);
  onTestFinished(() => opened.close());
  return opened;
}

const headers = { authorization: "Bearer sk_test_control", "content-type": "application/json" };

async function control(on: Bench, path: string, body: unknown = {}): Promise<unknown> {
  const answer = await fetch(`${on.origin}/_emulator/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
  return answer.json();
}

const names = ({ received }: Bench) => received.map(({ body }) => JSON.parse(body).data.object.name);

test("an event is sent twice, late, last first, or not at all", async () => {
  const on = await bench();
  await control(on, "faults", { kind: "duplicate" });
  await on.stripe.products.create({ name: "twice" });
  await on.emulator.waitForDeliveries();
  expect(names(on)).toEqual(["twice", "twice"]);
  expect((await on.stripe.events.list({ delivery_success: true })).data).toHaveLength(1);
  await control(on, "faults", { kind: "drop", match: "product." });
  const lost = await on.stripe.products.create({ name: "lost" });
  await control(on, "faults", { kind: "delay", ms: 1000 });
  await on.stripe.products.create({ name: "late" });
  await on.stripe.products.create({ name: "early" });
  await on.emulator.waitForDeliveries();
  expect(names(on).slice(2)).toEqual(["early", "late"]);
  const [missed] = (await on.stripe.events.list({ delivery_success: false })).data;
  expect(missed?.data.object).toMatchObject({ id: lost.id });
  await control(on, "faults", { kind: "reorder", times: 3 });
  for (const name of ["1", "2", "3"]) await on.stripe.products.create({ name });
  await on.emulator.waitForDeliveries();
  expect(names(on).slice(4)).toEqual(["3", "2", "1"]);
});

test("a delivery with a wrong signature comes again with the right one", async () => {
  const on = await bench();
  await control(on, "faults", { kind: "wrong_signature" });
  on.answers.push(400);
  await on.stripe.products.create({ name: "A" });
  await on.emulator.waitForDeliveries();
  const [wrong, right] = on.received;
  const verify = (of = wrong) => on.stripe.webhooks.constructEvent(of?.body ?? "", of?.signature ?? "", SECRET);
  expect(() => verify()).toThrow(Stripe.errors.StripeSignatureVerificationError);
  expect(verify(right).type).toBe("product.created");
});

test("a 500 that was kept comes again for its idempotency key, and nothing was done", async () => {
  const on = await bench();
  await control(on, "faults", { kind: "error_500_kept", match: "/v1/products" });
  const create = (idempotencyKey: string) => on.stripe.products.create({ name: "A" }, { idempotencyKey });
  for (const _time of [1, 2]) await expect(create("first")).rejects.toMatchObject({ statusCode: 500 });
  expect((await on.stripe.products.list()).data).toEqual([]);
  await create("second");
  expect((await on.stripe.products.list()).data).toHaveLength(1);
});

test("what was answered too late was done all the same; a retry with its key has that answer", async () => {
  const on = await bench();
  await control(on, "faults", { kind: "late_answer", ms: 400, match: "/v1/products" });
  const options = { idempotencyKey: "one product" };
  await expect(on.stripe.products.create({ name: "A" }, { ...options, timeout: 100 })).rejects.toMatchObject({
    type: "StripeConnectionError",
  });
  const { id } = await on.stripe.products.create({ name: "A" }, options);
  expect((await on.stripe.products.list()).data.map((product) => product.id)).toEqual([id]);
});

test("the API fails, limits and is slow on demand; a client that retries gets through", async () => {
  const on = await bench();
  await control(on, "faults", { kind: "error_500", match: "/v1/products" });
  expect((await on.stripe.customers.list()).data).toEqual([]);
  await expect(on.stripe.products.list()).rejects.toMatchObject({ statusCode: 500, type: "StripeAPIError" });
  await control(on, "faults", { kind: "rate_limit" });
  await expect(on.stripe.products.list()).rejects.toMatchObject({ statusCode: 429, type: "StripeRateLimitError" });
  await control(on, "faults", { kind: "error_500" });
  expect((await on.stripe.products.create({ name: "A" }, { maxNetworkRetries: 1 })).name).toBe("A");
  await control(on, "faults", { kind: "slow", ms: 100 });
  const begin = Date.now();
  await on.stripe.products.list();
  expect(Date.now() - begin).toBeGreaterThanOrEqual(99);
  const cleared = await fetch(`${on.origin}/_emulator/faults`, { method: "DELETE", headers });
  expect(await cleared.json()).toEqual({ data: [] });
});

test("a snapshot is restored, and a reset empties; nobody does so without a key", async () => {
  const on = await bench();
  const { id } = await on.stripe.products.create({ name: "Kept" });
  await on.emulator.waitForDeliveries();
  const snapshot = await control(on, "snapshot");
  await control(on, "reset");
  expect((await on.stripe.products.list()).data).toEqual([]);
  await control(on, "restore", snapshot);
  expect((await on.stripe.products.retrieve(id)).name).toBe("Kept");
  expect(on.emulator.events()).toHaveLength(1);
  expect((await fetch(`${on.origin}/_emulator/reset`, { method: "POST" })).status).toBe(401);
});

test("a snapshot is sent as it is written, however long; a row that is nested too deeply is no part of one", async () => {
  const on = await bench();
  const { id } = await on.stripe.products.create({ name: "Kept" });
  for (const [path, method] of [
    ["snapshot", "POST"],
    ["control/state/snapshot", "GET"],
  ] as const) {
    const sent = await fetch(`${on.origin}/_emulator/${path}`, { method, headers });
    expect(sent.headers.get("content-length"), path).toBeNull();
    const rows: [string, string, unknown][] = JSON.parse(await sent.text());
    expect(rows.find(([table]) => table === "products")).toMatchObject(["products", id, { name: "Kept" }]);
  }
  const deep = `[["customers", "cus_1", {"id": "cus_1", "metadata": ${"[".repeat(100_000)}${"]".repeat(100_000)}}]]`;
  const restored = await fetch(`${on.origin}/_emulator/restore`, { method: "POST", headers, body: deep });
  expect([restored.status, await restored.text()]).toEqual([400, expect.stringContaining("This is not a snapshot")]);
  expect((await on.stripe.products.retrieve(id)).name).toBe("Kept");
});

test("endpoints are made by API, get what they ask for, and show their secret once", async () => {
  const on = await bench({ webhookEndpoints: [] });
  const made = await on.stripe.webhookEndpoints.create({ url: on.hookUrl, enabled_events: ["product.created"] });
  const other = await on.stripe.webhookEndpoints.create({ url: on.hookUrl, enabled_events: ["*"] });
  expect(await on.stripe.webhookEndpoints.retrieve(made.id)).not.toHaveProperty("secret");
  await on.stripe.customers.create({});
  await on.stripe.products.create({ name: "A" });
  await on.emulator.waitForDeliveries();
  expect(on.received).toHaveLength(3);
  const verified = (secret = "") =>
    on.received.filter(({ body, signature }) => {
      try {
        return on.stripe.webhooks.constructEvent(body, signature, secret);
      } catch {
        return false;
      }
    }).length;
  expect([verified(made.secret), verified(other.secret)]).toEqual([1, 2]);
  await on.stripe.webhookEndpoints.update(other.id, { disabled: true });
  await on.stripe.webhookEndpoints.del(made.id);
  await on.stripe.products.create({ name: "B" });
  expect((await on.stripe.webhookEndpoints.list()).data).toMatchObject([{ id: other.id, status: "disabled" }]);
  await expect(on.stripe.webhookEndpoints.create({ url: "nowhere", enabled_events: ["*"] })).rejects.toMatchObject({
    param: "url",
  });
  expect(on.received).toHaveLength(3);
});

test("a rolled secret signs beside the old one until that expires", async () => {
  const on = await bench();
  const roll = async (expires_in: number) => {
    const answer = await control(on, "webhook_endpoints/we_1/roll", { expires_in });
    return String(Reflect.get(Object(answer), "secret"));
  };
  const secret = await roll(60);
  await on.stripe.products.create({ name: "A" });
  await on.emulator.waitForDeliveries();
  const [{ body, signature } = { body: "", signature: "" }] = on.received;
  for (const each of [SECRET, secret]) {
    expect(on.stripe.webhooks.constructEvent(body, signature, each).type).toBe("product.created");
  }
  const last = await roll(0);
  await on.stripe.products.create({ name: "B" });
  await until(() => on.received.length === 2);
  expect(on.received[1]?.signature.match(/v1=/g)).toHaveLength(1);
  expect(
    on.stripe.webhooks.constructEvent(on.received[1]?.body ?? "", on.received[1]?.signature ?? "", last).id,
  ).toBeTruthy();
});

test("events are listed by type and by time", async () => {
  const on = await bench();
  await on.stripe.products.create({ name: "A" });
  await on.stripe.customers.create({});
  const types = async (params: Stripe.EventListParams) =>
    (await on.stripe.events.list(params)).data.map(({ type }) => type);
  expect(await types({ types: ["product.created", "price.created"] })).toEqual(["product.created"]);
  expect(await types({ type: "customer.*" })).toEqual(["customer.created"]);
  const newest = Math.max(...(await on.stripe.events.list()).data.map(({ created }) => created));
  expect(await types({ created: { gt: newest } })).toEqual([]);
});

test("a renewed card tells that it was updated by itself", async () => {
  const on = await bench();
  const customer = await on.stripe.customers.create({ payment_method: "pm_card_visa" });
  const [method] = (await on.stripe.customers.listPaymentMethods(customer.id)).data;
  await control(on, `payment_methods/${method?.id}/renew`);
  expect(on.emulator.events().at(-1)?.type).toBe("payment_method.automatically_updated");
});
