import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { JITTER, PAUSES_S, TRIES } from "@turnpike/functions/come-again";
import { sendMessages } from "@turnpike/functions/queue";
import { toSqsEvent } from "@turnpike/local/testing/aws";
import type { SQSBatchResponse } from "aws-lambda";
import type Stripe from "stripe";
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { event, invoice, product } from "../builders.ts";
import { type LentSupabase, lendQueue, lendStripe, lendSupabase } from "../parts/index.ts";
import { captureLog, type Handler, lambdaContext, setEnvironment } from "../parts/lambda.ts";

type Queue = Awaited<ReturnType<typeof lendQueue>>;

let supabase: LentSupabase;
let [queue, deadLetters]: Queue[] = [];
let handler: Handler;
let log: ReturnType<typeof captureLog>;

beforeAll(async () => {
  const [lent, stripe, ...queues] = await Promise.all([lendSupabase(), lendStripe(), lendQueue(), lendQueue()]);
  supabase = lent;
  [queue, deadLetters] = queues;
  setEnvironment({ supabase, stripe, queue: queues[0], deadLetters: queues[1] });
  ({ handler } = await import("@turnpike/functions/apply-stripe-events"));
});
beforeEach(() => {
  log = captureLog();
});
afterEach(async () => {
  await Promise.all([queue?.receive(), deadLetters?.receive()]);
});

const NOW = 1_790_000_000;
const envelope = (sent: Stripe.Event) => JSON.stringify({ event: sent });
const good = () => envelope(event("product.created", product(), NOW));
const POISON = envelope(event("product.created", product({ images: "one" as never }), NOW));

/** Hands the consumer messages that were received so often, and says which come again, by their place. */
async function consume(bodies: string[], received: number, sentMsAgo = 0) {
  const Attributes = { ApproximateReceiveCount: `${received}`, SentTimestamp: `${Date.now() - sentMsAgo}` };
  const messages = bodies.map((Body, at) => ({ MessageId: `${at}`, ReceiptHandle: `${at}`, Body, Attributes }));
  return hand(messages);
}
async function hand(messages: object[]) {
  const source = { name: "StripeEvents", url: "", arn: "arn:aws:sqs:us-east-1:000000000000:StripeEvents" };
  const answer = await handler(toSqsEvent(messages, source, "us-east-1") as never, lambdaContext());
  return (answer as SQSBatchResponse).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

/** Runs while Postgres refuses everything. */
async function withoutDatabase(work: () => Promise<unknown>) {
  await supabase.query("alter table billing.stripe_events rename to put_aside");
  try {
    await work();
  } finally {
    await supabase.query("alter table billing.put_aside rename to stripe_events");
  }
}

/** An SQS in the place of the queue that notes for how long messages are hidden. */
async function noteHidden() {
  const hidden: { handle: string; seconds: number }[] = [];
  const server = createServer(async (request, response) => {
    expect(request.headers["x-amz-target"]).toBe("AmazonSQS.ChangeMessageVisibilityBatch");
    const { Entries } = JSON.parse(await text(request));
    expect(Entries.length).toBeLessThanOrEqual(10);
    for (const { ReceiptHandle, VisibilityTimeout } of Entries)
      hidden.push({ handle: ReceiptHandle, seconds: VisibilityTimeout });
    response.end(JSON.stringify({ Successful: [], Failed: [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  process.env.SST_Queue_queueUrl_StripeEvents = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  onTestFinished(() => {
    process.env.SST_Queue_queueUrl_StripeEvents = queue?.url;
    server.closeAllConnections();
    server.close();
  });
  return hidden;
}

describe("while the database does not answer", () => {
  it.each([
    [1, 5],
    [2, 30],
    [3, 120],
    [4, 600],
    [5, 600],
    [250, 600],
  ])(
    "what was received %i times comes again after about %i seconds, and is no dead letter",
    async (received, pause) => {
      const hidden = await noteHidden();
      await withoutDatabase(() =>
        expect(consume(Array.from({ length: 25 }, good), received)).rejects.toThrow("Failed, as"),
      );
      expect(new Set(hidden.map(({ handle }) => handle)).size).toBe(25);
      for (const { seconds } of hidden) expect(Math.abs(seconds - pause)).toBeLessThanOrEqual(pause * JITTER + 0.5);
      expect(await deadLetters?.receive()).toEqual([]);
    },
  );

  it("what failed together comes again apart: a message at which a whole batch fails stops nothing else for long", async () => {
    const hidden = await noteHidden();
    await withoutDatabase(() => consume(Array.from({ length: 50 }, good), 4).catch(() => {}));
    const moments = hidden.map(({ seconds }) => seconds).sort((one, other) => one - other);
    expect(Number(moments.at(-1)) - Number(moments[0])).toBeGreaterThan(PAUSES_S[3] * JITTER);
  });

  it("each message is counted as failed, and how long the oldest has waited", async () => {
    await withoutDatabase(() => consume([good(), good()], 3, 300_000).catch(() => {}));
    expect(log.metric("failed")).toEqual([2]);
    expect(log.metric("waited")).toEqual([expect.closeTo(300, -1)]);
  });
});

it("a second's trouble costs seconds: the message is there again by itself", async () => {
  const url = queue?.url ?? "";
  await sendMessages(url, [good()]);
  const [first] = (await queue?.receive()) ?? [];
  await withoutDatabase(() => hand([{ ...first }]).catch(() => {}));
  expect(await queue?.receive()).toEqual([]);
  const [again] = await vi.waitFor(
    async () => {
      const messages = (await queue?.receive()) ?? [];
      expect(messages).toHaveLength(1);
      return messages;
    },
    { timeout: 15_000, interval: 250 },
  );
  expect(again?.Attributes?.ApproximateReceiveCount).toBe("2");
  expect(await hand([{ ...again }])).toEqual([]);
});

describe("what fails for its own sake", () => {
  const unknown = envelope(event("invoice.payment_failed", invoice({ status: "open" }), NOW));

  it.each([
    ["Postgres refuses", POISON],
    ["holds no event", "{}"],
    ["Stripe does not know, with what it is about", unknown],
    ["Stripe does not know, by its id", '{"eventId":"evt_unknown"}'],
  ])(
    "a message that %s is tried five times, then it is a dead letter as it was, and nothing beside it",
    async (_, body) => {
      expect(TRIES).toBe(5);
      await noteHidden();
      expect(await consume([good(), body], 4)).toEqual(["1"]);
      expect(await deadLetters?.receive()).toEqual([]);
      expect(await consume([good(), body], 5)).toEqual([]);
      expect((await deadLetters?.receive())?.map(({ Body }) => Body)).toEqual([body]);
    },
  );

  it("does not ring for being late", async () => {
    await noteHidden();
    await consume([POISON], 3, 900_000);
    expect(log.metric("failed")).toEqual([1]);
    expect(log.metric("waited")).toEqual([]);
  });

  it("comes again when the dead letters do not take it", async () => {
    const hidden = await noteHidden();
    process.env.SST_Queue_queueUrl_StripeEventsDlq = `${deadLetters?.url}-missing`;
    try {
      expect(await consume([POISON], 9)).toEqual(["0"]);
    } finally {
      process.env.SST_Queue_queueUrl_StripeEventsDlq = deadLetters?.url;
    }
    expect(hidden).toHaveLength(1);
    expect(log.said("dead letters were not taken")).toHaveLength(1);
  });
});

it("when it cannot be said when they come again, they do so by the queue's own time-out", async () => {
  process.env.SST_Queue_queueUrl_StripeEvents = `${queue?.url}-missing`;
  try {
    expect(await consume([POISON], 1)).toEqual(["0"]);
  } finally {
    process.env.SST_Queue_queueUrl_StripeEvents = queue?.url;
  }
  expect(log.said("messages come again late")).toHaveLength(1);
});
