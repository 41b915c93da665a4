import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { TIME_LIMITS } from "@turnpike/settings";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import Stripe from "stripe";
import { beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { event, product } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import {
  captureLog,
  gatewayEvent,
  type Handler,
  lambdaContext,
  setEnvironment,
  WEBHOOK_SECRET,
} from "../parts/lambda.ts";
import { cookieHeader, expireSession, signUp } from "../parts/people.ts";
import { createShop } from "../parts/shop.ts";

let supabase: LentSupabase;
let stripe: LentStripe;
beforeAll(async () => {
  [supabase, stripe] = await Promise.all([lendSupabase(), lendStripe()]);
});

/** A server that takes every request and never answers. */
async function neverAnswering() {
  let asked = 0;
  const server = createServer(() => void asked++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked };
}
type Silent = Awaited<ReturnType<typeof neverAnswering>>;

/** Lets a function that has just started handle this, until it asks whoever never answers. */
async function begin(file: string, set: (silent: Silent) => object, handled: object, seconds: number) {
  const silent = await neverAnswering();
  setEnvironment({ supabase, stripe });
  Object.assign(process.env, set(silent));
  const { handler }: { handler: Handler } = await import(`../../packages/functions/src/${file}.ts`);
  const began = performance.now();
  const ended = handler(handled as never, lambdaContext({ seconds })).then(
    (answer) => ({ answer: answer as APIGatewayProxyStructuredResultV2, ms: performance.now() - began }),
    (error: Error) => ({ error, ms: performance.now() - began }),
  );
  await vi.waitFor(() => expect(silent.asked()).toBeGreaterThan(0), { timeout: 20_000 });
  return { ended };
}

it("whoever never answers, the customer and Stripe get an answer of ours, before the function's time is over", {
  timeout: 120_000,
}, async () => {
  const log = captureLog();
  const shop = createShop(supabase, stripe);
  const { id } = await shop.sell("once");
  const body = JSON.stringify(shop.purchase(id, { mode: "payment" }));
  const buy = (headers = {}) =>
    gatewayEvent({
      path: "/api/stripe/create-checkout",
      headers: { "content-type": "application/json", ...headers },
      body,
    });
  const cookie = cookieHeader(expireSession(supabase, await signUp(supabase)));
  const sent = JSON.stringify(event("product.created", product(), 1_790_000_000));
  const signature = Stripe.webhooks.generateTestHeaderString({ payload: sent, secret: WEBHOOK_SECRET });
  const delivery = gatewayEvent({
    path: "/api/webhooks/stripe",
    headers: { "stripe-signature": signature },
    body: sent,
  });
  const FROM_SSM = { SST_SSM_PREFIX: "/sst/turnpike/test/", SST_Secret_value_STRIPE_SECRET_KEY: "__FETCH_FROM_SSM__" };
  const seconds = TIME_LIMITS.route.function / 1000;

  const begun: [string, number, Promise<{ answer?: APIGatewayProxyStructuredResultV2; ms: number }>][] = [];
  for (const [name, status, file, set, handled] of [
    ["Stripe", 503, "create-checkout", ({ url }: Silent) => ({ STRIPE_API_BASE: url }), buy()],
    ["Supabase", 500, "create-checkout", ({ url }: Silent) => ({ SUPABASE_URL: url }), buy()],
    ["Supabase Auth", 503, "create-checkout", ({ url }: Silent) => ({ SUPABASE_URL: url }), buy({ cookie })],
    ["SSM", 500, "create-checkout", ({ url }: Silent) => ({ ...FROM_SSM, AWS_ENDPOINT_URL_SSM: url }), buy()],
    [
      "SQS",
      500,
      "receive-stripe-event",
      ({ url }: Silent) => ({ SST_Queue_queueUrl_StripeEvents: `${url}/q` }),
      delivery,
    ],
  ] as const) {
    // The next one sets other addresses: this one has read its own by then.
    begun.push([name, status, (await begin(file, set, handled, seconds)).ended]);
  }
  for (const [name, status, ended] of begun) {
    const { answer, ms } = await ended;
    expect(answer?.statusCode, name).toBe(status);
    expect(JSON.parse(answer?.body ?? ""), name).toMatchObject({
      code: expect.any(String),
      requestId: expect.any(String),
    });
    expect(ms, name).toBeLessThan(TIME_LIMITS.route.answer - 500);
  }
  expect(log.said("request")).toHaveLength(begun.length);
});
