import middy from "@middy/core";
import httpHeaderNormalizer from "@middy/http-header-normalizer";
import { parseSecrets, toEnvelope, verifyEvent } from "@turnpike/core/webhook";
import type { Context } from "aws-lambda";
import { bindings } from "./bindings.ts";
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
  .handler(async ({ body, isBase64Encoded, headers }) => {
    const raw = Buffer.from(String(body ?? ""), isBase64Encoded ? "base64" : "utf8").toString("utf8");
    const event = await withSecrets(async () =>
      verifyEvent(raw, headers["stripe-signature"], parseSecrets(secrets.get("STRIPE_WEBHOOK_SECRET"))),
    );
    await sendMessages(bindings.eventsQueueUrl, [toEnvelope(event)]);
    return json({ received: true });
  });
