import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { createStripe } from "@turnpike/core/stripe";
import { createStripeEmulator, type StripeEmulator } from "@turnpike/stripe-emulator";

/** A Stripe of one's own on a free port, and how often each object was asked for. */
export async function startEmulator() {
  const requests: string[] = [];
  let emulator: StripeEmulator | undefined;
  const server = serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      requests.push(`${request.method} ${new URL(request.url).pathname}`);
      return emulator?.fetch(request) ?? new Response(null, { status: 503 });
    },
  });
  await once(server, "listening");
  const apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  emulator = createStripeEmulator({ publicUrl: apiBase });
  return {
    apiBase,
    stripe: createStripe({ secretKey: "sk_test_emulator", apiBase }),
    fetchesOf: (id: string) => requests.filter((line) => line.startsWith("GET ") && line.endsWith(`/${id}`)).length,
    async close() {
      await emulator?.close();
      server.close();
    },
  };
}
