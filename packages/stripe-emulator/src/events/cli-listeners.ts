import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { newId } from "../state/ids.ts";
import type { EventRow } from "../state/rows.ts";
import { signatureHeader } from "./signature.ts";

const PATH = "/stripecli/websocket";
const RECONNECT_DELAY_S = 10;

/** What the CLI reads from its web socket: events (`listen`), thin ones, or requests to the API (`logs tail`). */
export type CliFeature = "webhooks" | "v2_events" | "request_logs";

/** What it asks for when it begins. */
export interface CliWishes {
  features: readonly CliFeature[];
  /** Which requests `logs tail` shows. */
  shows(request: ApiRequest): boolean;
}

/** A request to the API, and what became of it. */
export interface ApiRequest {
  id: string;
  method: string;
  path: string;
  status: number;
  /** The answer. */
  body: string;
}

/** What the CLI is told when it begins: where its web socket is, and what its events are signed with. */
export interface CliSession {
  websocket_url: string;
  websocket_id: string;
  websocket_authorized_feature: CliFeature;
  secret: string;
  reconnect_delay: number;
  default_version: string;
  latest_version: string;
  display_connect_filter_warning: boolean;
}

export interface CliListenersOptions {
  /** The account's version of the API, which is the latest, too. */
  version: string;
  /** The thin event that tells of the same as this one. */
  thin(event: EventRow): object;
}

/** The web sockets of `stripe listen`, which forwards each event to the address that its user gave, and of `stripe logs tail`. */
export class CliListeners {
  readonly #server = new WebSocketServer({ noServer: true });
  /** By the id of its web socket. */
  readonly #sessions = new Map<string, CliWishes>();
  readonly #sockets = new Map<WebSocket, CliWishes>();
  readonly #secret = `whsec_${newId("", 64).slice(1)}`;
  readonly #options: CliListenersOptions;

  constructor(options: CliListenersOptions) {
    this.#options = options;
  }

  /** `host` as the CLI reached the API: the web socket is there too. */
  openSession(host: string, wishes: CliWishes): CliSession {
    const id = newId("wsid");
    this.#sessions.set(id, wishes);
    return {
      websocket_url: `ws://${host}${PATH}`,
      websocket_id: id,
      websocket_authorized_feature: wishes.features.includes("request_logs") ? "request_logs" : "webhooks",
      secret: this.#secret,
      reconnect_delay: RECONNECT_DELAY_S,
      default_version: this.#options.version,
      latest_version: this.#options.version,
      display_connect_filter_warning: false,
    };
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname } = new URL(request.url ?? "/", "http://emulator");
    const wishes = this.#sessions.get(String(request.headers["websocket-id"]));
    if (pathname !== PATH || !wishes) {
      // The CLI knows these words, such as after a restart: it begins a new session.
      const body = "Unknown WebSocket ID.";
      socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.#sockets.set(client, wishes);
      client.on("close", () => this.#sockets.delete(client));
      client.on("error", () => client.terminate());
    });
  }

  send(event: EventRow): void {
    if (this.#wanting("webhooks").length > 0) {
      const event_payload = JSON.stringify(event);
      // One in the account's version, one in the latest: the CLI drops the one that was not asked for.
      for (const api_version of [null, this.#options.version]) {
        this.#tell("webhooks", {
          type: "webhook_event",
          endpoint: { api_version, livemode: false, status: "enabled" },
          event_payload,
          http_headers: this.#headersOf(event_payload),
          webhook_conversation_id: newId("wc"),
          webhook_id: newId("wh"),
        });
      }
    }
    if (this.#wanting("v2_events").length === 0) return;
    const payload = JSON.stringify(this.#options.thin(event));
    this.#tell("v2_events", {
      type: "v2_event",
      payload,
      http_headers: this.#headersOf(payload),
      destination_id: "ed_test_cli",
    });
  }

  /** Shows a request to those who tail the log. */
  show(request: ApiRequest): void {
    const wanting = this.#wanting("request_logs").filter(([, wishes]) => wishes.shows(request));
    if (wanting.length === 0) return;
    const { id, method, path, status, body } = request;
    const error = status < 400 ? {} : (JSON.parse(body).error ?? {});
    const entry = { request_id: id, method, url: path, status, error, livemode: false };
    const event_payload = JSON.stringify({ ...entry, created_at: Math.floor(Date.now() / 1000) });
    const message = JSON.stringify({ type: "request_log_event", request_log_id: newId("resp"), event_payload });
    for (const [socket] of wanting) socket.send(message);
  }

  #wanting(feature: CliFeature): [WebSocket, CliWishes][] {
    return [...this.#sockets].filter(([, { features }]) => features.includes(feature));
  }

  #tell(feature: CliFeature, message: object): void {
    const text = JSON.stringify(message);
    for (const [socket] of this.#wanting(feature)) socket.send(text);
  }

  #headersOf(body: string) {
    return {
      "User-Agent": "Stripe/1.0 (+https://docs.stripe.com/webhooks)",
      "Content-Type": "application/json; charset=utf-8",
      "Stripe-Signature": signatureHeader(body, [this.#secret], Math.floor(Date.now() / 1000)),
    };
  }

  close(): void {
    for (const socket of this.#sockets.keys()) socket.terminate();
    this.#server.close();
  }
}
