import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Hono } from "hono";
import type Stripe from "stripe";
import { apiApp } from "./api/app.ts";
import { ApiError, errorJson } from "./api/errors.ts";
import { Limiter } from "./api/limiter.ts";
import { thinEvent } from "./api/thin-events.ts";
import { checkVersion, eventIn } from "./api/versions.ts";
import { API_VERSION } from "./api-version.ts";
import { reactions } from "./billing/reactions.ts";
import { controlApp } from "./control.ts";
import { Controls } from "./controls.ts";
import { CliListeners } from "./events/cli-listeners.ts";
import { Deliverer, RETRY_DELAYS_MS } from "./events/deliverer.ts";
import { Endpoints, type WebhookEndpoint } from "./events/endpoints.ts";
import { Faults } from "./events/faults.ts";
import type { EventBridgeDestination } from "./events/partner-events.ts";
import { JobRunner } from "./jobs.ts";
import { keptOnly } from "./kept-only.ts";
import { isForeign } from "./own-host.ts";
import { pagesApp } from "./pages/app.ts";
import { controlRoom } from "./pages/control/app.ts";
import { ROUTES } from "./resources/routes.ts";
import { accountOf } from "./state/account.ts";
import { forgetPool } from "./state/ids.ts";
import type { DeliveryRow } from "./state/rows.ts";
import { openStore } from "./state/store.ts";
import { type AfterRetries, World } from "./world.ts";

export interface StripeEmulatorOptions {
  /** Where browsers reach the hosted pages, without a slash at the end: `http://localhost:3000`. */
  publicUrl: string;
  /** The file the state is kept in. Absent: in memory only. One process at a time. */
  stateFile?: string;
  /** Whether whoever calls has locked the state file already, for example its whole folder. Default: false, it is locked here. */
  stateFileLocked?: boolean;
  webhookEndpoints?: readonly WebhookEndpoint[];
  eventBridgeDestinations?: readonly EventBridgeDestination[];
  /** Milliseconds until a bank debit settles; default 3000. */
  settleDelayMs?: number;
  /** What becomes of a subscription when the last retry of its payment failed; default `cancel`. */
  afterRetries?: AfterRetries;
  /** Milliseconds to wait before each further attempt of a delivery; when they are used up it has failed. */
  retryDelaysMs?: readonly number[];
  /** Whether requests may come by any name, for emulators that other machines reach. Default: by this machine's and `publicUrl`'s. */
  anyHost?: boolean;
  /** Called with one line per request and delivery; never with secrets, e-mails or the addresses of sessions. */
  log?: (line: string) => void;
}

export interface StripeEmulator {
  /** Answers `/v1/*` (the API), `/c/*` (checkout), `/p/*` (portal) and `/_emulator` (the control room). */
  fetch(request: Request): Promise<Response>;
  /** For the `upgrade` of a node server: the web socket of `stripe listen`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** All events so far, oldest first. */
  events(): Stripe.Event[];
  /** All deliveries so far, oldest first. */
  deliveries(): readonly DeliveryRow[];
  /** Resolves when no delivery waits any more: each is delivered or given up. */
  waitForDeliveries(): Promise<void>;
  /** Stops the timers, waits for deliveries under way (at most 2 s) and writes the state. */
  close(): Promise<void>;
}

/** Neither the API nor a control nor a page is there for other names: any test key would open them. */
function foreignHost(request: Request): Response {
  const { host } = new URL(request.url);
  const message = `The emulator answers to this machine's own address, and to that of its publicUrl: not as ${host}. Where other machines are to reach it, start it with --allow-remote (anyHost).`;
  const body = errorJson(new ApiError(403, { type: "invalid_request_error", message }));
  return new Response(body, { status: 403, headers: { "content-type": "application/json" } });
}

const DEFAULT_SETTLE_DELAY_MS = 3000;
const CLOSE_TIMEOUT_MS = 2000;

/**
 * A stateful Stripe.
 * @throws When an endpoint's `apiVersion` is none of Stripe's, the state file is damaged, or another process has it.
 */
export function createStripeEmulator(options: StripeEmulatorOptions): StripeEmulator {
  const log = options.log ?? (() => undefined);
  const configured = options.webhookEndpoints ?? [];
  for (const { apiVersion } of configured) if (apiVersion !== undefined) checkVersion(apiVersion);
  forgetPool();
  const store = openStore(options.stateFile, options.stateFileLocked);
  accountOf(store);
  const endpoints = new Endpoints(configured, options.eventBridgeDestinations ?? [], store);
  const faults = new Faults();
  const limiter = new Limiter();
  const deliverer = new Deliverer({
    store,
    endpoints,
    faults,
    retryDelaysMs: options.retryDelaysMs ?? RETRY_DELAYS_MS,
    eventIn,
    log,
  });
  const jobs = new JobRunner(log);
  const listeners = new CliListeners({ version: API_VERSION, thin: thinEvent });
  const world = new World({
    store,
    endpoints,
    reactions,
    publicUrl: options.publicUrl.replace(/\/$/, ""),
    settleDelayMs: options.settleDelayMs ?? DEFAULT_SETTLE_DELAY_MS,
    afterRetries: options.afterRetries ?? "cancel",
    emitted: (event) => store.onceKept(() => listeners.send(event)),
    openCliSession: (host, wishes) => listeners.openSession(host, wishes),
    queued: (delivery) => {
      deliverer.add(delivery);
      setImmediate(() => deliverer.wake());
    },
    scheduled: () => jobs.wakeSoon(world),
  });
  deliverer.wake();
  jobs.wake(world);
  const app = new Hono();
  app.route("/", apiApp(world, ROUTES, { faults, limiter }, { log, answered: (request) => listeners.show(request) }));
  app.use(keptOnly(store));
  const controls = new Controls({ world, deliverer, endpoints, faults, jobs, limiter });
  app.route("/", controlRoom(controls));
  app.route("/", controlApp(controls));
  app.route("/", pagesApp(world, deliverer));
  return {
    fetch: async (request) => {
      const foreign = !options.anyHost && isForeign(request, world.publicUrl);
      return foreign ? foreignHost(request) : app.fetch(request);
    },
    upgrade: (request, socket, head) => listeners.upgrade(request, socket, head),
    events: () => structuredClone(store.events.all()) as unknown as Stripe.Event[],
    deliveries: () => store.deliveries.all(),
    waitForDeliveries: () => deliverer.idle(),
    async close() {
      faults.clear();
      jobs.close();
      listeners.close();
      await deliverer.close(CLOSE_TIMEOUT_MS);
      store.close();
    },
  };
}
