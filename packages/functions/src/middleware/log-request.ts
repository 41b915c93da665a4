import { BillingError } from "@turnpike/core/errors";
import type { Identity } from "@turnpike/core/identity";
import type { SentEvent } from "@turnpike/core/webhook";
import { describe, log } from "../log.ts";
import { refusalOf } from "./answer-errors.ts";
import type { Middleware, RouteEvent } from "./request.ts";

/** Of a refusal of ours the log may say everything: it quotes nothing of the request. */
function whyOf(error: Error, failed: boolean) {
  if (error instanceof BillingError) return { refused: error.code, reason: error.reason };
  return failed ? describe(error) : { refused: refusalOf(error).code };
}

/**
 * Through which addresses a request came, the last ones first put in by CloudFront and the gateway: what stands before these, anybody may
 * have written.
 */
function addressesOf(headers: RouteEvent["headers"]): string | undefined {
  return headers["x-forwarded-for"]?.replace(/[^\da-f.:, ]/gi, "").slice(-100);
}

type Logged = Middleware<{ identity: Identity; stripeEvent: SentEvent }>;

/** Writes one line per request. Its `after` runs last, so it sees the answer that is sent, whatever happened before. */
export function logRequest(): Logged {
  const began = new WeakMap<object, number>();
  const write: Logged["after"] = ({ event, response, error, context }) => {
    const status = response?.statusCode ?? 500;
    // A browser is led to a page also where a program gets a 5xx.
    const failed = status >= 500 || Boolean(error && refusalOf(error).status >= 500);
    log(failed ? "error" : "info", "request", {
      requestId: event.requestContext.requestId,
      route: event.routeKey,
      status,
      ms: Math.round(performance.now() - (began.get(context) ?? performance.now())),
      userId: event.identity?.user?.id,
      eventId: event.stripeEvent?.id,
      type: event.stripeEvent?.type,
      ...(error && whyOf(error, failed)),
      ...(error instanceof BillingError && error.code === "invalid_signature" && { from: addressesOf(event.headers) }),
    });
  };
  return {
    before: ({ context }) => {
      began.set(context, performance.now());
    },
    after: write,
    onError: write,
  };
}
