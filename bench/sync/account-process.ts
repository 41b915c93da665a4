import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { createStripeEmulator, type StripeEmulator } from "@turnpike/stripe-emulator";

/** An emulated Stripe in a process of its own, as it would be: what it needs of a core is not taken from whoever reads it. */
let emulator: StripeEmulator | undefined;
const server = createServer(
  getRequestListener((request) => emulator?.fetch(request) ?? new Response(null, { status: 503 })),
);
server.listen(0, "127.0.0.1", () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  emulator = createStripeEmulator({ publicUrl: url });
  process.send?.(url);
});
process.once("disconnect", () => process.exit());
