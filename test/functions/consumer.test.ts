import { toSqsEvent } from "@turnpike/local/testing/aws";
import type { SQSBatchResponse } from "aws-lambda";
import type Stripe from "stripe";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { event, id, invoice, product } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendQueue, lendStripe, lendSupabase } from "../parts/index.ts";
import { captureLog, type Handler, lambdaContext, setEnvironment } from "../parts/lambda.ts";
import { standBefore } from "../parts/proxy.ts";

let supabase: LentSupabase;
let stripe: LentStripe;
let wakeUps: Awaited<ReturnType<typeof lendQueue>>;
let handler: Handler;
let log: ReturnType<typeof captureLog>;

beforeAll(async () => {
  [supabase, stripe, wakeUps] = await Promise.all([lendSupabase(), lendStripe(), lendQueue()]);
  setEnvironment({ supabase, stripe, wakeUps });
  ({ handler } = await import("@turnpike/functions/apply-stripe-events"));
});
beforeEach(() => {
  log = captureLog();
});

const NOW = 1_790_000_000;
const QUEUE = { name: "StripeEvents", url: "", arn: "arn:aws:sqs:us-east-1:000000000000:StripeEvents" };

/** Hands the consumer a batch, and says which of its messages come again, by their place in it. */
const consume = (...bodies: string[]) => consumeWith(handler, ...bodies);
async function consumeWith(consumer: Handler, ...bodies: string[]): Promise<number[]> {
  const messages = bodies.map((Body, place) => ({ MessageId: String(place), Body }));
  const answer = (await consumer(
    toSqsEvent(messages, QUEUE, "us-east-1") as never,
    lambdaContext(),
  )) as SQSBatchResponse;
  return answer.batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier));
}
const envelope = (event: Stripe.Event) => JSON.stringify({ event });
const created = (fields: object = {}, at = NOW) => event("product.created", product(fields), at);
const outcomeOf = async ({ id }: Stripe.Event) =>
  (await supabase.query<{ outcome: string }>("select outcome from billing.stripe_events where id = $1", [id]))[0]
    ?.outcome;

describe("a message is deleted only when its event is done with", () => {
  it("one that is applied, stale, there already, or of no use is", async () => {
    const [shown, other] = [product(), created()];
    const newer = event("product.updated", shown, NOW + 10);
    const older = event("product.updated", shown, NOW);
    expect(await consume(envelope(newer))).toEqual([]);
    const ignored = event("balance.available", {}, NOW);
    expect(await consume(envelope(older), envelope(newer), envelope(ignored), envelope(other))).toEqual([]);
    expect(await Promise.all([newer, older, other].map(outcomeOf))).toEqual(["applied", "stale", "applied"]);
  });

  it("one whose event failed comes again, and nothing beside it", async () => {
    const poison = event("product.created", product({ images: "one" as never }), NOW);
    const unreadable = event("product.created", { ...product(), created: "yesterday" }, NOW);
    const good = created();
    expect(await consume(envelope(good), envelope(poison), envelope(unreadable))).toEqual([1, 2]);
    expect(await Promise.all([good, poison, unreadable].map(outcomeOf))).toEqual(["applied", "failed", "failed"]);
  });

  it("one whose event waits for Stripe comes again, and nothing beside it", async () => {
    // Stripe does not know it, and it is of a kind that Stripe never forgets.
    const [waiting, good] = [event("invoice.payment_failed", invoice({ status: "open" }), NOW), created()];
    expect(await consume(envelope(waiting), envelope(good))).toEqual([0]);
    expect(await Promise.all([waiting, good].map(outcomeOf))).toEqual([undefined, "applied"]);
    const [line] = log.said("events come again");
    expect(line).toMatchObject({ level: "error", error: "UnknownObjectError", errorCode: "unknown_to_stripe" });
    expect(log.metric("otherAccount")).toEqual([1]);
    const [said] = log.said("event").filter(({ outcome }) => outcome === "retry");
    expect(said).toMatchObject({ level: "error", reason: "unknown_to_stripe" });
  });

  it("one whose event waits for a Stripe that does not answer comes again, and speaks of no other account", async () => {
    const unpaid = event("invoice.payment_failed", invoice({ status: "open" }), NOW);
    const { apiBase } = await standBefore(stripe, (_, response) => {
      response.writeHead(500, { "content-type": "application/json", "stripe-should-retry": "false" });
      response.end('{"error":{"type":"api_error"}}');
    });
    process.env.STRIPE_API_BASE = apiBase;
    vi.resetModules();
    const { handler: other } = await import("@turnpike/functions/apply-stripe-events");
    try {
      expect(await consumeWith(other, envelope(unpaid))).toEqual([0]);
    } finally {
      process.env.STRIPE_API_BASE = stripe.apiBase;
    }
    expect(log.metric("otherAccount")).toEqual([0]);
  });

  it("one whose event is of the other mode is, and is counted: it would be refused each time", async () => {
    const real = { ...created(), livemode: true };
    expect(await consume(envelope(real))).toEqual([]);
    expect(await outcomeOf(real)).toBe("refused");
    expect(log.metric("otherAccount")).toEqual([1]);
    expect(log.said("event")).toEqual([expect.objectContaining({ level: "error", outcome: "refused" })]);
  });

  it("all of them come again while the key is of another account, which is counted", async () => {
    await consume(envelope(created()));
    await supabase.query("update billing.stripe_account set key_hashes = '{}', id = 'acct_other'");
    try {
      await expect(consume(envelope(created()), envelope(created()))).rejects.toThrow("Failed, as the line before");
    } finally {
      await supabase.query("truncate billing.stripe_account");
    }
    expect(log.metric("otherAccount")).toEqual([0, 2]);
    expect(log.said("failed")).toEqual([expect.objectContaining({ error: "OtherAccountError" })]);
  });

  it("one that is no envelope comes again, and nothing beside it", async () => {
    const good = created();
    const odd = ["", "{", "null", "[]", "7", "{}", '{"event":null}', '{"event":"evt_1"}', '{"eventId":7}'];
    expect(await consume(...odd, envelope(good))).toEqual(odd.map((_, place) => place));
    expect(await outcomeOf(good)).toBe("applied");
    expect(log.said("unreadable message").map(({ messageId }) => messageId)).toEqual(odd.map((_, place) => `${place}`));
  });

  it.each([
    ["no created", { created: undefined }],
    ["a created that is text", { created: "2026-01-01" }],
    ["a created beyond every calendar", { created: 1e15 }],
    ["a created before every calendar", { created: -1e12 }],
    ["a created between two seconds", { created: 1.5 }],
    ["a NUL in its id", { id: "evt_\u0000" }],
    ["half a pair in its id", { id: "evt_\ud83d" }],
    ["a NUL in its api_version", { api_version: "2026\u0000" }],
    ["a NUL in its type", { type: "product.created\u0000" }],
    ["no data", { data: null }],
  ])("nine good ones beside one with %s are, and it comes again", async (_, fields) => {
    const good = Array.from({ length: 9 }, () => created());
    const odd = JSON.stringify({ event: { ...created(), ...fields } });
    const batch = good.map(envelope).toSpliced(4, 0, odd);
    expect(await consume(...batch)).toEqual([4]);
    expect(await Promise.all(good.map(outcomeOf))).toEqual(Array(9).fill("applied"));
  });

  it("all of them come again while the database cannot be reached: the run fails", async () => {
    await supabase.query("alter table billing.stripe_events rename to put_aside");
    try {
      await expect(consume(envelope(created()))).rejects.toThrow("Failed, as the line before this one says");
    } finally {
      await supabase.query("alter table billing.put_aside rename to stripe_events");
    }
    expect(log.said("failed")).toEqual([expect.objectContaining({ level: "error", error: "DatabaseError" })]);
    expect(log.metric("otherAccount")).toEqual([]);
  });
});

it("an event that was too large for the queue is read from Stripe by its id", async () => {
  const { id } = await stripe.stripe.products.create({ name: "Large" });
  const { data } = await stripe.stripe.events.list({ types: ["product.created"], limit: 1 });
  expect(await consume(JSON.stringify({ eventId: data[0]?.id }))).toEqual([]);
  expect(await supabase.query("select name from products where id = $1", [id])).toEqual([{ name: "Large" }]);
  expect(await consume(JSON.stringify({ eventId: "evt_unknown" }))).toEqual([0]);
});

it("the same event in two messages of a batch is applied once, and both are done", async () => {
  const twice = created();
  expect(await consume(envelope(twice), envelope(twice))).toEqual([]);
  expect(log.said("event")).toHaveLength(1);
});

describe("the relay is woken", () => {
  const dispute = () =>
    event(
      "charge.dispute.created",
      {
        id: id("du"),
        charge: id("ch"),
        payment_intent: null,
        status: "needs_response",
        reason: null,
        currency: "usd",
        amount: 1,
        created: NOW,
      },
      NOW,
    );
  afterEach(() => supabase.query("truncate billing.outbox"));

  it("once by a batch that leaves something in the outbox, and by no other", async () => {
    expect(await wakeUps.receive()).toHaveLength(0);
    await consume(envelope(created()));
    expect(await wakeUps.receive()).toHaveLength(0);
    await consume(envelope(dispute()), envelope(created()), envelope(dispute()));
    expect(await wakeUps.receive()).toHaveLength(1);
  });

  it("and when it cannot be, no message comes again for that", async () => {
    process.env.SST_Queue_queueUrl_RelayWakeUps = "http://127.0.0.1:9/none";
    const told = dispute();
    try {
      expect(await consume(envelope(told))).toEqual([]);
    } finally {
      process.env.SST_Queue_queueUrl_RelayWakeUps = wakeUps.url;
    }
    expect(await outcomeOf(told)).toBe("applied");
    expect(log.said("the relay was not woken")).toHaveLength(1);
  });
});

describe("what is said", () => {
  it("is a line per event: what became of it, and how long after Stripe made it", async () => {
    const at = Math.floor(Date.now() / 1000) - 90;
    const [good, poison] = [created({}, at), created({ images: "one" }, at)];
    await consume(envelope(good), envelope(poison));
    const line = {
      message: "event",
      requestId: expect.any(String),
      type: "product.created",
      lagSeconds: expect.any(Number),
    };
    const lines = log.said("event");
    expect(lines).toContainEqual({ ...line, level: "info", eventId: good.id, outcome: "applied" });
    const reason = "product.images: Postgres refused it (22P02)";
    expect(lines).toContainEqual({ ...line, level: "error", eventId: poison.id, outcome: "failed", reason });
    for (const { lagSeconds } of lines) {
      expect(lagSeconds).toBeGreaterThanOrEqual(90);
      expect(lagSeconds).toBeLessThan(120);
    }
  });

  it("is a metric per outcome, and the time from Stripe for those that were applied", async () => {
    const shown = product();
    const newer = event("product.updated", shown, NOW + 10);
    await consume(envelope(newer));
    const before = log.lines.length;
    const older = event("product.updated", shown, NOW);
    const poison = created({ images: "one" });
    const recent = Math.floor(Date.now() / 1000) - 62;
    const bodies = [created({}, recent), created({}, recent), newer, older, poison].map(envelope);
    await consume(...bodies, "garbage");
    const [metrics] = log.lines.slice(before).filter((line) => "_aws" in line);
    expect(metrics).toMatchObject({ applied: 2, stale: 1, duplicate: 1, ambiguous: 0, failed: 2 });
    expect(metrics?.lag).toHaveLength(2);
    for (const seconds of (metrics?.lag ?? []) as number[]) expect(Math.abs(seconds - 60)).toBeLessThan(20);
    expect(metrics?.late).toBe(2);
  });

  it("counts those that only Stripe could tell apart", async () => {
    const { id } = await stripe.stripe.products.create({ name: "v0" });
    const two = ["A", "B"].map((name) => event("product.updated", product({ id, name }), NOW));
    expect(await consume(...two.map(envelope))).toEqual([]);
    expect(log.metric("ambiguous")).toEqual([1]);
    expect(await supabase.query("select name from products where id = $1", [id])).toEqual([{ name: "v0" }]);
  });
});

it("a batch of nothing is nothing", async () => {
  expect(await consume()).toEqual([]);
});
