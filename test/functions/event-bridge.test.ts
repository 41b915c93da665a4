import { toSqsEvent } from "@turnpike/local/testing/aws";
import type { SQSBatchResponse } from "aws-lambda";
import * as fc from "fast-check";
import type Stripe from "stripe";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { event, product } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendQueue, lendStripe, lendSupabase } from "../parts/index.ts";
import { captureLog, type Handler, lambdaContext, setEnvironment } from "../parts/lambda.ts";

let supabase: LentSupabase;
let stripe: LentStripe;
let handler: Handler;
let log: ReturnType<typeof captureLog>;
beforeAll(async () => {
  let wakeUps: Awaited<ReturnType<typeof lendQueue>>;
  [supabase, stripe, wakeUps] = await Promise.all([lendSupabase(), lendStripe(), lendQueue()]);
  setEnvironment({ supabase, stripe, wakeUps });
  ({ handler } = await import("@turnpike/functions/apply-stripe-events"));
});
beforeEach(() => {
  log = captureLog();
});

const AT = 1_790_000_000;
const QUEUE = { name: "StripeEvents", url: "", arn: "arn:aws:sqs:us-east-1:000000000000:StripeEvents" };

/** As Stripe's documents have it, and the tests of its own packages: https://docs.stripe.com/event-destinations/eventbridge */
const byEventBridge = (sent: Stripe.Event) =>
  JSON.stringify({
    version: "0",
    id: "17e8dff5-d6cd-3770-ace9-aeac02b6ac3f",
    "detail-type": sent.type,
    source: "aws.partner/stripe.com/ed_123",
    account: "506417113029",
    time: new Date(sent.created * 1000).toISOString(),
    region: "us-west-2",
    resources: [],
    detail: sent,
  });
const byWebhook = (sent: Stripe.Event) => JSON.stringify({ event: sent });

async function consume(bodies: string[], receives = 1): Promise<string[]> {
  const messages = bodies.map((Body, place) => ({
    MessageId: String(place),
    Body,
    Attributes: { ApproximateReceiveCount: String(receives) },
  }));
  const answer = await handler(toSqsEvent(messages, QUEUE, "us-east-1") as never, lambdaContext());
  return (answer as SQSBatchResponse).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}
const outcomeOf = async ({ id }: Stripe.Event) =>
  (await supabase.query<{ outcome: string }>("select outcome from billing.stripe_events where id = $1", [id]))[0]
    ?.outcome;

describe("an event in EventBridge's envelope", () => {
  it("is applied as one of the webhook's, and counted when it comes first", async () => {
    const [one, other] = [event("product.created", product(), AT), event("product.created", product(), AT)];
    other.api_version = "2024-06-20";
    expect(await consume([byEventBridge(one), byEventBridge(other)])).toEqual([]);
    expect(await Promise.all([one, other].map(outcomeOf))).toEqual(["applied", "applied"]);
    expect([log.metric("received"), log.metric("apiVersionMismatch")]).toEqual([[2], [1]]);
    await consume([byEventBridge(one)], 2);
    await consume([byWebhook(one)]);
    expect(log.metric("received")).toEqual([2]);
  });

  it("of another mode than the secret key is refused", async () => {
    const live = { ...event("product.created", product(), AT), livemode: true };
    expect(await consume([byEventBridge(live)])).toEqual([]);
    expect(await outcomeOf(live)).toBe("refused");
    expect(log.metric("otherAccount")).toEqual([1]);
  });

  it("that holds no event comes again, and nothing beside it", async () => {
    const good = event("product.created", product(), AT);
    const bad = JSON.stringify({ ...JSON.parse(byEventBridge(good)), detail: { id: 7 } });
    expect(await consume([bad, byEventBridge(good)])).toEqual(["0"]);
    expect(await outcomeOf(good)).toBe("applied");
  });
});

it("both ways in at once end in the rows of either, in any order and any batches", async () => {
  const history = () => {
    const [pro, basic] = [product(), product()];
    return [
      event("product.created", pro, AT),
      event("product.updated", { ...pro, name: "Pro 2" }, AT + 1),
      event("product.updated", { ...pro, name: "Pro 3", active: false }, AT + 2),
      event("product.created", basic, AT + 1),
      event("product.deleted", basic, AT + 3),
    ];
  };
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 10 }), async (keys, size) => {
      const events = history();
      const bodies = [...events.map(byWebhook), ...events.map(byEventBridge)]
        .map((body) => ({ body, key: keys.next().value ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ body }) => body);
      while (bodies.length > 0) expect(await consume(bodies.splice(0, size))).toEqual([]);
      const [pro, , , basic] = events.map(({ data }) => (data.object as { id: string }).id);
      const rows = await supabase.query("select name, active from products where id in ($1, $2) order by id = $1", [
        basic,
        pro,
      ]);
      expect(rows).toEqual([
        { name: "Pro 3", active: false },
        { name: "Pro", active: false },
      ]);
      const ledger = await supabase.query<{ count: number }>(
        "select count(*)::int from billing.stripe_events where id = any($1)",
        [events.map(({ id }) => id)],
      );
      expect(ledger).toEqual([{ count: events.length }]);
    }),
    { numRuns: 20, endOnFailure: true },
  );
});
