import type { DeliveryAttempt, EventRow } from "../state/rows.ts";
import type { Endpoint } from "./endpoints.ts";
import { partnerEvent } from "./partner-events.ts";
import { signatureHeader } from "./signature.ts";

const ANSWER_TIMEOUT_MS = 10_000;
const EXCERPT_CHARACTERS = 500;

export type Answer = Omit<DeliveryAttempt, "id" | "delivery">;

/** Posts an event to an endpoint, signed, or puts it on EventBridge. Never throws: that nobody answers is an answer too. */
export async function send(endpoint: Endpoint, event: EventRow): Promise<Answer> {
  const body = JSON.stringify(event, null, 2);
  const at = Date.now();
  const began = performance.now();
  const answered = (rest: Pick<Answer, "status" | "error" | "excerpt">): Answer => ({
    at,
    durationMs: Math.round(performance.now() - began),
    ...rest,
  });
  try {
    if (endpoint.put) {
      await endpoint.put(partnerEvent(endpoint.url, event));
      return answered({ status: 200, error: null, excerpt: "" });
    }
    const response = await fetch(endpoint.url, {
      method: "POST",
      headers: {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Stripe/1.0 (+https://docs.stripe.com/webhooks)",
        "stripe-signature": signatureHeader(body, endpoint.secrets, Math.floor(Date.now() / 1000)),
      },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return answered({ status: response.status, error: null, excerpt: await readExcerpt(response) });
  } catch (error) {
    return answered({ status: null, error: nameFailure(error), excerpt: "" });
  }
}

/** Reads no more than it keeps. What breaks off is kept as far as it came: the status has been answered. */
async function readExcerpt({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length >= EXCERPT_CHARACTERS) break;
    }
  } catch {
    text += "…";
  }
  return text.slice(0, EXCERPT_CHARACTERS);
}

/** fetch says only "fetch failed"; its cause has the code, such as ECONNREFUSED. */
function nameFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${ANSWER_TIMEOUT_MS / 1000} s`;
  const { cause } = error;
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return cause instanceof Error ? cause.message : error.message;
}
