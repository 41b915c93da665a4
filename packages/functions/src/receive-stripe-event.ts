import httpHeaderNormalizer from "@middy/http-header-normalizer";
import { BillingError } from "@turnpike/core/errors";
import { isOfPinnedVersion, parseSecrets, type SentEvent, verifyEvent } from "@turnpike/core/webhook";
import type { ReceivedAnswer } from "@turnpike/core/webhook/schema";
import { enqueueEvents } from "./events-queue.ts";
import { emit } from "./metrics.ts";
import { answerErrors } from "./middleware/answer-errors.ts";
import { logRequest } from "./middleware/log-request.ts";
import type { Middleware, RouteRequest } from "./middleware/request.ts";
import { Stack } from "./middleware/stack.ts";
import { QueueError } from "./queue.ts";
import { json } from "./route.ts";
import { secrets, withSecrets } from "./secrets.ts";

/** What Stripe sent, and signed. */
interface Delivery {
  stripeEvent: SentEvent;
}

/**
 * `POST /api/webhooks/stripe`: checks the signature over the raw bytes and hands the event to the queue. It answers `2xx` only
 * once the queue has it; otherwise Stripe sends it again.
 */
export const handler = new Stack()
  .use(logRequest())
  .use(httpHeaderNormalizer())
  .use(answerErrors())
  .use(countDeliveries())
  .add(verifyDelivery)
  .handler(async ({ stripeEvent }) => {
    const [refused] = await enqueueEvents([stripeEvent]);
    if (refused) throw new QueueError("refused", refused.reason);
    return json<ReceivedAnswer>({ received: true });
  });

async function verifyDelivery({ event: { body = "", isBase64Encoded, headers } }: RouteRequest): Promise<Delivery> {
  const raw = Buffer.from(body, isBase64Encoded ? "base64" : "utf8").toString("utf8");
  const stripeEvent = await withSecrets(async () =>
    verifyEvent(raw, headers["stripe-signature"], parseSecrets(secrets.get("STRIPE_WEBHOOK_SECRET"))),
  );
  return { stripeEvent };
}

/** https://docs.stripe.com/webhooks/signature#verify-manually */
const SIGNATURE = /^t=\d+,(.+,)?v1=[\da-f]{64}(,|$)/;

function countDeliveries(): Middleware<Delivery> {
  return {
    after: ({ event: { stripeEvent } }) =>
      emit({ received: 1, apiVersionMismatch: stripeEvent && !isOfPinnedVersion(stripeEvent) ? 1 : 0 }),
    onError: ({ error, event: { headers } }) => {
      if (!(error instanceof BillingError) || error.code !== "invalid_signature") return;
      emit(SIGNATURE.test(headers["stripe-signature"] ?? "") ? { rejected: 1 } : { unsigned: 1 });
    },
  };
}
