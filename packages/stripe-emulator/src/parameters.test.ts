import { afterAll, beforeAll, expect, test } from "vitest";
import { ROUTES } from "./resources/routes.ts";
import { type Bench, createCheckout, createPlan, openBench } from "./testing/bench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const KEY = { authorization: "Bearer sk_test_1" };

/** Status, code, parameter and message of what a form is answered with. */
async function post(path: string, form: string) {
  const headers = { ...KEY, "content-type": "application/x-www-form-urlencoded" };
  const response = await fetch(`${bench.origin}${path}`, { method: "POST", headers, body: form });
  const { error = {} } = (await response.json()) as { error?: Record<string, string> };
  return [response.status, error.code, error.param, error.message];
}

async function get(address: string) {
  const response = await fetch(`${bench.origin}${address}`, { headers: KEY });
  const { error = {} } = (await response.json()) as { error?: Record<string, string> };
  return [response.status, error.code, error.param, error.message];
}

test.each([
  ["/v1/customers", "emial=a", "parameter_unknown", "emial", "Received unknown parameter: emial. Did you mean email?"],
  ["/v1/customers", "foo=1&bar=2", "parameter_unknown", "foo", "Received unknown parameters: foo, bar"],
  ["/v1/customers", "address[zip]=1", "parameter_unknown", "address[zip]", "Received unknown parameter: address[zip]"],
  ["/v1/customers", "email[x]=1", undefined, "email", 'Invalid string: {"x":"1"}'],
  ["/v1/customers", "metadata[a][b]=x", undefined, "metadata[a]", 'Invalid string: {"b":"x"}'],
  ["/v1/customers", "metadata=x", "parameter_invalid", "metadata", "Invalid object"],
  ["/v1/customers", "balance=much", "parameter_invalid_integer", "balance", "Invalid integer: much"],
  [
    "/v1/customers",
    "tax_exempt=maybe",
    undefined,
    "tax_exempt",
    "Invalid tax_exempt: must be one of exempt, none, or reverse",
  ],
  ["/v1/products", "name=a&active=yes", undefined, "active", "Invalid boolean: yes"],
  ["/v1/products", "description=a", "parameter_missing", "name", "Missing required param: name."],
  [
    "/v1/checkout/sessions",
    "mode=bogus",
    undefined,
    "mode",
    "Invalid mode: must be one of payment, setup, or subscription",
  ],
  ["/v1/checkout/sessions", "line_items=x", undefined, "line_items", "Invalid array"],
  ["/v1/products", "name=a&expand=default_price", undefined, "expand", "Invalid array"],
])("%s with %s is refused as Stripe refuses it", async (path, form, code, param, message) => {
  expect(await post(path, form)).toEqual([400, code, param, message]);
});

test.each([
  ["/v1/subscriptions", "items"],
  ["/v1/subscriptions/sub_1", "items"],
  ["/v1/subscription_schedules", "phases"],
  ["/v1/quotes", "line_items"],
  ["/v1/webhook_endpoints", "enabled_events"],
  ["/v1/webhook_endpoints/we_1", "enabled_events"],
])("%s takes no empty %s", async (path, name) => {
  const message = expect.stringContaining(`You passed an empty string for '${name}'`);
  expect(await post(path, `${name}=`)).toEqual([400, "parameter_invalid_empty", name, message]);
});

test("what Stripe takes and the emulator does not model is told apart, at every depth", async () => {
  const gap = "emulator_parameter_not_modelled";
  expect((await post("/v1/customers", "invoice_prefix=ABC")).slice(0, 3)).toEqual([400, gap, "invoice_prefix"]);
  expect(
    (await post("/v1/checkout/sessions", "mode=payment&payment_intent_data[on_behalf_of]=acct_1")).slice(0, 3),
  ).toEqual([400, gap, "payment_intent_data[on_behalf_of]"]);
  expect(await post("/v1/checkout/sessions", "mode=payment&ui_mode=form")).toEqual([
    400,
    gap,
    "ui_mode",
    'Stripe knows the value "form" of ui_mode, this emulator does not model it yet.',
  ]);
});

test("an address that Stripe has and the emulator lacks is told apart from one that is nobody's", async () => {
  const gap = "emulator_operation_not_modelled";
  expect((await post("/v1/payouts/po_1/reverse", "")).slice(0, 2)).toEqual([404, gap]);
  const search = await fetch(`${bench.origin}/v1/issuing/cards?limit=x`, { headers: KEY });
  expect(await search.json()).toMatchObject({
    error: { code: gap, message: expect.stringContaining("/v1/issuing/cards") },
  });
  const [status, code, , message] = await post("/v1/quotas", "");
  expect([status, code]).toEqual([404, undefined]);
  expect(message).toContain("Unrecognized request URL (POST: /v1/quotas)");
});

test("no route is hidden by one that is lacking", async () => {
  for (const { method, path } of ROUTES) {
    const response = await fetch(`${bench.origin}${path.replaceAll(/:\w+/g, "x_1")}`, { method, headers: KEY });
    expect(await response.text(), `${method} ${path}`).not.toContain("emulator_operation_not_modelled");
  }
});

// https://github.com/stripe/openapi (maxLength); a character beyond U+FFFF is one.
test.each([
  ["/v1/customers", "", "name", 256],
  ["/v1/customers", "", "phone", 20],
  ["/v1/customers", "", "description", 5000],
  ["/v1/products", "name=a", "unit_label", 12],
  ["/v1/products", "name=a", "statement_descriptor", 22],
  ["/v1/coupons", "percent_off=5", "name", 40],
  ["/v1/subscriptions", "customer=cus_1&items[0][price]=price_1", "description", 500],
  ["/v1/invoices", "customer=cus_1", "description", 1500],
  ["/v1/payment_intents", "amount=100&currency=usd", "description", 1000],
  ["/v1/checkout/sessions", "mode=subscription&success_url=http://a/", "subscription_data[description]", 500],
])("%s with %s takes a %s of %i characters at most", async (path, beside, name, most) => {
  const asked = (length: number) => post(path, `${beside}&${name}=${"🚀".repeat(length)}`);
  expect(await asked(most + 1)).toEqual([400, undefined, name, expect.stringContaining(`at most ${most} characters`)]);
  expect((await asked(most))[2]).not.toBe(name);
});

// The SDK's comments on each.
test.each([
  ["POST", "/v1/products", "name=a", "images", 8],
  ["POST", "/v1/subscriptions", "customer=cus_1&items[0][price]=price_1", "discounts", 20],
  ["GET", "/v1/events", "", "types", 20],
])("%s %s with %s takes no more %s than %i", async (method, path, beside, name, most) => {
  const inner = name === "discounts" ? "[coupon]" : "";
  const form = [beside, ...Array.from({ length: most + 1 }, (_, index) => `${name}[${index}]${inner}=a`)].join("&");
  const answer = method === "POST" ? post(path, form) : get(`${path}?${form}`);
  expect(await answer).toEqual([400, undefined, name, expect.stringContaining(`exceeded maximum ${most}`)]);
});

const TOGETHER = "You may only specify one of these parameters: ";
test("what Stripe takes one of is refused together", async () => {
  const { stripe } = bench;
  const price = await createPlan(stripe);
  const product = String(price.product);
  const made = { currency: "eur", unit_amount: 900, product_data: { name: "Ad hoc" } };
  await expect(stripe.prices.create({ ...made, product })).rejects.toThrow(`${TOGETHER}product, product_data.`);
  const both = [{ price: price.id, price_data: { ...made, recurring: { interval: "month" as const } }, quantity: 1 }];
  await expect(createCheckout(stripe, price, { line_items: both })).rejects.toThrow(
    `${TOGETHER}line_items[0][price], line_items[0][price_data].`,
  );
  await expect(stripe.events.list({ type: "a", types: ["b"] })).rejects.toThrow(`${TOGETHER}type, types.`);
});

test("metadata has up to 50 keys of 40 characters, and values of 500", async () => {
  const create = (metadata: Record<string, string>) => bench.stripe.customers.create({ metadata });
  expect((await create({ ["k".repeat(40)]: "🚀".repeat(500) })).metadata).toHaveProperty("k".repeat(40));
  const key = "k".repeat(41);
  await expect(create({ [key]: "v" })).rejects.toThrow(
    `Metadata keys can have up to 40 characters, but you passed in a key that is 41 characters. Invalid key: ${key}`,
  );
  await expect(create({ k: "v".repeat(501) })).rejects.toMatchObject({
    param: "metadata[k]",
    message: expect.stringContaining(
      "Metadata values can have up to 500 characters, but you passed in a value that is 501 characters.",
    ),
  });
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, "v"]));
  await expect(create(many)).rejects.toMatchObject({ param: "metadata" });
});
