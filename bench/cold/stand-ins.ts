import { createSign, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const KEY_ID = "bench";

export const WEBHOOK_SECRET = "whsec_bench";
export const USER_ID = "9f1f3a64-2b6e-4a55-8f0e-3d2c1b0a9f8e";

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
  ["POST /rest/v1/rpc/find_customers", () => [{ id: "cus_1", is_owned: true }]],
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
  ["GET /v1/customers/", customer],
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
export function accessToken(url: string): string {
  const now = Math.floor(Date.now() / 1000);
  const head = { alg: "ES256", typ: "JWT", kid: KEY_ID };
  const claims = { iss: `${url}/auth/v1`, role: "authenticated", sub: USER_ID, iat: now, exp: now + 3600 };
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

function customer() {
  return { id: "cus_1", object: "customer", created: 1_790_000_000, email: null, metadata: { user_id: USER_ID } };
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
