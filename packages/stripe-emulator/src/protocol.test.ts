import type Stripe from "stripe";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type Bench, openBench } from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => bench.close());

const FORM = { authorization: "Bearer sk_test_1", "content-type": "application/x-www-form-urlencoded" };

async function send(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
  const init = { method, headers: { ...FORM, ...headers }, ...(body === undefined ? {} : { body }) };
  const response = await fetch(`${bench.origin}${path}`, init);
  const text = await response.text();
  const shown = (text === "" ? {} : JSON.parse(text)) as { id?: string; error?: Record<string, string> };
  return { status: response.status, headers: response.headers, ...shown };
}

const post = (path: string, body: string, headers?: Record<string, string>) => send("POST", path, body, headers);

test("a repeated request is answered as the first one was, whatever the order of its parameters", async () => {
  const key = { "idempotency-key": "order" };
  const first = await post("/v1/customers", "name=A&email=a%40example.com", key);
  const again = await post("/v1/customers", "email=a%40example.com&name=A", key);
  expect(again.id).toBe(first.id);
  expect(again.headers.get("idempotent-replayed")).toBe("true");
  expect(again.headers.get("original-request")).toBe(first.headers.get("request-id"));
});

test("a key of another request is refused, at another path too", async () => {
  const key = { "idempotency-key": "taken" };
  await post("/v1/customers", "name=A", key);
  for (const [path, body] of [
    ["/v1/customers", "name=B"],
    ["/v1/products", "name=A"],
  ] as const) {
    const { status, error } = await post(path, body, key);
    expect([status, error?.type]).toEqual([400, "idempotency_error"]);
  }
});

test("a key may be used anew after 24 hours", async () => {
  const key = { "idempotency-key": "daily" };
  const first = await post("/v1/customers", "name=A", key);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 24 * 3_600_000 + 1000 });
  const next = await post("/v1/customers", "name=B", key);
  expect(next.status).toBe(200);
  expect(next.id).not.toBe(first.id);
});

test("a key has at most 255 characters", async () => {
  expect((await post("/v1/customers", "", { "idempotency-key": "k".repeat(255) })).status).toBe(200);
  expect((await post("/v1/customers", "", { "idempotency-key": "k".repeat(256) })).status).toBe(400);
});

test("GET and DELETE take no notice of a key", async () => {
  const key = { "idempotency-key": "unheeded" };
  const { id } = await post("/v1/customers", "");
  expect((await send("GET", `/v1/customers/${id}`, undefined, key)).status).toBe(200);
  expect((await send("DELETE", `/v1/customers/${id}`, undefined, key)).status).toBe(200);
  const other = await send("GET", "/v1/customers", undefined, key);
  expect([other.status, other.headers.get("idempotent-replayed")]).toEqual([200, null]);
});

test.each([
  ["a broken %-encoding", "name=%zz"],
  ["bytes that are not UTF-8", "name=%ff%fe"],
  ["a parameter that is text and an object", "address=x&address[city]=y"],
  ["an object that is text, too", "address[city]=y&address=x"],
  ["nesting without end", `metadata${"[a]".repeat(200)}=1`],
  ["stray brackets", "name[=x"],
  ["__proto__", "__proto__[polluted]=1"],
  ["constructor", "constructor[prototype][polluted]=1"],
  ["__proto__ in a hash", "address[__proto__][polluted]=1"],
  ["hasOwnProperty", "hasOwnProperty=1"],
])("%s is a 400, and no harm is done", async (_, body) => {
  const { status, error } = await post("/v1/customers", body);
  expect([status, error?.type]).toEqual([400, "invalid_request_error"]);
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});

test("metadata may have any key", async () => {
  const { id } = await post("/v1/customers", "metadata[__proto__]=a&metadata[constructor]=b&metadata[0]=c");
  const { metadata } = (await stripe.customers.retrieve(id ?? "")) as Stripe.Customer;
  expect(Object.entries(metadata).sort()).toEqual([
    ["0", "c"],
    ["__proto__", "a"],
    ["constructor", "b"],
  ]);
});

test("a body of another type is refused", async () => {
  const { status, error } = await post("/v1/customers", '{"name":"A"}', { "content-type": "application/json" });
  expect([status, error?.message]).toEqual([400, expect.stringContaining("application/x-www-form-urlencoded")]);
});

test("a body that is nested too deeply, or is no UTF-8, is refused", async () => {
  const deep = `{"payload":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}`;
  const json = { ...FORM, "content-type": "application/json" };
  const refusal = { status: 400, error: { code: "parameters_nested_too_deep" } };
  expect(await post("/v2/billing/meter_events", deep, json)).toMatchObject(refusal);
  const bytes = Buffer.concat([Buffer.from("name="), Buffer.from([0xff, 0xfe])]);
  const answer = await fetch(`${bench.origin}/v1/customers`, { method: "POST", headers: FORM, body: bytes });
  expect([answer.status, await answer.json()]).toMatchObject([400, { error: { type: "invalid_request_error" } }]);
});

test("what never becomes a request is answered in JSON, too", async () => {
  const answer = await fetch(`${bench.origin}/v1/customers`, { headers: { ...FORM, "x-large": "x".repeat(20_000) } });
  expect([answer.status, await answer.json()]).toMatchObject([431, { error: { type: "invalid_request_error" } }]);
});

test("a key comes as Bearer token or as user name", async () => {
  const basic = (text: string) => send("GET", "/v1/customers", undefined, { authorization: `Basic ${btoa(text)}` });
  expect((await basic("sk_test_1:")).status).toBe(200);
  expect((await basic(":sk_test_1")).status).toBe(401);
  expect((await send("GET", "/v1/customers", undefined, { authorization: "Bearer pk_test_1" })).status).toBe(401);
  expect((await send("GET", "/v1/customers", undefined, { authorization: "Digest x" })).status).toBe(401);
});

test("other methods than the API's are unrecognized", async () => {
  for (const method of ["PUT", "PATCH", "OPTIONS"]) {
    const { status, error } = await send(method, "/v1/customers");
    expect([status, error?.message]).toEqual([404, expect.stringContaining(`Unrecognized request URL (${method}:`)]);
  }
  const head = await send("HEAD", "/v1/customers");
  expect([head.status, head.headers.get("request-id")]).toEqual([200, expect.stringMatching(/^req_/)]);
});

test("a request on behalf of a connected account is told that Connect is not modelled", async () => {
  await expect(stripe.customers.list({}, { stripeAccount: "acct_1" })).rejects.toMatchObject({
    statusCode: 400,
    code: "emulator_parameter_not_modelled",
    message: expect.stringContaining("Stripe-Account"),
  });
});

test("a page has from 1 to 100 objects, and one cursor", async () => {
  for (const limit of [0, -1, 101])
    await expect(stripe.customers.list({ limit })).rejects.toMatchObject({ param: "limit" });
  await expect(stripe.customers.list({ limit: 1.5 })).rejects.toMatchObject({ code: "parameter_invalid_integer" });
  const both = { starting_after: "cus_1", ending_before: "cus_2" };
  await expect(stripe.customers.list(both)).rejects.toMatchObject({ statusCode: 400 });
  expect((await stripe.customers.list({ limit: 1 })).data).toHaveLength(1);
});

test("raw requests are answered", async () => {
  const made = await stripe.rawRequest("POST", "/v1/customers", { name: "Raw", metadata: { a: "b" } });
  expect(made).toMatchObject({ object: "customer", name: "Raw", metadata: { a: "b" } });
  await expect(stripe.rawRequest("GET", "/v1/customers/cus_none")).rejects.toMatchObject({ statusCode: 404 });
});
