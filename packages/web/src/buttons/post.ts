import { fetchInTime } from "./in-time.ts";

/** What a route answers when it refuses. */
interface Refusal {
  error: string;
  /** What programs tell it by: docs/openapi.json. */
  code: string;
  requestId: string;
}

/** Where the API is, for pages on another origin than its own. */
export interface ApiOptions {
  /** `https://app.example.com`. That origin's `ALLOWED_ORIGINS` must name the page's. Default: the page's own origin. */
  baseUrl?: string | undefined;
  /** The access token of the visitor's Supabase session. Default: the session's cookie, which only the API's own origin has. */
  getAccessToken?: (() => Promise<string | undefined>) | undefined;
}

export const UNREACHABLE = "The server cannot be reached. Check your connection, then try again.";
const BROKEN = "Something went wrong on our side. Try again in a minute.";

/** Why a route did not do what it was asked. The message is for the user. */
export class Refused extends Error {
  /** What the route answered; nothing, when it did not answer. */
  readonly answer: Partial<Refusal>;

  constructor(message: string, answer: Partial<Refusal> = {}) {
    super(message);
    this.answer = answer;
  }
}

interface PostOptions extends ApiOptions {
  /** With the same one a request that is sent again, because its answer was lost, is done once. */
  idempotencyKey?: string | undefined;
}

/**
 * Posts to a route of ours.
 * @throws Refused
 */
export function post<Answer>(
  path: string,
  body: object,
  { idempotencyKey, ...api }: PostOptions = {},
): Promise<Answer> {
  const headers = { "content-type": "application/json", ...(idempotencyKey && { "idempotency-key": idempotencyKey }) };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) }, api);
}

/**
 * Asks a route of ours.
 * @throws Refused
 */
export async function ask<Answer>(path: string, init: RequestInit, api: ApiOptions): Promise<Answer> {
  const { baseUrl = "", getAccessToken } = api;
  const token = await getAccessToken?.();
  const headers = { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetchInTime(baseUrl + path, { ...init, headers }).catch(() => {
    throw new Refused(UNREACHABLE);
  });
  const content: unknown = await answer.json().catch(() => undefined);
  if (answer.ok && content) return content as Answer;
  const refusal: Partial<Refusal> = content ?? {};
  const { requestId, ...said } = refusal;
  const { error = BROKEN } = said;
  // What is refused is no fault of ours: nobody needs to look it up.
  if (answer.status < 500 && said.error) throw new Refused(error, said);
  throw new Refused(requestId ? `${error} Reference: ${requestId}` : error, refusal);
}

/** What went wrong, in words for the user. */
export const asRefused = (failure: unknown): Refused => (failure instanceof Refused ? failure : new Refused(BROKEN));
