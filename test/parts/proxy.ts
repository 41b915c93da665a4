import { once } from "node:events";
import { createServer, type IncomingMessage, request as requestOf, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createStripe, type StripeClient } from "@turnpike/core/stripe";
import { createServiceClient } from "@turnpike/core/supabase";
import { onTestFinished } from "vitest";

/** Answers a request itself, or lets it through. */
export type Obstacle = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * A Stripe behind something that stands in the way, until the test is over.
 * @param options.fastBySeconds its clock, beside ours
 */
export async function standBefore(
  { apiBase }: { apiBase: string },
  obstacle: Obstacle,
  options: { fastBySeconds?: number } = {},
) {
  const { requests, url } = await openProxy(apiBase, obstacle, options);
  return { requests, apiBase: url, stripe: createStripe({ secretKey: "sk_test_emulator", apiBase: url }) };
}

/** The Stripe of another account, where there is nothing of what this one holds. */
export async function lendOtherAccount(lent: { apiBase: string }): Promise<StripeClient> {
  const { apiBase } = await standBefore(lent, ({ url = "" }, response) => {
    const isOne = url !== "/v1/account" && !url.includes("limit=");
    response.writeHead(isOne ? 404 : 200, { "content-type": "application/json", date: new Date().toUTCString() });
    if (url === "/v1/account") response.end('{"id":"acct_other"}');
    else if (isOne) response.end('{"error":{"type":"invalid_request_error","code":"resource_missing"}}');
    else response.end('{"object":"list","data":[],"has_more":false}');
  });
  return createStripe({ secretKey: "sk_test_of_another_account", apiBase });
}

/** A Supabase behind something that stands in the way, until the test is over. */
export async function standBeforeSupabase({ url, secretKey }: { url: string; secretKey: string }, obstacle: Obstacle) {
  const proxy = await openProxy(url, obstacle);
  return { ...proxy, supabase: createServiceClient({ url: proxy.url, secretKey }) };
}

async function openProxy(origin: string, obstacle: Obstacle, { fastBySeconds = 0 }: { fastBySeconds?: number } = {}) {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    await obstacle(request, response);
    if (response.headersSent || response.destroyed) return;
    const { host: _, connection: __, ...headers } = request.headers;
    // Each on a connection of its own: one that is kept may be closed by the other side just as it is used again.
    const onward = requestOf(origin + request.url, { method: request.method, headers, agent: false }, (answer) => {
      const date = new Date(Date.now() + fastBySeconds * 1000).toUTCString();
      response.writeHead(answer.statusCode as number, { ...answer.headers, date });
      answer.pipe(response);
    });
    // What the other side does not answer is a broken connection here as well, and no fault of the test's process.
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** The refusal of a restricted key: https://github.com/stripe/stripe-node/issues/2246 */
export function forbid(response: ServerResponse, account: string | undefined, permission: string): void {
  const message = `The provided key 'rk_test_***' does not have the required permissions for this endpoint${account ? ` on account '${account}'` : ""}. Having the '${permission}' permission would allow this request to continue.`;
  response.writeHead(403, { "content-type": "application/json", date: new Date().toUTCString() });
  response.end(JSON.stringify({ error: { type: "invalid_request_error", message } }));
}

/** The refusal of one who asks too often: https://docs.stripe.com/rate-limits */
export function refuseForNow(response: ServerResponse, reason = "endpoint-rate"): void {
  const error = { type: "invalid_request_error", code: "rate_limit", message: "Too many requests" };
  const headers = { "stripe-should-retry": "false", "stripe-rate-limited-reason": reason };
  response.writeHead(429, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ error }));
}
