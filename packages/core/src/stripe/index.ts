import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import Stripe from "stripe";
import { OwnError } from "../errors/index.ts";
import { STRIPE_API_VERSION } from "./version.ts";

/** Stripe's client, which knows two things of its key. */
export type StripeClient = Stripe & {
  /** SHA-256: tells one key from another, and gives none of them away. */
  readonly keyHash: string;
  /** Whether it moves real money: https://docs.stripe.com/keys */
  readonly livemode: boolean;
};

/**
 * A Stripe client. Requests that fail on the network or with a conflict are tried again, with one idempotency key.
 * @param options.apiBase another server that speaks Stripe's API, e.g. `http://127.0.0.1:12111`
 * @param options.timeout of one try, in milliseconds
 */
export function createStripe(options: {
  secretKey: string;
  apiBase?: string | undefined;
  timeout?: number;
  retries?: number;
}): StripeClient {
  const client = new Stripe(options.secretKey, {
    apiVersion: STRIPE_API_VERSION,
    maxNetworkRetries: options.retries ?? 3,
    timeout: options.timeout ?? 15_000,
    telemetry: false,
    appInfo: { name: "turnpike" },
    ...(options.apiBase && serverOf(new URL(options.apiBase))),
  });
  return Object.assign(client, {
    keyHash: createHash("sha256").update(options.secretKey).digest("hex"),
    livemode: /^[rs]k_live_/.test(options.secretKey),
  });
}

/**
 * Reads from Stripe's API by its address. What the mirror reads goes this way: the client's own parts for so many kinds of object
 * would be a third of the consumer's bundle.
 * @param query nested lists as in `{ expand: ["a", "b"] }`
 */
export function read<Answer extends object>(
  stripe: Stripe,
  path: string,
  query: object = {},
  options: Stripe.RequestOptions = {},
): Promise<Stripe.Response<Answer>> {
  return stripe.rawRequest("GET", withQuery(path, query), undefined, options);
}

/** Changes something at Stripe by its address, for the same reason. */
export function write<Answer extends object>(
  stripe: Stripe,
  path: string,
  params: object = {},
  options: Stripe.RequestOptions = {},
): Promise<Stripe.Response<Answer>> {
  return stripe.rawRequest("POST", path, params, options);
}

/** Ends something at Stripe by its address, for the same reason. */
export function remove<Answer extends object>(
  stripe: Stripe,
  path: string,
  query: object = {},
): Promise<Stripe.Response<Answer>> {
  return stripe.rawRequest("DELETE", withQuery(path, query));
}

function withQuery(path: string, query: object): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const [place, item] of value.entries()) search.append(`${name}[${place}]`, item);
    else if (value !== undefined) search.append(name, `${value}`);
  }
  return search.size > 0 ? `${path}?${search}` : path;
}

/** Stripe neither lets a restricted key read its account nor says which that is. */
export class UnnamedAccountError extends OwnError {
  override readonly name = "UnnamedAccountError";
  readonly code = "account_not_readable";
}

/**
 * The account that the client's key is of. Most restricted keys may not read it, and many cannot be given the permission: of theirs
 * there is the id alone, which Stripe names where it refuses. https://github.com/stripe/stripe-node/issues/2246
 * @throws UnnamedAccountError
 */
export async function getAccount(
  stripe: Stripe,
  options: Stripe.RequestOptions = {},
): Promise<Stripe.Response<{ id: string; created?: number }>> {
  try {
    return await read<Stripe.Account>(stripe, "/v1/account", {}, options);
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripePermissionError)) throw error;
    const [, id] = / on account '(acct_\w+)'/.exec(error.message) ?? [];
    if (!id)
      throw new UnnamedAccountError("STRIPE_SECRET_KEY may not read its account: it lacks rak_accounts_kyc_basic_read");
    return { id, lastResponse: { headers: error.headers } } as Stripe.Response<{ id: string }>;
  }
}

/** The id of the account that the client's key is of. It is the same in live and test mode; each sandbox has its own. */
export async function getAccountId(stripe: Stripe, options: Stripe.RequestOptions = {}): Promise<string> {
  return (await getAccount(stripe, options)).id;
}

function serverOf(url: URL) {
  const protocol = url.protocol === "http:" ? ("http" as const) : ("https" as const);
  return { protocol, host: url.hostname, port: url.port || (protocol === "http" ? 80 : 443) };
}

/** Whether Stripe says that the object does not exist (a 404 is an invalid request with this code). */
export function isMissing(error: unknown): boolean {
  return isRefusal(error) && error.code === "resource_missing";
}

/** Whether Stripe understood the request and refuses it. */
export function isRefusal(error: unknown): error is Stripe.errors.StripeInvalidRequestError {
  return error instanceof Stripe.errors.StripeInvalidRequestError;
}

/** Whether a card was not charged: https://docs.stripe.com/declines */
export function isDecline(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeCardError;
}

/** Whether an idempotency key was used for something else before: https://docs.stripe.com/api/idempotent_requests */
export function isOtherRequest(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeIdempotencyError;
}

/** Whether Stripe does not know the key. */
export function isUnknownKey(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeAuthenticationError;
}

/** Whether nobody answers there: no network, or Stripe is down. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeConnectionError;
}

/** Whether the key is a restricted one that may not do this: https://docs.stripe.com/keys/restricted-api-keys */
export function isForbidden(error: unknown): boolean {
  return error instanceof Stripe.errors.StripePermissionError;
}

/** Whether Stripe does not take an e-mail address. Supabase takes more. */
export function isUnfitEmail(error: unknown): boolean {
  return isRefusal(error) && error.param === "email";
}

/** Whether nothing will be taken for a subscription any more. One whose first payment is still due may yet be paid. */
export function isOver({ status }: Stripe.Subscription): boolean {
  return status === "canceled" || status === "incomplete_expired";
}

/** Whether Stripe says that it was asked too often: https://docs.stripe.com/rate-limits */
export function isRateLimit(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeRateLimitError;
}

/** The id, whether Stripe gave the object or only names it. */
export function idOf(reference: string | { id: string } | null | undefined): string | null {
  return typeof reference === "string" ? reference : (reference?.id ?? null);
}

/** @throws when there is none */
export function requiredIdOf(reference: string | { id: string } | null | undefined): string {
  const id = idOf(reference);
  if (!id) throw new TypeError("the id is missing");
  return id;
}

/**
 * A list from its first page to its last. Within another object Stripe shows ten at the most:
 * https://docs.stripe.com/api/pagination
 * @param read answers a page of 100
 */
export async function listWhole<Item extends { id: string }>(
  first: Stripe.ApiList<Item>,
  read: (page: { limit: number; starting_after: string }) => Promise<Stripe.ApiList<Item>>,
): Promise<Stripe.ApiList<Item>> {
  const data = [...first.data];
  for (let { has_more } = first; has_more; ) {
    const page = await read({ limit: 100, starting_after: data.at(-1)?.id ?? "" });
    data.push(...page.data);
    ({ has_more } = page);
  }
  return { ...first, data, has_more: false };
}

/**
 * Whether this is not a new answer, but the one that was stored when the request's idempotency key was first used.
 * https://docs.stripe.com/api/idempotent_requests
 */
export function isReplayed(answer: Stripe.Response<object>): boolean {
  return answer.lastResponse.headers["idempotent-replayed"] === "true";
}

/** Whether this is the failure that was stored so: Stripe keeps those too, and answers with it for as long as the key is used. */
export function isReplayedFailure(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.headers?.["idempotent-replayed"] === "true";
}

/** What was asked; or, where Stripe answers with the failure that it stored for its key, what is asked anew by another key. */
export function orAnew<Answer>(asked: Promise<Answer>, anew: () => Promise<Answer>): Promise<Answer> {
  return asked.catch((error) => {
    if (!isReplayedFailure(error)) throw error;
    return anew();
  });
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
  /** ISO 8601, on Stripe's clock, in whole seconds. The truth may be up to two seconds younger, never older. */
  asOf: string;
}

/**
 * Reads from Stripe and says as of when. That is the moment the request began, on Stripe's clock: the answer's `Date` less
 * the time it took. Ours may be off, and an answer that took long must not pass for new.
 */
export async function fetchAsOf<Answer extends object>(
  request: () => Promise<Stripe.Response<Answer>>,
): Promise<Fetched<Stripe.Response<Answer>>> {
  const began = performance.now();
  const answer = await request();
  const took = performance.now() - began;
  const answeredAt = Date.parse(answer.lastResponse.headers.date ?? "");
  if (Number.isNaN(answeredAt)) throw new OwnError("Stripe answered without a Date header");
  const asOf = Math.floor((answeredAt - took) / 1000) * 1000;
  return { answer, asOf: new Date(asOf).toISOString() };
}
