import { request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import type { StripeEmulatorOptions } from "../../index.ts";
import { type Bench, openBench, until } from "../../testing/bench.ts";
import { controlsOf } from "../../testing/controls.ts";

async function bench(options: Partial<StripeEmulatorOptions> = {}): Promise<Bench> {
  const opened = await openBench(options);
  onTestFinished(() => opened.close());
  return opened;
}

async function read(on: Bench, path: string, status = 200): Promise<string> {
  const answer = await fetch(`${on.origin}/_emulator${path}`);
  expect(answer.status).toBe(status);
  return answer.text();
}

/** Posts a form as a browser does from the control room; answers where it leads, or the page that says what is wrong. */
async function post(on: Bench, path: string, body: Record<string, string> | FormData = {}): Promise<string> {
  const answer = await fetch(`${on.origin}/_emulator/control/${path}`, {
    method: "POST",
    body: body instanceof FormData ? body : new URLSearchParams(body),
    headers: { "sec-fetch-site": "same-origin" },
    redirect: "manual",
  });
  return answer.status === 303 ? (answer.headers.get("location") ?? "") : answer.text();
}

/** fetch sets its own Host header. */
const statusAsHost = (on: Bench, host: string, method = "GET", headers: Record<string, string> = {}) =>
  new Promise((resolve, reject) => {
    const { port } = new URL(on.origin);
    const path = method === "GET" ? "/_emulator" : "/_emulator/control/state/reset";
    request({ port, path, method, headers: { host, ...headers } }, (answer) => resolve(answer.statusCode))
      .on("error", reject)
      .end();
  });

test("an empty emulator says on each page what is missing, without a script", async () => {
  const on = await bench({ webhookEndpoints: [] });
  for (const [path, words] of [
    ["", "None yet"],
    ["/", "None yet"],
    ["/control/objects", "Nothing here yet"],
    ["/control/events", "No events yet"],
    ["/control/clocks", "No clocks yet"],
    ["/control/faults", "All faults are off"],
    ["/control/endpoints", "No endpoints"],
    ["/control/dashboard", "The tax settings have a head office"],
    ["/control/state", "0 rows"],
  ] as const) {
    const page = await read(on, path);
    expect(page).toContain(words);
    expect(page).not.toContain("<script");
  }
  await read(on, "/control/objects/cus_nothing", 404);
  await read(on, "/control/nothing", 404);
});

test("an object is found by type and by id, its secrets folded away, with links to what it names and to its events", async () => {
  const on = await bench();
  const product = await on.stripe.products.create({ name: "<b>Pro</b>" });
  const price = await on.stripe.prices.create({ product: product.id, currency: "eur", unit_amount: 1500 });
  const intent = await on.stripe.paymentIntents.create({ amount: 500, currency: "eur" });
  expect(await read(on, "/control/objects?type=product")).toContain("&lt;b&gt;Pro&lt;/b&gt;");
  const page = await read(on, `/control/objects/${price.id}`);
  expect(page).toContain(`<a href="/_emulator/control/objects/${product.id}">${product.id}</a>`);
  expect(page).toContain("€15.00");
  expect(page).toContain("price.created");
  expect(await read(on, `/control/objects/${intent.id}`)).toContain(
    `<summary>Show</summary><code>${intent.client_secret}`,
  );
});

test("long lists come in pages, the newest first", async () => {
  const on = await bench({ webhookEndpoints: [] });
  for (let index = 1; index <= 26; index += 1) await on.stripe.products.create({ name: `Product ${index}.` });
  const first = await read(on, "/control/objects?type=product");
  expect(first).toContain("Product 26.");
  expect(first).not.toContain("Product 1.");
  expect(first).toContain("?type=product&amp;page=2");
  expect(await read(on, "/control/objects?type=product&page=2")).toContain("Product 1.");
  expect(await read(on, "/control/events?type=product.*&page=9")).toContain("Page 2 of 2");
});

test("an event shows every attempt at its delivery, and what the endpoint said", async () => {
  const on = await bench();
  on.answers.push(500);
  const { id } = await on.stripe.products.create({ name: "A" });
  await on.emulator.waitForDeliveries();
  await on.stripe.products.update(id, { name: "B" });
  await on.emulator.waitForDeliveries();
  const [created, updated] = on.emulator.events();
  const page = await read(on, `/control/events/${created?.id}`);
  expect(page).toMatch(/Delivered<\/span> after 2 attempts/);
  expect(page).toMatch(/<td>500<\/td>[\s\S]*<td>200<\/td>/);
  expect(page).toContain("the endpoint says 500");
  expect(await read(on, `/control/events/${updated?.id}`)).toMatch(
    /previous_attributes[\s\S]*&quot;name&quot;: &quot;A&quot;/,
  );
});

test("an event that one endpoint did not take is found among the undelivered until that one took it", async () => {
  const nobody = { url: "http://127.0.0.1:2/", secret: "whsec_nobody", enabledEvents: ["*"] };
  const on = await bench({ webhookEndpoints: [nobody], retryDelaysMs: [] });
  await on.stripe.products.create({ name: "A" });
  const { id: other } = await on.stripe.webhookEndpoints.create({ url: on.hookUrl, enabled_events: ["*"] });
  await on.emulator.waitForDeliveries();
  const [event] = on.emulator.events();
  expect(await read(on, `/control/events/${event?.id}`)).toContain("ECONNREFUSED");
  for (const times of [1, 2]) {
    const to = await post(on, `events/${event?.id}/resend`, { endpoint: other });
    await on.emulator.waitForDeliveries();
    expect(on.received).toHaveLength(times);
    expect(await (await fetch(on.origin + to)).text()).toMatch(/Sent again[\s\S]*Delivered<\/span> after 1 attempt\b/);
    expect(await read(on, "/control/events?undelivered=1")).toContain("product.created</a>");
  }
  expect((await on.stripe.events.retrieve(event?.id ?? "")).pending_webhooks).toBe(1);
});

test("an event that came through when it was sent again is undelivered no more", async () => {
  const on = await bench({ retryDelaysMs: [] });
  on.answers.push(500);
  await on.stripe.products.create({ name: "A" });
  await on.emulator.waitForDeliveries();
  const [event] = on.emulator.events();
  expect(await read(on, "/control/events?undelivered=1")).toContain(event?.id);
  await post(on, `events/${event?.id}/resend`);
  await on.emulator.waitForDeliveries();
  expect(await read(on, "/control/events?undelivered=1")).toContain("Nothing is undelivered");
});

test("a clock is made and advanced; a moment that is past is refused in words", async () => {
  const on = await bench();
  expect(await post(on, "clocks", { name: "Renewals", frozen_time: "2027-01-31T12:00" })).toContain(
    "said=clock_created",
  );
  const [clock] = (await on.stripe.testHelpers.testClocks.list()).data;
  const time = async () => (await on.stripe.testHelpers.testClocks.retrieve(clock?.id ?? "")).frozen_time;
  expect(new Date((await time()) * 1000).toISOString()).toBe("2027-01-31T12:00:00.000Z");
  await post(on, `clocks/${clock?.id}/advance`, { by: "month" });
  expect(new Date((await time()) * 1000).toISOString()).toBe("2027-02-28T12:00:00.000Z");
  expect(await post(on, `clocks/${clock?.id}/advance`, { to: "2027-01-01T00:00" })).toContain('role="alert"');
  expect(await post(on, `clocks/${clock?.id}/advance`, { to: "soon" })).toContain("Give a date and a time");
});

test("a fault is switched on and off", async () => {
  const on = await bench();
  await post(on, "faults", { kind: "error_500", times: "2", ms: "0", match: "/v1/prices" });
  expect(await read(on, "/control/faults")).toMatch(/error_500[\s\S]*2 times[\s\S]*\/v1\/prices…/);
  await expect(on.stripe.prices.list()).rejects.toMatchObject({ statusCode: 500 });
  await post(on, "faults/clear");
  expect((await on.stripe.prices.list()).data).toEqual([]);
  expect(await post(on, "faults", { kind: "error_500", times: "0", ms: "0" })).toContain("times must be 1 or more");
});

test("an endpoint that is off gets nothing, and once it is on what waited for it", async () => {
  const on = await bench();
  on.answers.push(500);
  const { id } = await on.stripe.products.create({ name: "Waits" });
  await post(on, "endpoints/we_1/disable");
  await on.stripe.products.update(id, { name: "Not asked for" });
  await until(() => on.received.length === 1);
  await on.emulator.waitForDeliveries();
  expect(await read(on, "")).toContain("0 of 1");
  await post(on, "endpoints/we_1/enable");
  await on.emulator.waitForDeliveries();
  expect(on.received.map(({ body }) => JSON.parse(body).type)).toEqual(["product.created", "product.created"]);
});

test("a rolled secret is shown when it is asked for, beside the one that signs along", async () => {
  const on = await bench();
  await post(on, "endpoints/we_1/roll");
  const page = await read(on, "/control/endpoints");
  expect(page.match(/<summary>Show<\/summary><code>whsec_\w+/g)).toHaveLength(2);
});

test("a snapshot is downloaded and restored; another file changes nothing; a reset asks first", async () => {
  const on = await bench();
  const { id } = await on.stripe.products.create({ name: "Kept" });
  await on.emulator.waitForDeliveries();
  const file = (text: string) => {
    const form = new FormData();
    form.set("snapshot", new File([text], "snapshot.json"));
    return form;
  };
  const download = await fetch(`${on.origin}/_emulator/control/state/snapshot`);
  expect(download.headers.get("content-disposition")).toContain("attachment");
  const snapshot = await download.text();
  for (const wrong of ["no JSON", "[1]", '[["products","prod_1",null]]', '[["__proto__","a",{"id":"a"}]]', "{}"]) {
    expect(await post(on, "state/restore", file(wrong))).toContain('role="alert"');
  }
  expect((await on.stripe.products.list()).data).toHaveLength(1);
  expect(await read(on, "/control/state/reset")).toContain("cannot be undone");
  expect((await on.stripe.products.list()).data).toHaveLength(1);
  await post(on, "state/reset");
  expect((await on.stripe.products.list()).data).toEqual([]);
  await post(on, "state/restore", file(snapshot));
  expect((await on.stripe.products.retrieve(id)).name).toBe("Kept");
});

test("what the account's owner sets is set on a page, and a form that leaves something out takes it away", async () => {
  const on = await bench();
  expect(await read(on, "/control/dashboard")).toMatch(/name="portal"[^>]*checked/);
  const saved = await post(on, "dashboard", { tax: "on", one_subscription_url: "http://localhost/account" });
  expect(saved).toContain("said=saved");
  const page = await read(on, "/control/dashboard");
  expect(page).not.toMatch(/name="portal"[^>]*checked/);
  expect(page).toMatch(/name="tax"[^>]*checked/);
  expect(page).toContain('value="http://localhost/account"');
  expect(await post(on, "dashboard", { one_subscription_url: "nowhere" })).toContain('role="alert"');
  await on.stripe.customers.create({});
  await post(on, "state/reset");
  expect(await read(on, "/control/dashboard")).toMatch(/name="portal"[^>]*checked/);
});

test("a held request is shown, and goes on when it is released", async () => {
  const on = await bench();
  const { fault, untilHeld } = controlsOf(on);
  await fault("hold", { match: "/v1/products" });
  const made = on.stripe.products.create({ name: "Held" });
  const [held] = await untilHeld(1);
  expect(await read(on, "/control/faults")).toContain("POST /v1/products");
  expect(await post(on, `held/${held?.id}/release`)).toContain("said=released");
  expect((await made).name).toBe("Held");
});

test("neither a name that was made to lead here nor another site's form opens the control room", async () => {
  const on = await bench({ publicUrl: "https://tunnel.example" });
  const own = new URL(on.origin).host;
  expect(await statusAsHost(on, own)).toBe(200);
  expect(await statusAsHost(on, "localhost:1")).toBe(200);
  expect(await statusAsHost(on, "tunnel.example")).toBe(200);
  expect(await statusAsHost(on, "evil.example")).toBe(403);
  expect(await statusAsHost(on, "127.0.0.1.evil.example")).toBe(403);
  const { id } = await on.stripe.products.create({ name: "Kept" });
  expect(await statusAsHost(on, own, "POST")).toBe(403);
  expect(await statusAsHost(on, own, "POST", { origin: "null" })).toBe(403);
  expect(await statusAsHost(on, own, "POST", { origin: "http://evil.example" })).toBe(403);
  expect(await statusAsHost(on, own, "POST", { "sec-fetch-site": "same-site", origin: on.origin })).toBe(403);
  expect(await statusAsHost(on, "evil.example", "POST", { "sec-fetch-site": "same-origin" })).toBe(403);
  expect((await on.stripe.products.retrieve(id)).name).toBe("Kept");
  expect(await statusAsHost(on, "tunnel.example", "POST", { origin: "https://tunnel.example" })).toBe(303);
  expect((await on.stripe.products.list()).data).toEqual([]);
});
