import middy from "@middy/core";
import httpHeaderNormalizer from "@middy/http-header-normalizer";
import { BillingError } from "@turnpike/core/errors";
import { isOfPinnedVersion, parseSecrets, toEnvelope, verifyEvent } from "@turnpike/core/webhook";
import type { Context } from "aws-lambda";
import { bindings } from "./bindings.ts";
import { emit } from "./metrics.ts";
import { answerErrors } from "./middleware/answer-errors.ts";
import { logRequest } from "./middleware/log-request.ts";
import type { Answer, Middleware, RouteEvent } from "./middleware/request.ts";
import { sendMessages } from "./queue.ts";
import { json } from "./route.ts";
import { secrets, withSecrets } from "./secrets.ts";

/**
 * `POST /api/webhooks/stripe`: checks the signature over the raw bytes and hands the event to the queue. It answers `2xx` only
 * once the queue has it; otherwise Stripe sends it again.
 */
export const handler = middy<RouteEvent, Answer, Error, Context>()
  .use(logRequest())
  .use(httpHeaderNormalizer() as Middleware)
  .use(answerErrors())
  .use(countDeliveries())
  .handler(async (request) => {
    const { body, isBase64Encoded, headers } = request;
    const raw = Buffer.from(String(body ?? ""), isBase64Encoded ? "base64" : "utf8").toString("utf8");
    const event = await withSecrets(async () =>
      verifyEvent(raw, headers["stripe-signature"], parseSecrets(secrets.get("STRIPE_WEBHOOK_SECRET"))),
    );
    request.stripeEvent = event;
    await sendMessages(bindings.eventsQueueUrl, [toEnvelope(event)]);
    return json({ received: true });
  });

function countDeliveries(): Middleware {
  return {
    after: ({ event: { stripeEvent } }) =>
      emit({ received: 1, apiVersionMismatch: stripeEvent && !isOfPinnedVersion(stripeEvent) ? 1 : 0 }),
    onError: ({ error }) => {
      if (error instanceof BillingError && error.code === "invalid_signature") emit({ rejected: 1 });
    },
  };
}
