import { applyEvents } from "@turnpike/core/mirror";
import { createStripe } from "@turnpike/core/stripe";
import { toSqsEvent } from "@turnpike/local/testing/aws";
import { TIME_LIMITS } from "@turnpike/settings";
import type { SQSBatchResponse } from "aws-lambda";
import type Stripe from "stripe";
import { expect, it } from "vitest";
import { event, invoice, product } from "../builders.ts";
import { lendStripe, lendSupabase } from "../parts/index.ts";
import { captureLog, type Handler, lambdaContext, setEnvironment } from "../parts/lambda.ts";
import { standBefore } from "../parts/proxy.ts";

const QUEUE = { name: "StripeEvents", url: "", arn: "arn:aws:sqs:us-east-1:000000000000:StripeEvents" };
const AT = 1_790_000_000;
const envelope = (sent: Stripe.Event) => JSON.stringify({ event: sent });
const harmless = (count: number) => Array.from({ length: count }, () => event("product.created", product(), AT));

async function timed<Answer>(work: () => Promise<Answer>) {
  const began = performance.now();
  const answer = await work();
  return { answer, seconds: (performance.now() - began) / 1000 };
}

it("while Stripe hangs, only what must be asked there comes again, long before the consumer's time is over", async () => {
  const [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  const hanging = await standBefore(lent, ({ url = "" }) => {
    if (url.startsWith("/v1/invoices/") || url.startsWith("/v1/events/")) return new Promise(() => {});
  });
  const silent = await standBefore(lent, () => new Promise(() => {}));
  const another = {
    stripe: createStripe({ secretKey: "sk_test_new", apiBase: silent.apiBase }),
    supabase: supabase.client,
  };
  setEnvironment({ supabase, stripe: hanging });
  const { handler }: { handler: Handler } = await import("@turnpike/functions/apply-stripe-events");
  const log = captureLog();
  const consume = async (bodies: string[]) => {
    const messages = bodies.map((Body, place) => ({ MessageId: String(place), Body }));
    const { answer, seconds } = await timed(() =>
      handler(toSqsEvent(messages, QUEUE, "us-east-1") as never, lambdaContext()),
    );
    return {
      again: (answer as SQSBatchResponse).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
      seconds,
    };
  };

  const [ten, one] = [harmless(10), harmless(1)];
  const unpaid = event("invoice.payment_failed", invoice({ status: "open" }), AT);
  const [asked, byId, unknownKey] = await Promise.all([
    consume([envelope(unpaid), ...ten.map(envelope)]),
    // Too large for the queue, it travels as its id.
    consume(['{"eventId":"evt_large"}', ...one.map(envelope)]),
    // Whose account this key is of is to be asked too.
    timed(() => expect(applyEvents(another, harmless(1))).rejects.toMatchObject({ type: "StripeConnectionError" })),
  ]);
  expect([asked.again, byId.again]).toEqual([["0"], ["0"]]);
  for (const { seconds } of [asked, byId, unknownKey])
    expect(seconds).toBeLessThan(TIME_LIMITS.background.consumer / 2000);
  const applied = await supabase.query("select id from billing.stripe_events where outcome = 'applied' order by id");
  expect(applied).toEqual([...ten, ...one].map(({ id }) => ({ id })).sort((a, b) => (a.id < b.id ? -1 : 1)));
  expect(log.said("events come again")).toHaveLength(1);
  expect(log.said("unreadable message")).toHaveLength(1);
});
