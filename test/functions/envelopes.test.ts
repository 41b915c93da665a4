import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { toSqsEvent } from "@turnpike/local/testing/aws";
import Stripe from "stripe";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { event, product } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendQueue, lendStripe, lendSupabase } from "../parts/index.ts";
import { call, captureLog, type Handler, lambdaContext, setEnvironment, WEBHOOK_SECRET } from "../parts/lambda.ts";
import { standBefore } from "../parts/proxy.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let queue: Awaited<ReturnType<typeof lendQueue>>;
beforeEach(async () => {
  // A function keeps its clients while their keys are the same: each test has one that has just started.
  vi.resetModules();
  captureLog();
  [supabase, lent, queue] = await Promise.all([lendSupabase(), lendStripe(), lendQueue()]);
  setEnvironment({ supabase, stripe: lent, queue });
});

const AT = 1_790_000_000;
const handlerOf = async (name: "receive-stripe-event" | "apply-stripe-events" | "reconcile"): Promise<Handler> => {
  if (name === "reconcile") return (await import("@turnpike/functions/reconcile")).handler;
  if (name === "apply-stripe-events") return (await import("@turnpike/functions/apply-stripe-events")).handler;
  return (await import("@turnpike/functions/receive-stripe-event")).handler;
};
async function deliver(sent: object) {
  const body = JSON.stringify(sent);
  const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret: WEBHOOK_SECRET });
  const headers = { "content-type": "application/json", "stripe-signature": signature };
  return call(await handlerOf("receive-stripe-event"), { path: "/api/webhooks/stripe", headers, body });
}
async function consume(messages: Awaited<ReturnType<typeof queue.receive>>) {
  const sqsEvent = toSqsEvent(
    messages,
    { name: "StripeEvents", url: queue.url, arn: "arn:aws:sqs:a:0:b" },
    "us-east-1",
  );
  return (await handlerOf("apply-stripe-events"))(sqsEvent as never, lambdaContext());
}
const reconcile = async () => (await handlerOf("reconcile"))({} as never, lambdaContext());
const padded = (bytes: number) => event("product.created", product({ description: "x".repeat(bytes) }), AT);
/** A Stripe that lists these events. */
const listing = (events: Stripe.Event[]) =>
  standBefore(lent, ({ url = "" }, response) => {
    if (!url.startsWith("/v1/events?") || url.includes("delivery_success")) return;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ object: "list", data: events, has_more: false }));
  });

it("all of Unicode comes from Stripe's delivery through the queue into the row, in a message of ASCII", async () => {
  const name = "Größe 🚀 𠮷 𝕳 \ufffe \uffff \u2028 \u007f ☕";
  const sent = event("product.created", product({ name, metadata: { [name]: name } }), AT);
  expect(await deliver(sent)).toMatchObject({ statusCode: 200 });
  const messages = await queue.receive();
  expect(messages.map(({ Body }) => Body)).toEqual([expect.stringMatching(/^[\x20-\x7e]+$/)]);
  expect(await consume(messages)).toEqual({ batchItemFailures: [] });
  const rows = await supabase.query("select name, metadata from products where id = $1", [
    (sent.data.object as { id: string }).id,
  ]);
  expect(rows).toEqual([{ name, metadata: { [name]: name } }]);
});

describe("a reconciliation", () => {
  const cursors = () => supabase.query("select from billing.reconcile_cursor where listing = 'all' and place is null");

  it("queues events that are large together, and by their id those that are too large", async () => {
    const large = [
      ...Array.from({ length: 10 }, () => padded(200 * 1024)),
      ...Array.from({ length: 3 }, () => padded(400_000)),
    ];
    const huge = padded(1024 * 1024);
    setEnvironment({ supabase, stripe: await listing([...large, huge]), queue });
    await reconcile();
    const bodies = (await queue.receive()).map(({ Body = "" }) => JSON.parse(Body));
    expect(bodies.flatMap(({ event: whole }) => whole?.id ?? []).sort()).toEqual(large.map(({ id }) => id).sort());
    expect(bodies.filter(({ eventId }) => eventId)).toEqual([{ eventId: huge.id }]);
    expect(await cursors()).toHaveLength(1);
  });

  it("sends what the queue refuses by its id, and what it then refuses too is in the ledger: it goes on", async () => {
    const [good, odd, worst, last] = [padded(1), padded(2), padded(3), padded(4)] as const;
    const refusing = await refuse((body) => body.includes(worst.id) || body.startsWith(`{"event":{"id":"${odd.id}"`));
    setEnvironment({ supabase, stripe: await listing([good, odd, worst, last]), queue: refusing });
    await reconcile();
    expect(refusing.taken.map((body) => JSON.parse(body).eventId ?? JSON.parse(body).event.id).sort()).toEqual(
      [good.id, odd.id, last.id].sort(),
    );
    expect(refusing.taken).toContain(`{"eventId":"${odd.id}"}`);
    expect(await supabase.query("select id, outcome, reason, object_id from billing.stripe_events")).toEqual([
      {
        id: worst.id,
        outcome: "failed",
        reason: "The queue refused it: InvalidMessageContents",
        object_id: (worst.data.object as { id: string }).id,
      },
    ]);
    expect(await cursors()).toHaveLength(1);
  });
});

it("a delivery that the queue refuses either way is answered 500: Stripe shows it", async () => {
  const refusing = await refuse(() => true);
  const log = captureLog();
  setEnvironment({ supabase, stripe: lent, queue: refusing });
  expect(await deliver(padded(1))).toMatchObject({ statusCode: 500 });
  expect(log.said("request")).toEqual([expect.objectContaining({ error: "QueueError", errorCode: "refused" })]);
  expect(refusing.taken).toEqual([]);
});

/** An SQS that will not have some messages, and says so as SQS does. */
async function refuse(isRefused: (body: string) => boolean) {
  const taken: string[] = [];
  const server = createServer(async (request, response) => {
    const { Entries } = JSON.parse(await text(request)) as { Entries: { Id: string; MessageBody: string }[] };
    const refused = Entries.filter(({ MessageBody }) => isRefused(MessageBody));
    const good = Entries.filter((entry) => !refused.includes(entry));
    taken.push(...good.map(({ MessageBody }) => MessageBody));
    const Failed = refused.map(({ Id }) => ({ Id, Code: "InvalidMessageContents", SenderFault: true }));
    response.end(JSON.stringify({ Successful: good.map(({ Id }) => ({ Id })), ...(Failed.length > 0 && { Failed }) }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { taken, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/000000000000/queue` };
}
