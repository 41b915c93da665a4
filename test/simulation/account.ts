import { enabledEvents } from "@turnpike/core/mirror";
import { createStripeEmulator, type StripeEmulator, type StripeEmulatorOptions } from "@turnpike/stripe-emulator";
import type Stripe from "stripe";
import { WEBHOOK_PATH } from "./cloud.ts";
import type { FaultKind } from "./faults.ts";
import { Machine } from "./machine.ts";
import type { Call, Server } from "./network.ts";
import type { Random } from "./random.ts";

export const WEBHOOK_SECRET = "whsec_simulated";
export const SECRET_KEY = "sk_test_simulated";
const ORIGIN = "https://stripe.test";

/** Stripe tries for three days; what it could not deliver then only reconciliation finds. Here that is sooner. */
const RETRY_DELAYS_MS = [1000, 5000, 60_000, 600_000];

type AfterRetries = NonNullable<StripeEmulatorOptions["afterRetries"]>;

/** These read on for as long as there is more. */
const READERS: ReadonlySet<string> = new Set(["reconcile", "read-account"]);

const OLDER_VERSION = "2025-02-24.acacia";

interface AccountOptions {
  /** How much it shows in one page of a listing to whoever reads the account or its events. */
  mostInPage: number;
  /** Whether each event is delivered in an older version of the API, too. */
  twoVersions: boolean;
  /** What becomes of a subscription when no payment is tried any more. */
  afterRetries: AfterRetries;
  /** Which events are never made. */
  isUnmade(id: string): boolean;
  /** By how much the clocks of the machines that answer may be behind. */
  stripeBehindMs: number;
  /** Of so many answers to whoever asks for one of `unsteady`, one is untrue: it is unknown, or still there. */
  untrue: { share: number; random: Random };
  /** How long after it was made an event is listed. Other lists show at once what there is: https://docs.stripe.com/search#data-freshness */
  listedAfterMs(id: string): number;
}

/** Stripe: the emulator, with one account. */
export class Account {
  readonly emulator: StripeEmulator;
  readonly server: Server;
  /** What the endpoint listens to, as the dashboard has it. */
  readonly #listensTo = [...enabledEvents];
  readonly #mostInPage: number;
  readonly #endpoints: readonly string[];

  readonly #stripeBehindMs: number;
  readonly #untrue: AccountOptions["untrue"];
  /** Paths of objects of which answers may be untrue; once they are deleted, with what was answered last. */
  readonly unsteady = new Map<string, string | undefined>();
  readonly #isUnmade: (id: string) => boolean;
  readonly #listedAfterMs: (id: string) => number;
  /** Events that seemed never to be made, and come late all the same. */
  readonly #made = new Set<string>();
  /** All events, as they were at a moment: at rest one oracle after the other asks for them, and to copy them takes a while. */
  #copied: { at: number; events: Stripe.Event[] } | undefined;

  constructor(options: AccountOptions) {
    const { mostInPage, twoVersions, afterRetries, isUnmade, listedAfterMs } = options;
    this.#mostInPage = mostInPage;
    this.#stripeBehindMs = options.stripeBehindMs;
    this.#untrue = options.untrue;
    this.#isUnmade = isUnmade;
    this.#listedAfterMs = listedAfterMs;
    this.#endpoints = twoVersions ? ["we_1", "we_2"] : ["we_1"];
    const endpoint = {
      url: `https://app.test${WEBHOOK_PATH}`,
      secret: WEBHOOK_SECRET,
      enabledEvents: this.#listensTo,
    };
    this.emulator = createStripeEmulator({
      publicUrl: ORIGIN,
      retryDelaysMs: RETRY_DELAYS_MS,
      afterRetries,
      webhookEndpoints: twoVersions ? [endpoint, { ...endpoint, apiVersion: OLDER_VERSION }] : [endpoint],
    });
    this.server = { place: () => "stripe", answer: (call, fault) => this.#answer(call, fault) };
  }

  /** Somebody takes all events from the endpoint, or puts them back: of those meanwhile no delivery is ever tried. */
  listen(hears: boolean): void {
    this.#listensTo.splice(0, Number.POSITIVE_INFINITY, ...(hears ? enabledEvents : []));
  }

  async #answer({ from, method, url, headers, body }: Call, fault: FaultKind | undefined): Promise<Response> {
    if (READERS.has(from?.name ?? "") && Number(url.searchParams.get("limit")) > this.#mostInPage)
      url.searchParams.set("limit", String(this.#mostInPage));
    if (fault === "kept_500")
      await this.control("faults", { kind: "error_500_kept", match: `${method} ${url.pathname}$` });
    const answer = await this.emulator.fetch(new Request(url, { method, headers, ...(method === "POST" && { body }) }));
    if (method === "GET" && url.pathname === "/v1/events" && answer.ok) return this.#behind(await this.#listed(answer));
    if (this.unsteady.has(url.pathname)) return this.#untrueOr(method, url.pathname, answer);
    return this.#behind(answer);
  }

  /** As a machine answers whose clock is behind. */
  #behind(answer: Response): Response {
    const { random } = this.#untrue;
    if (this.#stripeBehindMs === 0) return answer;
    const date = new Date(Date.now() - random.between(0, this.#stripeBehindMs)).toUTCString();
    return new Response(answer.body, {
      status: answer.status,
      headers: { ...Object.fromEntries(answer.headers), date },
    });
  }

  /** As a copy of Stripe's data answers that has not heard yet, or does not hear for a moment. */
  async #untrueOr(method: string, path: string, answer: Response): Promise<Response> {
    const { share, random } = this.#untrue;
    const { headers } = answer;
    const known = answer.ok && method !== "DELETE" ? await answer.clone().text() : this.unsteady.get(path);
    this.unsteady.set(path, known);
    if (method !== "GET" || !random.chance(share)) return answer;
    if (!answer.ok) return known === undefined ? answer : new Response(known, { headers });
    const error = { type: "invalid_request_error", code: "resource_missing", message: "No such object" };
    return Response.json({ error }, { status: 404, headers: { date: headers.get("date") ?? "" } });
  }

  async #listed(answer: Response): Promise<Response> {
    const page = (await answer.json()) as Stripe.ApiList<Stripe.Event>;
    const { data } = page;
    const now = Date.now();
    const shown = data.filter(({ id, created }) => !this.hides(id) && 1000 * created + this.#listedAfterMs(id) <= now);
    // The next page begins after the last one of this.
    const [last] = shown.length === 0 ? data.slice(-1) : [];
    if (last) this.#made.add(last.id);
    return Response.json(
      { ...page, data: last ? [last] : shown },
      { headers: { date: answer.headers.get("date") ?? "" } },
    );
  }

  hides(event: string): boolean {
    return this.#isUnmade(event) && !this.#made.has(event);
  }

  /** All that were made, oldest first. */
  events(): Stripe.Event[] {
    return this.allEvents().filter(({ id }) => !this.hides(id));
  }

  /** Those that were never made, too. */
  allEvents(): Stripe.Event[] {
    const at = Date.now();
    if (this.#copied?.at !== at) this.#copied = { at, events: this.emulator.events() };
    return this.#copied.events;
  }

  /** The ids of objects that changed without an event. */
  changedSilently(): Set<string> {
    const hidden = this.allEvents().filter(({ id }) => this.hides(id));
    return new Set(hidden.map(({ data }) => (data.object as { id: string }).id));
  }

  /** A new secret for each endpoint; the old ones sign along for a while. */
  async roll(overlapS: number): Promise<string[]> {
    const rolled = this.#endpoints.map((id) =>
      this.control<{ secret: string }>(`webhook_endpoints/${id}/roll`, { expires_in: overlapS }),
    );
    return (await Promise.all(rolled)).map(({ secret }) => secret);
  }

  /** Asks past the network. */
  async get<Answer>(path: string): Promise<Answer> {
    const headers = { authorization: `Bearer ${SECRET_KEY}` };
    const answer = await this.emulator.fetch(new Request(ORIGIN + path, { headers }));
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Answer;
  }

  /** What only an emulator can do. */
  async control<Answer>(path: string, body: object): Promise<Answer> {
    const headers = { authorization: `Bearer ${SECRET_KEY}`, "content-type": "application/json" };
    const request = new Request(`${ORIGIN}/_emulator/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    const answer = await this.emulator.fetch(request);
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Answer;
  }
}

/** Those who work at Stripe's dashboard and on its pages, and with the product: nothing befalls them. */
export const person = (name: string): Machine => new Machine(name, { spared: true });

/** What Stripe refuses was no more possible by then. */
export function onlyRefused(error: { type?: string }): void {
  if (error.type !== "StripeInvalidRequestError" && error.type !== "StripeCardError") throw error;
}
