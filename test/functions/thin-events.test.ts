import { getAccountId } from "@turnpike/core/stripe";
import { toSqsEvent } from "@turnpike/local/testing/aws";
import type { SQSBatchResponse } from "aws-lambda";
import Stripe from "stripe";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { id } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendQueue, lendStripe, lendSupabase } from "../parts/index.ts";
import { call, captureLog, type Handler, lambdaContext, setEnvironment, WEBHOOK_SECRET } from "../parts/lambda.ts";
import { standBefore } from "../parts/proxy.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let queue: Awaited<ReturnType<typeof lendQueue>>;
let log: ReturnType<typeof captureLog>;
/** What Stripe answers of its thin events, by their ids; the emulator knows of none. */
let known: Record<string, object>;
let asked: string[];
beforeEach(async () => {
  // A function keeps its clients while their keys are the same: each test has one that has just started.
  vi.resetModules();
  log = captureLog();
  known = {};
  [supabase, lent, queue] = await Promise.all([lendSupabase(), lendStripe(), lendQueue()]);
  const { apiBase, requests } = await standBefore(lent, ({ url = "" }, response) => {
    const [, thin = ""] = /^\/v2\/core\/events\/(\w+)/.exec(url) ?? [];
    if (!thin) return;
    const found = known[thin];
    response.writeHead(found ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(found ?? { error: { code: "not_found", message: "No such event" } }));
  });
  asked = requests;
  setEnvironment({ supabase, stripe: { apiBase }, queue });
});

/** As it is delivered: https://docs.stripe.com/event-destinations#thin-events */
const thinEvent = (type: string, fields: object = {}) => ({
  id: id("evt_thin"),
  object: "v2.core.event",
  type,
  created: "2026-11-27T15:00:00.123Z",
  livemode: false,
  context: null,
  related_object: null,
  ...fields,
});
const relatedTo = (path: string, of: { id: string }) => ({
  related_object: { id: of.id, type: "any", url: `/v1/${path}/${of.id}` },
});

/** Posts to the webhook what Stripe signed, and hands the consumer what came into the queue. */
async function deliver(...sent: object[]) {
  const { handler } = (await import("@turnpike/functions/receive-stripe-event")) as { handler: Handler };
  for (const each of sent) {
    const body = JSON.stringify(each);
    const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret: WEBHOOK_SECRET });
    const headers = { "content-type": "application/json", "stripe-signature": signature };
    const answer = await call(handler, { path: "/api/webhooks/stripe", headers, body });
    expect(answer).toMatchObject({ statusCode: 200, json: { received: true } });
  }
  return consume((await queue.receive()).map(({ Body = "" }) => Body));
}
async function consume(bodies: string[]) {
  const { handler } = (await import("@turnpike/functions/apply-stripe-events")) as { handler: Handler };
  const messages = bodies.map((Body, place) => ({ MessageId: String(place), Body }));
  const at = { name: "StripeEvents", url: queue.url, arn: "arn:aws:sqs:a:0:b" };
  const answer = (await handler(toSqsEvent(messages, at, "us-east-1") as never, lambdaContext())) as SQSBatchResponse;
  expect(answer.batchItemFailures).toEqual([]);
}
const ledger = () =>
  supabase.query<{ id: string; type: string }>("select id, type from billing.stripe_events order by type");
const nameOf = async (product: { id: string }) =>
  (await supabase.query<{ name: string }>("select name from products where id = $1", [product.id]))[0]?.name;
const snapshotOf = async (type: string) => (await lent.stripe.events.list({ type, limit: 1 })).data[0] as Stripe.Event;

describe("a thin event", () => {
  it("that names its snapshot event leads to that one's entry in the ledger, once, and is counted as received", async () => {
    const product = await lent.stripe.products.create({ name: "Pro" });
    const snapshot = await snapshotOf("product.created");
    const thin = thinEvent("v1.product.created", { ...relatedTo("products", product), snapshot_event: snapshot.id });
    await deliver(thin, snapshot);
    expect(await ledger()).toEqual([{ id: snapshot.id, type: "product.created" }]);
    expect(await nameOf(product)).toBe("Pro");
    expect([log.metric("received"), log.metric("apiVersionMismatch"), log.metric("rejected")]).toEqual([
      [1, 1],
      [0, 0],
      [],
    ]);
  });

  it("whose delivery does not name the snapshot event is asked about", async () => {
    const product = await lent.stripe.products.create({ name: "Pro" });
    const snapshot = await snapshotOf("product.created");
    const thin = thinEvent("v1.product.created", relatedTo("products", product));
    known[thin.id] = { ...thin, snapshot_event: snapshot.id };
    await deliver(thin);
    expect(await ledger()).toEqual([{ id: snapshot.id, type: "product.created" }]);
  });

  it("without a snapshot event has its object fetched, as of now", async () => {
    const product = await lent.stripe.products.create({ name: "Pro" });
    await lent.stripe.products.update(product.id, { name: "Pro 2" });
    const created = new Date().toISOString();
    const thin = thinEvent("v1.product.activated", { ...relatedTo("products", product), created });
    await deliver(thin);
    expect(await nameOf(product)).toBe("Pro 2");
    expect(await ledger()).toEqual([{ id: thin.id, type: "v1.product.activated" }]);
    const [first] = (await lent.stripe.events.list({ type: "product.created" })).data;
    await deliver(first as object);
    expect(await nameOf(product)).toBe("Pro 2");
  });

  it("about an object that is gone is of no use, and holds up nothing", async () => {
    const gone = { id: id("prod") };
    const product = await lent.stripe.products.create({ name: "Pro" });
    const thin = thinEvent("v1.product.activated", relatedTo("products", gone));
    await deliver(thin, await snapshotOf("product.created"));
    expect(await nameOf(product)).toBe("Pro");
    expect(await nameOf(gone)).toBeUndefined();
  });

  it.each([
    ["about what is not mirrored", "v1.payout.paid", relatedTo("payouts", { id: "po_1" })],
    ["of the second API", "v2.core.event_destination.ping", {}],
    ["that bears a snapshot event's name", "product.created", {}],
  ])("%s is acknowledged, and Stripe is not asked", async (_, type, fields) => {
    await deliver(thinEvent(type, fields));
    expect(await ledger()).toEqual([]);
    expect(asked).toEqual([]);
  });

  it("of another account is refused and counted: its owner could name any user; one of our own is applied", async () => {
    const [theirs, ours] = [
      await lent.stripe.products.create({ name: "Theirs" }),
      await lent.stripe.products.create({ name: "Ours" }),
    ];
    const context = await getAccountId(lent.stripe);
    await deliver(
      thinEvent("v1.product.activated", { ...relatedTo("products", theirs), context: "acct_other" }),
      thinEvent("v1.product.activated", { ...relatedTo("products", ours), context }),
    );
    expect([await nameOf(theirs), await nameOf(ours)]).toEqual([undefined, "Ours"]);
    expect(log.metric("otherAccount")).toEqual([1]);
  });

  it("is resolved in EventBridge's envelope, too", async () => {
    const product = await lent.stripe.products.create({ name: "Pro" });
    const detail = thinEvent("v1.product.activated", relatedTo("products", product));
    await consume([JSON.stringify({ source: "aws.partner/stripe.com/ed_1", "detail-type": detail.type, detail })]);
    expect(await nameOf(product)).toBe("Pro");
  });
});
