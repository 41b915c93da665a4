import { createSign, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const KEY_ID = "bench";

export const WEBHOOK_SECRET = "whsec_bench";
export const USER_ID = "9f1f3a64-2b6e-4a55-8f0e-3d2c1b0a9f8e";
/** Who has a subscription already: buying would lead them to the portal. */
export const SUBSCRIBER_ID = "1c0b7a52-6f0d-4c39-9d6e-5a4b3c2d1e0f";

/** What a service answers, by the beginning of the request: its target, or its method and path. */
const ANSWERS: [string, (body: string) => unknown][] = [
  ["AmazonSSM.GetParameters", parameters],
  ["AmazonSQS.SendMessageBatch", (body) => ({ Successful: JSON.parse(body).Entries, Failed: [] })],
  ["GET /auth/v1/.well-known/jwks.json", () => ({ keys: [publicJwk()] })],
  ["POST /rest/v1/rpc/apply_stripe_changes", outcomes],
  ["POST /rest/v1/rpc/introduce_stripe_key", () => true],
  ["POST /rest/v1/rpc/get_stripe_account", () => [{ id: "acct_1", livemode: false, refused_events: 0 }]],
  ["POST /rest/v1/rpc/get_reconcile_cursors", reconciledNow],
  ["POST /rest/v1/rpc/advance_reconcile_cursor", () => true],
  ["POST /rest/v1/rpc/user_exists", () => true],
  ["POST /rest/v1/rpc/find_buyer", () => [{ email: null, email_confirmed: false }]],
  ["POST /rest/v1/rpc/find_customers", (body) => [{ id: customerOf(JSON.parse(body).user_id), is_owned: true }]],
  ["POST /rest/v1/rpc/find_unread_customers", () => ({ may_be_unread: false, metadata_keys: [], promised: [] })],
  ["POST /rest/v1/rpc/find_deleted_customers", () => []],
  ["POST /rest/v1/rpc/begin_sale", () => true],
  ["POST /rest/v1/rpc/begin_sync_run", () => [{ id: 1, begun: false }]],
  ["POST /rest/v1/rpc/hold_sync_run", () => true],
  ...["get_", "take_", "list_", "count_drift", "find_impossible"].map(nothingIn),
  ["GET /rest/v1/prices", () => [{ id: "price_1", product_id: "prod_1", type: "recurring" }]],
  ["GET /rest/v1/products", () => [{ id: "prod_1" }]],
  ["GET /rest/v1/customers", () => [{ id: "cus_1" }]],
  ["GET /rest/v1/checkout_sessions?select=outcome", () => ({ outcome: "open" })],
  ["GET /rest/v1/", () => []],
  ["POST /rest/v1/", () => null],
  ["POST /v1/checkout/sessions", checkoutSession],
  ["GET /v1/checkout/sessions/", checkoutSession],
  ["POST /v1/billing_portal/sessions", () => ({ id: "bps_1", url: "https://billing.stripe.com/p/session/1" })],
  ["GET /v1/account", () => ({ id: "acct_1", object: "account" })],
  ["GET /v1/customers/cus_2", () => customer(SUBSCRIBER_ID)],
  ["GET /v1/customers/", () => customer(USER_ID)],
  ["GET /v1/subscriptions?customer=cus_2", () => ({ object: "list", data: [subscription()], has_more: false })],
  ["GET /v1/subscriptions/", subscription],
  [
    "GET /v1/payment_methods/",
    () => ({ id: "pm_1", type: "card", card: { brand: "visa", last4: "4242", exp_year: 2030, exp_month: 1 } }),
  ],
  ["POST /v1/subscriptions/", subscription],
  ["GET /v1/prices/", () => price("price_1", 2900)],
  ["POST /v1/invoices/create_preview", preview],
  ["GET /v1/", () => ({ object: "list", data: [], has_more: false })],
];

/** Functions that answer rows, by the beginning of their name. */
function nothingIn(name: string): [string, () => unknown] {
  return [`POST /rest/v1/rpc/${name}`, () => []];
}

function reconciledNow() {
  const until = new Date().toISOString();
  const edges = { listed_from: until, listed_until: until, place: null, place_at: null };
  return ["all", "undelivered"].map((listing) => ({ listing, reconciled_until: until, ...edges }));
}

/**
 * SSM, SQS, Supabase and Stripe on one free port, with canned answers that take no time: what is measured is the function.
 * @returns its address
 */
export async function startStandIns(): Promise<{ url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const asked = String(request.headers["x-amz-target"] ?? `${request.method} ${request.url}`);
    const answer = ANSWERS.find(([beginning]) => asked.startsWith(beginning))?.[1];
    response.writeHead(answer ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(answer?.(body) ?? null));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

/** A Supabase access token of the project at this address. */
export function accessToken(url: string, user = USER_ID): string {
  const now = Math.floor(Date.now() / 1000);
  const head = { alg: "ES256", typ: "JWT", kid: KEY_ID };
  const claims = { iss: `${url}/auth/v1`, role: "authenticated", sub: user, iat: now, exp: now + 3600 };
  const signed = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = createSign("sha256").update(signed).sign({ key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}

function publicJwk() {
  return { ...publicKey.export({ format: "jwk" }), kid: KEY_ID, alg: "ES256", use: "sig" };
}

function parameters(body: string) {
  const { Names }: { Names: string[] } = JSON.parse(body);
  const Value = (name: string) => (name.includes("WEBHOOK") ? WEBHOOK_SECRET : "sk_test_bench");
  return { Parameters: Names.map((Name) => ({ Name, Value: Value(Name) })), InvalidParameters: [] };
}

function outcomes(body: string) {
  const { changes }: { changes: { event_id?: string }[] } = JSON.parse(body);
  return changes.flatMap(({ event_id }) => (event_id ? [{ event_id, outcome: "applied" }] : []));
}

const customerOf = (user: string) => (user === SUBSCRIBER_ID ? "cus_2" : "cus_1");

function customer(user: string) {
  const id = customerOf(user);
  return { id, object: "customer", created: 1_790_000_000, email: null, metadata: { user_id: user } };
}

const PERIOD = { start: 1_790_000_000, end: 1_890_000_000 };

function subscription() {
  const item = {
    id: "si_1",
    object: "subscription_item",
    quantity: 1,
    price: price("price_0", 900),
    current_period_start: PERIOD.start,
    current_period_end: PERIOD.end,
    metadata: {},
    discounts: [],
  };
  return {
    id: "sub_1",
    object: "subscription",
    status: "active",
    created: PERIOD.start,
    customer: customerOf(SUBSCRIBER_ID),
    currency: "usd",
    collection_method: "charge_automatically",
    cancel_at: null,
    cancel_at_period_end: false,
    items: { object: "list", data: [item], has_more: false },
    metadata: { user_id: SUBSCRIBER_ID },
    discounts: [],
    schedule: null,
    latest_invoice: null,
    default_payment_method: "pm_1",
    pause_collection: null,
    pending_update: null,
    test_clock: null,
  };
}

function price(id: string, amount: number) {
  return {
    id,
    object: "price",
    active: true,
    created: PERIOD.start,
    currency: "usd",
    product: "prod_1",
    type: "recurring",
    unit_amount: amount,
    unit_amount_decimal: String(amount),
    recurring: { interval: "month", interval_count: 1, usage_type: "licensed" },
    tiers_mode: null,
    metadata: {},
  };
}

function preview() {
  return {
    object: "invoice",
    currency: "usd",
    total: 2000,
    amount_due: 2000,
    starting_balance: 0,
    lines: { object: "list", data: [], has_more: false },
  };
}

function checkoutSession() {
  return {
    id: "cs_test_1",
    object: "checkout.session",
    url: "https://checkout.stripe.com/c/pay/cs_test_1",
    status: "open",
    payment_status: "unpaid",
    mode: "subscription",
    created: 1_790_000_000,
    expires_at: 1_790_086_400,
    customer: "cus_1",
    client_reference_id: USER_ID,
    metadata: {},
    line_items: { object: "list", data: [] },
  };
}
