import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createStripeEmulator, type StripeEmulatorOptions } from "./index.ts";
import { type Bench, CARD, createCheckout, createPlan, openBench, SECRET, typesSince, until } from "./testing/bench.ts";

async function bench(options: Partial<StripeEmulatorOptions> = {}): Promise<Bench> {
  const opened = await openBench(options);
  onTestFinished(() => opened.close());
  return opened;
}

function stateFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "stripe-emulator-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "state.jsonl");
}

test("an event that was answered with a 500 comes again, signed anew, until it is taken", async () => {
  const { stripe, emulator, received, answers } = await bench();
  answers.push(500, 500);
  await stripe.products.create({ name: "A" });
  expect((await stripe.events.list({ delivery_success: false })).data).toHaveLength(1);
  await emulator.waitForDeliveries();
  const ids = received.map(({ body, signature }) => stripe.webhooks.constructEvent(body, signature, SECRET).id);
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(1);
  expect(emulator.deliveries()).toMatchObject([{ status: "delivered", attempts: 3, lastStatus: 200 }]);
  expect((await stripe.events.list({ delivery_success: true })).data).toHaveLength(1);
});

test("an event that nobody takes is given up when the retries are used up", async () => {
  const { stripe, emulator } = await bench({
    webhookEndpoints: [{ url: "http://127.0.0.1:1/", secret: SECRET, enabledEvents: ["product.created"] }],
  });
  await stripe.products.create({ name: "A" });
  await stripe.customers.create({});
  await emulator.waitForDeliveries();
  expect(emulator.deliveries()).toMatchObject([{ status: "failed", attempts: 4, lastStatus: null }]);
});

test("an endpoint has ten deliveries to answer at once, and gets all; what a buyer waits for goes first", async () => {
  let [open, most] = [0, 0];
  const names: string[] = [];
  let bought: PromiseWithResolvers<void> | undefined;
  const slow = createServer(async (request, response) => {
    let body = "";
    open += 1;
    most = Math.max(most, open);
    for await (const chunk of request) body += chunk;
    const { type } = JSON.parse(body);
    names.push(type);
    if (type === "product.created") await bought?.promise;
    open -= 1;
    response.end();
  });
  await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void slow.close());
  const { port } = slow.address() as AddressInfo;
  const { stripe, emulator, submit } = await bench({
    webhookEndpoints: [{ url: `http://127.0.0.1:${port}/`, secret: SECRET, enabledEvents: ["*"] }],
  });
  const session = await createCheckout(stripe, await createPlan(stripe, { recurring: undefined }));
  await emulator.waitForDeliveries();
  names.length = 0;
  bought = Promise.withResolvers();
  await Promise.all(Array.from({ length: 100 }, (_, index) => stripe.products.create({ name: `${index}` })));
  await submit(session.url, { ...CARD, email: "first@example.com" });
  expect(names).toContain("checkout.session.completed");
  expect(names.filter((type) => type === "product.created")).toHaveLength(10);
  bought.resolve();
  await emulator.waitForDeliveries();
  expect(names.filter((type) => type === "product.created")).toHaveLength(100);
  expect(most).toBeGreaterThan(5);
  expect(most).toBeLessThanOrEqual(11);
});

test("state, idempotent answers, bank debits and undelivered events outlive a restart", async () => {
  const file = stateFile();
  const nobody = { url: "http://127.0.0.1:1/", secret: SECRET, enabledEvents: ["*"] };
  const first = await bench({
    stateFile: file,
    settleDelayMs: 300,
    retryDelaysMs: [0, 100_000],
    webhookEndpoints: [nobody],
  });
  const session = await createCheckout(first.stripe, await createPlan(first.stripe));
  await first.submit(session.url, { email: "a@example.com", iban: "DE89370400440532013000" });
  const { id } = await first.stripe.customers.create({ name: "Kept" }, { idempotencyKey: "kept" });
  await first.close();

  const second = await bench({ stateFile: file, retryDelaysMs: [0, 30] });
  const again = await second.stripe.customers.create({ name: "Kept" }, { idempotencyKey: "kept" });
  expect(again.id).toBe(id);
  await until(() => typesSince(second, 0).includes("checkout.session.async_payment_succeeded"));
  expect(await second.stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ payment_status: "paid" });
});

test("what an endpoint missed while it was down is sent after a restart", async () => {
  const file = stateFile();
  const down = { url: "http://127.0.0.1:1/", secret: SECRET, enabledEvents: ["*"] };
  const first = await bench({ stateFile: file, retryDelaysMs: [50, 50, 50, 50, 50, 50, 50], webhookEndpoints: [down] });
  await first.stripe.products.create({ name: "Missed" });
  await until(() => first.emulator.deliveries()[0]?.attempts === 1);
  await first.close();
  const second = await bench({ stateFile: file });
  await second.emulator.waitForDeliveries();
  expect(second.received).toHaveLength(1);
});

test("a last line torn by a kill is left out; damage elsewhere is told", async () => {
  const file = stateFile();
  const first = await bench({ stateFile: file });
  await first.stripe.products.create({ name: "Whole" });
  await first.close();
  appendFileSync(file, '[["products","prod_torn",{"id"');
  const second = await bench({ stateFile: file });
  expect((await second.stripe.products.list()).data.map(({ name }) => name)).toEqual(["Whole"]);
  await second.close();
  appendFileSync(file, "torn\n[]\n");
  expect(() => createStripeEmulator({ publicUrl: "http://localhost", stateFile: file })).toThrow("damaged at line");
});
