import type { Context } from "aws-lambda";
import Stripe from "stripe";
import { beforeAll, expect, it } from "vitest";
import { toEvent } from "../packages/local/src/gateway/event.ts";
import { event, product } from "./builders.ts";

type Receiver = typeof import("../packages/functions/src/receive-stripe-event.ts");
let handler: Receiver["handler"];

const SECRET = "whsec_receiver_test";

beforeAll(async () => {
  // SST's bindings, as they are in a Lambda; nothing listens where the queue should be.
  Object.assign(process.env, {
    SST_APP: "turnpike",
    SST_STAGE: "test",
    SST_Secret_value_STRIPE_WEBHOOK_SECRET: SECRET,
    SST_Queue_queueUrl_StripeEvents: "http://127.0.0.1:9/000000000000/StripeEvents",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
  ({ handler } = await import("../packages/functions/src/receive-stripe-event.ts"));
});

it("an event that the queue does not take is answered 500, so that Stripe sends it again", async () => {
  const payload = JSON.stringify(event("product.created", product(), 1_790_000_000));
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET });
  const request = {
    method: "POST",
    target: "/api/webhooks/stripe",
    rawHeaders: ["content-type", "application/json", "Stripe-Signature", signature],
    body: Buffer.from(payload),
    sourceIp: "127.0.0.1",
    httpVersion: "1.1",
  };
  const match = {
    route: { method: "POST", path: "/api/webhooks/stripe", functionName: "receiver" },
    pathParameters: {},
  };
  const gatewayEvent = toEvent(request, match, "request-1", new Date());

  const answer = await handler(gatewayEvent as Parameters<Receiver["handler"]>[0], {} as Context);
  expect(answer.statusCode).toBe(500);
  expect(JSON.parse(answer.body ?? "")).toEqual({
    error: "Something went wrong on our side. Please try again.",
    code: "internal_error",
    requestId: "request-1",
  });
}, 60_000);
