import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createStripe } from "@turnpike/core/stripe";
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
    const { host: _, connection: __, ...headers } = request.headers as Record<string, string>;
    const { method = "GET", url = "/" } = request;
    const body = method === "POST" ? await buffer(request) : undefined;
    const answer = await fetch(origin + url, { method, headers, ...(body && { body }) });
    const date = new Date(Date.now() + fastBySeconds * 1000).toUTCString();
    response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), date });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** The refusal of one who asks too often: https://docs.stripe.com/rate-limits */
export function refuseForNow(response: ServerResponse, reason = "endpoint-rate"): void {
  const error = { type: "invalid_request_error", code: "rate_limit", message: "Too many requests" };
  const headers = { "stripe-should-retry": "false", "stripe-rate-limited-reason": reason };
  response.writeHead(429, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ error }));
}
