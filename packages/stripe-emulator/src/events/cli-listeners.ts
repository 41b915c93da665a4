import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { newId } from "../state/ids.ts";
import type { EventRow } from "../state/rows.ts";
import { signatureHeader } from "./signature.ts";

const PATH = "/stripecli/websocket";
const RECONNECT_DELAY_S = 10;

/** What `stripe listen` is told when it begins: where its events come from, and what they are signed with. */
export interface CliSession {
  websocket_url: string;
  websocket_id: string;
  websocket_authorized_feature: string;
  secret: string;
  reconnect_delay: number;
  default_version: string;
  latest_version: string;
  display_connect_filter_warning: boolean;
}

/** The web socket that `stripe listen` reads events from; it forwards each to the address that its user gave. */
export class CliListeners {
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #sockets = new Set<WebSocket>();
  readonly #secret = `whsec_${newId("", 64).slice(1)}`;
  readonly #version: string;

  constructor(version: string) {
    this.#version = version;
  }

  /** `host` as the CLI reached the API: the web socket is there too. */
  openSession(host: string): CliSession {
    return {
      websocket_url: `ws://${host}${PATH}`,
      websocket_id: newId("wsid"),
      websocket_authorized_feature: "webhooks",
      secret: this.#secret,
      reconnect_delay: RECONNECT_DELAY_S,
      default_version: this.#version,
      latest_version: this.#version,
      display_connect_filter_warning: false,
    };
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname } = new URL(request.url ?? "/", "http://emulator");
    if (pathname !== PATH) {
      socket.destroy();
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.#sockets.add(client);
      client.on("close", () => this.#sockets.delete(client));
      client.on("error", () => client.terminate());
    });
  }

  send(event: EventRow): void {
    if (this.#sockets.size === 0) return;
    const event_payload = JSON.stringify(event);
    const message = JSON.stringify({
      type: "webhook_event",
      endpoint: { api_version: null, livemode: false, status: "enabled" },
      event_payload,
      http_headers: {
        "User-Agent": "Stripe/1.0 (+https://docs.stripe.com/webhooks)",
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signatureHeader(event_payload, [this.#secret], Math.floor(Date.now() / 1000)),
      },
      webhook_conversation_id: newId("wc"),
      webhook_id: newId("wh"),
    });
    for (const socket of this.#sockets) socket.send(message);
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
    this.#server.close();
  }
}
