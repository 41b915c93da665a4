import { enabledEvents } from "@turnpike/core/mirror";
import { createStripeEmulator, type StripeEmulator } from "@turnpike/stripe-emulator";
import { WEBHOOK_PATH } from "./cloud.ts";
import type { FaultKind } from "./faults.ts";
import { Machine } from "./machine.ts";
import type { Call, Server } from "./network.ts";

export const WEBHOOK_SECRET = "whsec_simulated";
export const SECRET_KEY = "sk_test_simulated";
const ORIGIN = "https://stripe.test";

/** Stripe tries for three days; what it could not deliver then only reconciliation finds. Here that is sooner. */
const RETRY_DELAYS_MS = [1000, 5000, 60_000, 600_000];

/** These read on for as long as there is more. */
const READERS: ReadonlySet<string> = new Set(["reconcile", "read-account"]);

/** Stripe: the emulator, with one account. */
export class Account {
  readonly emulator: StripeEmulator;
  readonly server: Server;
  /** What the endpoint listens to, as the dashboard has it. */
  readonly #listensTo = [...enabledEvents];
  readonly #mostInPage: number;

  /** @param mostInPage how much it shows in one page of a listing to whoever reads the account or its events */
  constructor(mostInPage: number) {
    this.#mostInPage = mostInPage;
    this.emulator = createStripeEmulator({
      publicUrl: ORIGIN,
      retryDelaysMs: RETRY_DELAYS_MS,
      webhookEndpoints: [
        { url: `https://app.test${WEBHOOK_PATH}`, secret: WEBHOOK_SECRET, enabledEvents: this.#listensTo },
      ],
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
    return this.emulator.fetch(new Request(url, { method, headers, ...(method === "POST" && { body }) }));
  }

  /** Asks past the network. */
  async get<Answer>(path: string): Promise<Answer> {
    const headers = { authorization: `Bearer ${SECRET_KEY}` };
    const answer = await this.emulator.fetch(new Request(ORIGIN + path, { headers }));
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Answer;
  }

  /** What only an emulator can do. */
  async control(path: string, body: object): Promise<void> {
    const headers = { authorization: `Bearer ${SECRET_KEY}`, "content-type": "application/json" };
    const request = new Request(`${ORIGIN}/_emulator/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    const answer = await this.emulator.fetch(request);
    if (!answer.ok) throw new Error(await answer.text());
  }
}

/** Those who work at Stripe's dashboard and on its pages, and with the product: nothing befalls them. */
export const person = (name: string): Machine => new Machine(name, { spared: true });
