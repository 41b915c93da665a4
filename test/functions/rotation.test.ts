import { startParameterStore } from "@turnpike/functions/testing";
import { toSqsEvent } from "@turnpike/local/testing/aws";
import type { SQSBatchResponse } from "aws-lambda";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { event, invoice, product } from "../builders.ts";
import { lendStripe, lendSupabase } from "../parts/index.ts";
import { captureLog, type Handler, lambdaContext, setEnvironment } from "../parts/lambda.ts";

const KEY = "/sst/turnpike/test/Secret/STRIPE_SECRET_KEY/value";
const REVOKED = "sk_test_revoked-1"; // any of letters is good for the emulator
const QUEUE = { name: "StripeEvents", url: "", arn: "arn:aws:sqs:us-east-1:000000000000:StripeEvents" };
const AT = 1_790_000_000;

let stripe: Awaited<ReturnType<typeof lendStripe>>;
let store: Awaited<ReturnType<typeof startParameterStore>>;
let handler: Handler;
beforeAll(async () => {
  const [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  stripe = lent;
  store = await startParameterStore(new Map([[KEY, REVOKED]]));
  setEnvironment({ supabase, stripe });
  Object.assign(process.env, {
    SST_SSM_PREFIX: "/sst/turnpike/test/",
    SST_Secret_value_STRIPE_SECRET_KEY: "__FETCH_FROM_SSM__",
    AWS_ENDPOINT_URL_SSM: store.url,
  });
  vi.useFakeTimers({ toFake: ["Date"] });
  ({ handler } = await import("@turnpike/functions/apply-stripe-events"));
});
afterAll(async () => {
  vi.useRealTimers();
  await store.close();
});

/** Hands the consumer one message, and says whether it comes again. */
async function comesAgain(message: object): Promise<boolean> {
  captureLog();
  const messages = [{ MessageId: "0", Body: JSON.stringify(message) }];
  const answer = await handler(toSqsEvent(messages, QUEUE, "us-east-1") as never, lambdaContext());
  return (answer as SQSBatchResponse).batchItemFailures.length > 0;
}
const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

it("a key that Stripe refuses is read anew, and not while it is taken", async () => {
  await stripe.stripe.products.create({ name: "Large" });
  const { data } = await stripe.stripe.events.list({ types: ["product.created"], limit: 1 });
  const byId = { eventId: data[0]?.id };
  expect(await comesAgain(byId)).toBe(true);
  store.set(KEY, "sk_test_emulator");
  pass(11);
  expect(await comesAgain(byId)).toBe(true);
  expect(store.requests).toHaveLength(2);
  expect(await comesAgain(byId)).toBe(false);
  pass(11);
  expect(await comesAgain({ event: event("product.created", product(), AT) })).toBe(false);
  expect(store.requests).toHaveLength(2);
});

it("so is one that Stripe refuses when an event's object is asked for", async () => {
  const unknown = { event: event("invoice.payment_failed", invoice({ status: "open" }), AT) };
  store.set(KEY, REVOKED);
  pass(600);
  expect(await comesAgain(unknown)).toBe(true);
  const asked = store.requests.length;
  store.set(KEY, "sk_test_emulator");
  pass(11);
  expect(await comesAgain(unknown)).toBe(true);
  expect(store.requests).toHaveLength(asked + 1);
  pass(11);
  // Stripe answers now, that there is no such invoice.
  expect(await comesAgain(unknown)).toBe(true);
  expect(store.requests).toHaveLength(asked + 1);
});
