import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as receiver from "@turnpike/functions/receive-stripe-event";
import { startParameterStore } from "@turnpike/functions/testing";
import { type LocalSqs, startSqs, toEvent } from "@turnpike/local/testing/aws";
import type { Context } from "aws-lambda";
import Stripe from "stripe";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { event, product } from "./builders.ts";

let handler: typeof receiver.handler;
let store: Awaited<ReturnType<typeof startParameterStore>>;
let sqs: LocalSqs;

const dataDir = mkdtempSync(join(tmpdir(), "turnpike-receiver-"));
const PARAMETER = "/sst/turnpike/test/Secret/STRIPE_WEBHOOK_SECRET/value";

beforeAll(async () => {
  for (const level of ["info", "error"] as const) vi.spyOn(console, level).mockImplementation(() => {});
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  store = await startParameterStore(new Map([[PARAMETER, "whsec_old"]]));
  sqs = await startSqs(dataDir, "us-east-1");
  const { StripeEvents } = sqs.createQueues([{ name: "StripeEvents", attributes: {} }]);
  // SST's bindings, as they are in a Lambda.
  Object.assign(process.env, {
    SST_APP: "turnpike",
    SST_STAGE: "test",
    SST_SSM_PREFIX: "/sst/turnpike/test/",
    SST_Secret_value_STRIPE_WEBHOOK_SECRET: "__FETCH_FROM_SSM__",
    SST_Queue_queueUrl_StripeEvents: StripeEvents?.url,
    AWS_ENDPOINT_URL_SSM: store.url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
  vi.resetModules(); // what it keeps of another file's settings
  ({ handler } = await import("@turnpike/functions/receive-stripe-event"));
}, 60_000);

afterAll(async () => {
  vi.useRealTimers();
  await Promise.all([store.close(), sqs.close()]);
  rmSync(dataDir, { recursive: true });
});

/** Delivers an event that is signed with this secret. */
function deliver(secret: string) {
  const payload = JSON.stringify(event("product.created", product(), 1_790_000_000));
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
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
  return handler(gatewayEvent as Parameters<typeof handler>[0], {} as Context);
}

it("while the secret is rolled, either is taken: the new one at once, without a restart", async () => {
  expect(await deliver("whsec_old")).toMatchObject({ statusCode: 200 });
  expect(await deliver("whsec_new")).toMatchObject({ statusCode: 400 });

  store.set(PARAMETER, "whsec_new,whsec_old");
  vi.setSystemTime(Date.now() + 11_000);
  expect(await deliver("whsec_new")).toMatchObject({ statusCode: 200 });
  expect(await deliver("whsec_old")).toMatchObject({ statusCode: 200 });
  expect(sqs.getDepth("StripeEvents").visible).toBe(3);

  store.set(PARAMETER, "whsec_new");
  vi.setSystemTime(Date.now() + 5 * 60_000);
  expect(await deliver("whsec_old")).toMatchObject({ statusCode: 400 });
});

it("forged signatures do not make it ask for the secret each time", async () => {
  const asked = store.requests.length;
  vi.setSystemTime(Date.now() + 11_000);
  for (let i = 0; i < 10; i++) expect(await deliver("whsec_forged")).toMatchObject({ statusCode: 400 });
  expect(store.requests.length).toBe(asked + 1);
});

it("an event that the queue does not take is answered 500, so that Stripe sends it again", async () => {
  process.env.SST_Queue_queueUrl_StripeEvents = "http://127.0.0.1:9/000000000000/StripeEvents"; // nothing listens there
  const answer = await deliver("whsec_new");
  expect(answer.statusCode).toBe(500);
  expect(JSON.parse(answer.body ?? "")).toEqual({
    error: "Something went wrong on our side. Please try again.",
    code: "internal_error",
    requestId: "request-1",
  });
});
