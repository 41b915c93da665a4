import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Stripe from "stripe";
import { expect, onTestFinished, test } from "vitest";
import type { StripeEmulatorOptions } from "./index.ts";
import { type Bench, CARD, createCheckout, createPlan, openBench } from "./testing/bench.ts";
import { type Clocked, DAY, onClock, START } from "./testing/clocked.ts";

const NO_PAGES = { success_url: undefined, cancel_url: undefined, return_url: "http://localhost/" } as object;
const headers = { authorization: "Bearer sk_test_jobs", "content-type": "application/json" };

async function bench(options: Partial<StripeEmulatorOptions> = {}): Promise<Bench> {
  const opened = await openBench({ webhookEndpoints: [], ...options });
  onTestFinished(() => opened.close());
  return opened;
}

async function control<T>(on: Bench, method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return (await fetch(`${on.origin}/_emulator/${path}`, { method, headers, ...sent })).json() as T;
}

/** Further than Stripe lets a clock be moved at once: long enough to look on. The control room may. */
async function moveFar(on: Bench, clock: string, to: number): Promise<void> {
  const body = new URLSearchParams({ to: new Date(to * 1000).toISOString().slice(0, 16) });
  const init = { method: "POST", body, headers: { "sec-fetch-site": "same-origin" } };
  const answer = await fetch(`${on.origin}/_emulator/control/clocks/${clock}/advance`, { ...init, redirect: "manual" });
  expect(answer.status).toBe(303);
}

/** As many subscriptions as Stripe lets be on a clock; the first of them. */
async function fillClock({ subscribe }: Clocked): Promise<Stripe.Subscription> {
  const first = await subscribe();
  for (let count = 1; count < 9; count++) await subscribe();
  return first;
}

/** As a state file from before such prices were refused has it. */
async function breakPeriod(on: Bench, id: string): Promise<void> {
  const snapshot = await control<[string, string, unknown][]>(on, "POST", "snapshot");
  const rows = snapshot.map(([table, key, row]) => {
    const text = JSON.stringify(row);
    return [table, key, JSON.parse(key === id ? text.replaceAll('"interval_count":1', '"interval_count":0.5') : text)];
  });
  await control(on, "POST", "restore", rows);
}

test("a job that throws is set aside and told, and the clock goes on", async () => {
  const log: string[] = [];
  const on = await bench({ log: (line) => void log.push(line) });
  const clocked = await onClock(on, START);
  const [broken, whole] = [await clocked.subscribe(), await clocked.subscribe()];
  await breakPeriod(on, broken.id);
  await clocked.advance(START + 40 * DAY);
  expect((await on.stripe.invoices.list({ subscription: whole.id })).data).toHaveLength(2);
  expect((await on.stripe.testHelpers.testClocks.retrieve(clocked.clock)).status).toBe("ready");
  const { data } = await control<{ data: unknown[] }>(on, "GET", "failed_jobs");
  const error = "A period of 0.5 months has no end.";
  expect(data).toMatchObject([
    { kind: "upcoming_invoice", subject: broken.id, error },
    { kind: "renew_subscription", subject: broken.id, error },
  ]);
  expect(log.filter((line) => line.startsWith("The emulator failed at renew_subscription"))).toHaveLength(1);
  expect(await (await fetch(`${on.origin}/_emulator`)).text()).toContain(error);
});

// https://docs.stripe.com/billing/testing/test-clocks
test("requests are answered while a clock moves by years, and change nothing on it", async () => {
  const on = await bench();
  const { stripe } = on;
  const clocked = await onClock(on, START);
  const { clock, customer, price } = clocked;
  const { id, items } = await fillClock(clocked);
  const item = items.data[0]?.id ?? "";
  const { data: invoices } = await stripe.invoices.list({ subscription: id });
  const later = { frozen_time: START + 12 * 366 * DAY };
  await moveFar(on, clock, later.frozen_time);
  const changes = [
    () => stripe.subscriptions.update(id, { metadata: { a: "b" } }),
    () => stripe.subscriptionItems.update(item, { quantity: 2 }),
    () => stripe.subscriptionItems.create({ subscription: id, price: price.id }),
    () => stripe.customers.update(customer, { name: "Ada" }),
    () => stripe.invoiceItems.create({ customer, amount: 700, currency: "eur" }),
    () => stripe.testHelpers.testClocks.advance(clock, later),
    () => stripe.customers.create({ test_clock: clock }),
    () => stripe.subscriptionSchedules.create({ from_subscription: id }),
    () => stripe.creditNotes.create({ invoice: invoices[0]?.id ?? "", amount: 100 }),
    () => stripe.paymentMethods.attach("pm_card_visa", { customer }),
  ];
  const underway = `Test clock advancement underway - cannot perform modifications: ${clock}`;
  // All at once: a request waits for its turn, and the clock is ready after some.
  const answers = await Promise.allSettled(changes.map((change) => change()));
  expect(answers).toMatchObject(changes.map(() => ({ reason: { statusCode: 429, message: underway } })));
  await stripe.invoices.createPreview({ subscription: id });
  const seen = new Set<string>();
  while (!seen.has("ready")) seen.add((await stripe.testHelpers.testClocks.retrieve(clock)).status);
  expect([...seen]).toEqual(["advancing", "ready"]);
  expect((await stripe.subscriptions.update(id, { metadata: { a: "b" } })).metadata).toEqual({ a: "b" });
  await moveFar(on, clock, later.frozen_time + 366 * DAY);
  expect(await stripe.testHelpers.testClocks.del(clock)).toMatchObject({ deleted: true });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "canceled" });
}, 60_000);

// https://docs.stripe.com/billing/testing/test-clocks/api-advanced-usage#advance-clock
test("buyers' pages change nothing of a customer whose clock moves, and say why", async () => {
  const on = await bench();
  const { stripe } = on;
  const clocked = await onClock(on, START);
  const { clock, customer } = clocked;
  const { latest_invoice } = await fillClock(clocked);
  const once = await createPlan(stripe, { recurring: undefined });
  const [hosted, embedded, elements] = [
    await createCheckout(stripe, once, { customer }),
    await createCheckout(stripe, once, { customer, ui_mode: "embedded_page", ...NO_PAGES }),
    await createCheckout(stripe, once, { customer, ui_mode: "elements", ...NO_PAGES }),
  ];
  const portal = await stripe.billingPortal.sessions.create({ customer, return_url: "http://localhost/" });
  const { hosted_invoice_url: invoice } = await stripe.invoices.retrieve(String(latest_invoice));
  const asked = await stripe.paymentIntents.create({
    amount: 700,
    currency: "eur",
    customer,
    payment_method: "pm_card_authenticationRequired",
    confirm: true,
    return_url: "http://localhost/",
  });
  const since = on.emulator.events().length;
  await moveFar(on, clock, START + 12 * 366 * DAY);
  const pages = [
    [hosted.url, { ...CARD, email: "ada@example.com" }],
    [`${on.origin}/c/embedded/${embedded.client_secret}`, { ...CARD, email: "ada@example.com" }],
    [portal.url, { action: "cancel" }],
    [`${portal.url}/home`, { action: "cancel" }],
    [`${portal.url}/payment-method`, CARD],
    [invoice, CARD],
    [asked.next_action?.redirect_to_url?.url, { challenge: "complete" }],
  ] as const;
  const frame = `${on.origin}/c/elements/${elements.client_secret}`;
  const sent = [
    ...pages.map(([url, form]) => on.submit(url ?? "", form)),
    on.submit(frame, { ...CARD, email: "ada@example.com" }),
    on.submit(`${frame}/session`, { action: "apply_promotion_code", promotion_code: "NONE" }),
  ];
  // All at once: a request waits for its turn, and the clock is there after some.
  const answers = await Promise.all(sent);
  const underway = `Test clock advancement underway - cannot perform modifications: ${clock}`;
  for (const answer of answers) expect(await answer.text(), answer.url).toContain(underway);
  expect(answers.map(({ status }) => status)).toEqual([...pages.map(() => 429), 200, 200]);
  const told = on.emulator.events().slice(since);
  expect(told.filter(({ type }) => /^(checkout.session.completed|payment_method|setup_intent)/.test(type))).toEqual([]);
  expect(await stripe.paymentIntents.retrieve(asked.id)).toMatchObject({ status: "requires_action" });
  await stripe.testHelpers.testClocks.del(clock);
}, 60_000);

test("a clock that was moving when its process ended gets to where it was sent", async () => {
  const folder = mkdtempSync(join(tmpdir(), "emulator-jobs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const stateFile = join(folder, "state.jsonl");
  const first = await openBench({ webhookEndpoints: [], stateFile });
  const clocked = await onClock(first, START);
  const { clock } = clocked;
  const { id } = await fillClock(clocked);
  await moveFar(first, clock, START + 370 * DAY);
  await first.close();
  const on = await bench({ stateFile });
  const status = async () => (await on.stripe.testHelpers.testClocks.retrieve(clock)).status;
  await expect.poll(status, { timeout: 25_000 }).toBe("ready");
  const invoices = await on.stripe.invoices.list({ subscription: id, status: "paid", limit: 100 });
  expect(invoices.data).toHaveLength(13);
});

test("while the state file cannot be written nothing goes on, nor is told: no page, no clock, no delivery", async () => {
  const folder = mkdtempSync(join(tmpdir(), "emulator-jobs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [stateFile, aside] = [join(folder, "state.jsonl"), join(folder, "aside")];
  const on = await openBench({ stateFile });
  onTestFinished(() => on.close());
  const { stripe } = on;
  const block = () => {
    renameSync(stateFile, aside);
    mkdirSync(stateFile);
  };
  const unblock = () => {
    rmdirSync(stateFile);
    renameSync(aside, stateFile);
  };
  const told = () => on.received.map(({ body }) => JSON.parse(body) as Stripe.Event);
  const untrue = () => told().filter(({ id }) => !readFileSync(aside, "utf8").includes(id));

  const once = await createPlan(stripe, { recurring: undefined });
  const { id, url } = await createCheckout(stripe, once);
  const link = await stripe.paymentLinks.create({ line_items: [{ price: once.id, quantity: 1 }] });
  await on.emulator.waitForDeliveries();
  block();
  const paying = await on.submit(url, { ...CARD, email: "ada@example.com" });
  expect([paying.status, await paying.text()]).toEqual([500, expect.stringContaining("Until it can, nothing is")]);
  const rows = await control<unknown[]>(on, "POST", "snapshot");
  const refused = [
    await on.submit(url, { ...CARD, email: "ada@example.com" }),
    await fetch(link.url, { redirect: "manual" }),
    await fetch(`${on.origin}/_emulator/reset`, { method: "POST", headers }),
  ];
  expect(refused.map(({ status }) => status)).toEqual([500, 500, 500]);
  expect(await control(on, "POST", "snapshot")).toEqual(rows);
  expect(untrue()).toEqual([]);
  unblock();
  const completed = () => told().filter(({ type }) => type === "checkout.session.completed");
  await expect.poll(completed, { timeout: 10_000 }).toMatchObject([{ data: { object: { id } } }]);

  const { clock, subscribe } = await onClock(on, START);
  const daily = await createPlan(stripe, { recurring: { interval: "day" } });
  await subscribe({ items: [{ price: daily.id }] });
  const moved = () => stripe.testHelpers.testClocks.retrieve(clock);
  await moveFar(on, clock, START + 400 * DAY);
  block();
  await expect(stripe.products.create({ name: "lost" })).rejects.toMatchObject({ statusCode: 500 });
  const stopped = await moved();
  expect(stopped.status).toBe("advancing");
  for (let look = 0; look < 5; look++) expect(await moved()).toEqual(stopped);
  expect(untrue()).toEqual([]);
  unblock();
  await expect.poll(async () => (await moved()).status, { timeout: 60_000 }).toBe("ready");
  await on.emulator.waitForDeliveries();
  expect(told().filter(({ type }) => type === "test_helpers.test_clock.ready")).toHaveLength(1);
}, 120_000);
