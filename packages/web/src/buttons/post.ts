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

const UNREACHABLE = "The server cannot be reached. Check your connection, then try again.";
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
  idempotencyKey?: string;
}

/**
 * Posts to a route of ours.
 * @throws Refused
 */
export async function post<Answer>(path: string, body: object, options: PostOptions = {}): Promise<Answer> {
  const { idempotencyKey, baseUrl = "", getAccessToken } = options;
  const token = await getAccessToken?.();
  const answer = await fetch(baseUrl + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(idempotencyKey && { "idempotency-key": idempotencyKey }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Refused(UNREACHABLE);
  });
  const content: unknown = await answer.json().catch(() => undefined);
  if (answer.ok && content) return content as Answer;
  const refusal: Partial<Refusal> = content ?? {};
  if (answer.status < 500 && refusal.error) throw new Refused(refusal.error, refusal);
  throw new Refused(refusal.requestId ? `${BROKEN} Reference: ${refusal.requestId}` : BROKEN, refusal);
}

/** What went wrong, for the user. */
export const messageOf = (failure: unknown): string => (failure instanceof Refused ? failure.message : BROKEN);
