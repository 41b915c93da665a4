import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { createStripeEmulator } from "@turnpike/stripe-emulator";
import Stripe from "stripe";

/** What Stripe takes in test mode, of all that an account does: https://docs.stripe.com/rate-limits */
export const REQUESTS_A_SECOND = 25;

export interface EmulatedStripe {
  /** Without a limit, to live through the history and to ask for the truth. */
  stripe: Stripe;
  /** Where the limit holds. */
  limitedUrl: string;
  /** All events so far, oldest first. */
  events(): Stripe.Event[];
  /** How many requests came where the limit holds since it was last asked, and how many of them were refused. */
  takeCounts(): { requests: number; refused: number };
  close(): Promise<void>;
}

/** The project's own emulator, behind two ports: one as it is, one with Stripe's limit of requests. */
export async function startEmulatedStripe(): Promise<EmulatedStripe> {
  const emulator = createStripeEmulator({ publicUrl: "http://127.0.0.1" });
  const answer = getRequestListener((request) => emulator.fetch(request));
  let counts = { requests: 0, refused: 0 };
  const isTooMuch = createLimit(REQUESTS_A_SECOND);
  const open = await listen(answer);
  const limited = await listen((request, response) => {
    counts.requests += 1;
    if (!isTooMuch()) return answer(request, response);
    counts.refused += 1;
    response.writeHead(429, { "content-type": "application/json", "stripe-rate-limited-reason": "global-rate" });
    response.end(JSON.stringify({ error: TOO_MANY_REQUESTS }));
  });
  return {
    stripe: new Stripe("sk_test_bench", { host: "127.0.0.1", port: portOf(open), protocol: "http", telemetry: false }),
    limitedUrl: `http://127.0.0.1:${portOf(limited)}`,
    events: () => emulator.events(),
    takeCounts() {
      const taken = counts;
      counts = { requests: 0, refused: 0 };
      return taken;
    },
    async close() {
      await emulator.close();
      for (const server of [open, limited]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

/** https://docs.stripe.com/error-handling#rate-limit-errors */
const TOO_MANY_REQUESTS = {
  type: "invalid_request_error",
  code: "rate_limit",
  message:
    "Request rate limit exceeded. You can learn more about rate limits here https://docs.stripe.com/rate-limits.",
  doc_url: "https://docs.stripe.com/error-codes/rate-limit",
};

function createLimit(perSecond: number): () => boolean {
  let passed: number[] = [];
  return () => {
    const now = performance.now();
    passed = passed.filter((at) => at > now - 1000);
    if (passed.length >= perSecond) return true;
    passed.push(now);
    return false;
  };
}

async function listen(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;
