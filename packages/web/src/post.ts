import type { ErrorAnswer } from "@turnpike/core/errors/schema";

const UNREACHABLE = "The server cannot be reached. Check your connection, then try again.";
const BROKEN = "Something went wrong on our side. Try again in a minute.";

/** Why a route did not do what it was asked. The message is for the user. */
export class Refused extends Error {
  /** What the route answered; nothing, when it did not answer. */
  readonly answer: Partial<ErrorAnswer>;

  constructor(message: string, answer: Partial<ErrorAnswer> = {}) {
    super(message);
    this.answer = answer;
  }
}

/**
 * Posts to a route of ours.
 * @param idempotencyKey with the same one a request that is sent again, because its answer was lost, is done once
 * @throws Refused
 */
export async function post<Answer>(path: string, body: object, idempotencyKey?: string): Promise<Answer> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...(idempotencyKey && { "idempotency-key": idempotencyKey }) },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Refused(UNREACHABLE);
  });
  const content: unknown = await answer.json().catch(() => undefined);
  if (answer.ok && content) return content as Answer;
  const refusal: Partial<ErrorAnswer> = content ?? {};
  if (answer.status < 500 && refusal.error) throw new Refused(refusal.error, refusal);
  throw new Refused(refusal.requestId ? `${BROKEN} Reference: ${refusal.requestId}` : BROKEN, refusal);
}

/** What went wrong, for the user. */
export const messageOf = (failure: unknown): string => (failure instanceof Refused ? failure.message : BROKEN);
