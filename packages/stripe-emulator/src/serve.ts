import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { ApiError, errorJson } from "./api/errors.ts";
import { createStripeEmulator, type StripeEmulator, type StripeEmulatorOptions } from "./emulator.ts";

export interface RunningStripeEmulator extends StripeEmulator {
  /** `http://127.0.0.1:54321`. */
  readonly origin: string;
  /** What Stripe's client takes: `new Stripe("sk_test_emulator", { ...client })`. */
  readonly client: { host: string; port: number; protocol: "http" };
  /**
   * Pays on the page of a checkout session, a payment link or an invoice, as a buyer does.
   * @param card one of Stripe's test numbers
   * @returns where the page leads then
   * @throws with the page's words when it stays open, such as for a card that is declined
   */
  pay(url: string, card?: string): Promise<string>;
}

export interface ServeOptions extends Partial<StripeEmulatorOptions> {
  /** Absent, or 0: one that is free. */
  port?: number;
  /** Default: 127.0.0.1. */
  host?: string;
}

/**
 * An emulator with a server of its own. It closes with `close()`.
 * @throws when the port is taken, and as `createStripeEmulator` does
 */
export async function startStripeEmulator({
  port = 0,
  host = "127.0.0.1",
  ...options
}: ServeOptions = {}): Promise<RunningStripeEmulator> {
  let emulator: StripeEmulator | undefined;
  const server = createServer(
    getRequestListener((request) => emulator?.fetch(request) ?? new Response(null, { status: 503 })),
  );
  server.on("clientError", refuseUnreadable);
  server.listen(port, host);
  await once(server, "listening");
  const { port: taken } = server.address() as AddressInfo;
  const origin = `http://${host.includes(":") ? `[${host}]` : host}:${taken}`;
  try {
    emulator = createStripeEmulator({ publicUrl: origin, ...options });
  } catch (error) {
    server.close();
    throw error;
  }
  const { close } = emulator;
  server.on("upgrade", emulator.upgrade);
  return {
    ...emulator,
    origin,
    client: { host, port: taken, protocol: "http" },
    pay,
    async close() {
      server.closeAllConnections();
      server.close();
      await close();
    },
  };
}

/** What is no HTTP never becomes a request; a client of Stripe reads JSON all the same. */
function refuseUnreadable({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [status, message] =
    code === "HPE_HEADER_OVERFLOW"
      ? ["431 Request Header Fields Too Large", "The request's headers are too large."]
      : ["400 Bad Request", "The request is no HTTP."];
  const body = errorJson(new ApiError(Number.parseInt(status, 10), { type: "invalid_request_error", message }));
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
}

async function pay(url: string, card = "4242424242424242"): Promise<string> {
  const buyer = { email: "buyer@example.com", name: "Buyer", card_number: card, exp: "12 / 40", cvc: "123" };
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(buyer), redirect: "manual" });
  const location = answer.headers.get("location");
  if (location !== null) return new URL(location, url).href;
  const [, problem = `It answered ${answer.status}.`] = /role="alert"[^>]*>([^<]+)</.exec(await answer.text()) ?? [];
  throw new Error(`The page was not paid: ${problem}`);
}
