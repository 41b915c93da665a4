import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createStripeEmulator, type StripeEmulator } from "./index.ts";
import { ROUTES } from "./resources/routes.ts";
import { RandomRequests } from "./testing/random-requests.ts";

const REQUESTS = 1500;
const authorization = "Bearer sk_test_fuzz";
const encoded = { "content-type": "application/x-www-form-urlencoded" };
/** Stripe's CLI opens its sessions for a web socket. */
const routes = ROUTES.filter(({ path }) => !path.startsWith("/v1/stripecli"));

async function ask(emulator: StripeEmulator, method: string, path: string, params: [string, string][] = []) {
  const text = new URLSearchParams(params).toString();
  const url = `http://127.0.0.1${path}${method !== "POST" && text ? `?${text}` : ""}`;
  const body =
    method === "POST" ? { body: text, headers: { authorization, ...encoded } } : { headers: { authorization } };
  const began = performance.now();
  const response = await emulator.fetch(new Request(url, { method, ...body }));
  return { status: response.status, body: await response.text(), took: performance.now() - began };
}

/** What it takes to get further: a customer with a card, products, prices. */
async function begin(emulator: StripeEmulator, requests: RandomRequests): Promise<void> {
  const clock = await ask(emulator, "POST", "/v1/test_helpers/test_clocks", [["frozen_time", "1800000000"]]);
  const { id } = JSON.parse(clock.body);
  for (const on of [[["test_clock", id]], []] as [string, string][][]) {
    const method: [string, string] = ["payment_method", "pm_card_visa"];
    const isDefault: [string, string] = ["invoice_settings[default_payment_method]", "pm_card_visa"];
    requests.learn((await ask(emulator, "POST", "/v1/customers", [...on, method, isDefault])).body);
  }
  for (const interval of ["day", "month", "year"]) {
    const price: [string, string][] = [
      ["currency", "usd"],
      ["unit_amount", "2000"],
      ["product_data[name]", "Pro"],
    ];
    requests.learn((await ask(emulator, "POST", "/v1/prices", [...price, ["recurring[interval]", interval]])).body);
  }
}

async function fuzz(seed: number, stateFile?: string): Promise<void> {
  const said: string[] = [];
  const log = (line: string) => {
    if (line.startsWith("The emulator failed")) said.push(line);
  };
  const open = () =>
    createStripeEmulator({
      publicUrl: "http://127.0.0.1",
      settleDelayMs: 1,
      log,
      ...(stateFile === undefined ? {} : { stateFile }),
    });
  let emulator = open();
  onTestFinished(() => emulator.close());
  const requests = new RandomRequests(seed);
  await begin(emulator, requests);
  for (let count = 0; count < REQUESTS; count++) {
    const { method, path, params } = requests.next(routes);
    const { status, body, took } = await ask(emulator, method, path, params);
    const shown = `seed ${seed}, request ${count}: ${method} ${path} ${decodeURIComponent(new URLSearchParams(params).toString())}\n${said.join("\n")}`;
    expect(status, shown).toBeLessThan(500);
    expect(took, shown).toBeLessThan(2000);
    expect(said, shown).toEqual([]);
    if (status === 200) requests.learn(body);
    if (count % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const snapshot = async () => (await ask(emulator, "POST", "/_emulator/snapshot")).body;
  if (stateFile !== undefined) {
    await emulator.close();
    emulator = open();
  }
  expect((await ask(emulator, "GET", "/v1/events", [["limit", "100"]])).status).toBe(200);
  expect(JSON.parse(await snapshot()).length).toBeGreaterThan(200);
  expect(said).toEqual([]);
}

test("no request of what is served crashes it or keeps it waiting", async () => {
  await fuzz(1);
  await fuzz(2);
}, 120_000);

test("no request leaves a state that it cannot begin with again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "emulator-fuzz-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await fuzz(3, join(folder, "state.jsonl"));
}, 120_000);
