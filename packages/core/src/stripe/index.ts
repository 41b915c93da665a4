import { setTimeout as sleep } from "node:timers/promises";
import Stripe from "stripe";
import { STRIPE_API_VERSION } from "./version.ts";

/**
 * A Stripe client. Requests that fail on the network or with a conflict are tried three more times, with one idempotency key.
 * @param options.apiBase another server that speaks Stripe's API, e.g. `http://127.0.0.1:12111`
 */
export function createStripe(options: { secretKey: string; apiBase?: string | undefined }): Stripe {
  return new Stripe(options.secretKey, {
    apiVersion: STRIPE_API_VERSION,
    maxNetworkRetries: 3,
    timeout: 15_000,
    telemetry: false,
    appInfo: { name: "turnpike" },
    ...(options.apiBase && serverOf(new URL(options.apiBase))),
  });
}

function serverOf(url: URL) {
  const protocol = url.protocol === "http:" ? ("http" as const) : ("https" as const);
  return { protocol, host: url.hostname, port: url.port || (protocol === "http" ? 80 : 443) };
}

/** Whether Stripe says that the object does not exist (a 404 is an invalid request with this code). */
export function isMissing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && error.code === "resource_missing";
}

/** The id, whether Stripe gave the object or only names it. */
export function idOf(reference: string | { id: string } | null | undefined): string | null {
  return typeof reference === "string" ? reference : (reference?.id ?? null);
}

/**
 * Makes a queue in which requests begin no faster than so many a second. Stripe takes 100 a second live and 25 in test mode, of
 * all that an account does: https://docs.stripe.com/rate-limits
 */
export function createPace(perSecond: number): <Answer>(request: () => Promise<Answer>) => Promise<Answer> {
  let nextAt = 0;
  return async (request) => {
    const startAt = Math.max(nextAt, performance.now());
    nextAt = startAt + 1000 / perSecond;
    await sleep(startAt - performance.now());
    return request();
  };
}

/** An answer of the API, and the moment whose truth it shows. */
export interface Fetched<Answer> {
  answer: Answer;
  /** ISO 8601, on Stripe's clock, in whole seconds. The truth may be up to a second younger, never older. */
  asOf: string;
}

/**
 * Reads from Stripe and says as of when. That is the moment the request began, on Stripe's clock: the answer's `Date` less
 * the time it took. Ours may be off, and an answer that took long must not pass for new.
 */
export async function fetchAsOf<Answer extends object>(
  request: () => Promise<Stripe.Response<Answer>>,
): Promise<Fetched<Answer>> {
  const began = performance.now();
  const answer = await request();
  const took = performance.now() - began;
  const answeredAt = Date.parse(answer.lastResponse.headers.date ?? "");
  if (Number.isNaN(answeredAt)) throw new Error("Stripe answered without a Date header");
  const asOf = Math.floor((answeredAt - took) / 1000) * 1000;
  return { answer, asOf: new Date(asOf).toISOString() };
}
