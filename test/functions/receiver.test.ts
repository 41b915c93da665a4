import Stripe from "stripe";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { event, product } from "../builders.ts";
import { lendQueue } from "../parts/index.ts";
import { call, captureLog, type Handler, setEnvironment } from "../parts/lambda.ts";

let queue: Awaited<ReturnType<typeof lendQueue>>;
let handler: Handler;
let log: ReturnType<typeof captureLog>;
// Two at once, as while a secret is rolled.
const SECRETS = ["whsec_new", "whsec_old"];

beforeAll(async () => {
  queue = await lendQueue();
  const nowhere = "http://127.0.0.1:9"; // the receiver talks to the queue alone
  const supabase = { url: nowhere, publishableKey: "unused", secretKey: "unused" };
  setEnvironment({ supabase, stripe: { apiBase: nowhere }, queue });
  process.env.SST_Secret_value_STRIPE_WEBHOOK_SECRET = SECRETS.join(" , ");
  ({ handler } = await import("@turnpike/functions/receive-stripe-event"));
});
beforeEach(() => {
  log = captureLog();
});

const PINNED = event("product.created", {}, 0).api_version;
const sample = (fields: object = {}) => ({ ...event("product.created", product(), 1_790_000_000), ...fields });
const sign = (payload: string, secret = "whsec_new", timestamp = Math.floor(Date.now() / 1000)) =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });

/** Delivers a body as Stripe does; without a signature where there is none. */
function deliver(body: string, signature: string | undefined = sign(body), contentType = "application/json") {
  const headers = { "content-type": contentType, ...(signature !== undefined && { "Stripe-Signature": signature }) };
  return call(handler, { path: "/api/webhooks/stripe", headers, body });
}
const queued = async () => (await queue.receive()).map(({ Body = "" }) => JSON.parse(Body));

describe("a delivery that Stripe signed", () => {
  it.each(SECRETS)("with %s is in the queue once it is answered", async (secret) => {
    const sent = sample();
    const answer = await deliver(JSON.stringify(sent), sign(JSON.stringify(sent), secret));
    expect(answer).toMatchObject({ statusCode: 200, json: { received: true } });
    expect(answer.headers).toEqual({ "content-type": "application/json", "cache-control": "no-store" });
    expect(await queued()).toEqual([{ event: sent }]);
  });

  it("is checked over its bytes, also where API Gateway hands them over in base64", async () => {
    const sent = sample({ data: { object: product({ name: "Größe → 你好 🚀 \uffff" }) } });
    const body = JSON.stringify(sent, null, 2);
    expect(await deliver(body, sign(body), "application/octet-stream")).toMatchObject({ statusCode: 200 });
    expect(await deliver(body, sign(body))).toMatchObject({ statusCode: 200 });
    expect(await queued()).toEqual([{ event: sent }, { event: sent }]);
  });

  it("is counted, and so is one of another API version than the one that is pinned", async () => {
    await deliver(JSON.stringify(sample({ api_version: PINNED })));
    await deliver(JSON.stringify(sample({ api_version: "2024-06-20" })));
    await deliver(JSON.stringify(sample({ api_version: null })));
    expect(log.metric("received")).toEqual([1, 1, 1]);
    expect(log.metric("apiVersionMismatch")).toEqual([0, 1, 1]);
    expect(log.metric("rejected")).toEqual([]);
    await queue.receive();
  });

  it("is a line in the log, by which its event is found", async () => {
    const sent = sample();
    const { requestId } = await deliver(JSON.stringify(sent));
    const line = { level: "info", route: "POST /api/webhooks/stripe", status: 200, eventId: sent.id, type: sent.type };
    expect(log.said("request")).toEqual([expect.objectContaining({ ...line, requestId })]);
    await queue.receive();
  });

  it("of more than a message may hold travels by its id", async () => {
    const padded = (bytes: number) => {
      const bare = sample({ padding: "" });
      const room = bytes - Buffer.byteLength(JSON.stringify({ event: bare }));
      return { ...bare, padding: "x".repeat(room) };
    };
    const [most, more] = [padded(1024 * 1024), padded(1024 * 1024 + 1)];
    await deliver(JSON.stringify(most));
    await deliver(JSON.stringify(more));
    expect(await queued()).toEqual([{ event: most }, { eventId: more.id }]);
  });
});

describe("what Stripe did not sign", () => {
  const forgeries: [string, "rejected" | "unsigned", (body: string) => string | undefined][] = [
    ["without a signature", "unsigned", () => undefined],
    ["with an empty one", "unsigned", () => ""],
    ["with another secret's", "rejected", (body) => sign(body, "whsec_another")],
    ["with that of another body", "rejected", () => sign("{}")],
    [
      "with one of half an hour ago",
      "rejected",
      (body) => sign(body, "whsec_new", Math.floor(Date.now() / 1000) - 1800),
    ],
    ["with garbage", "unsigned", () => "garbage"],
  ];
  it.each(forgeries)(
    "(%s) is refused, counted as %s, logged with its addresses, and reaches no queue",
    async (...forgery) => {
      const [, counted, signature] = forgery;
      const body = JSON.stringify(sample());
      const headers = { "content-type": "application/json", "x-forwarded-for": "<b>, 203.0.113.7, 2001:db8::1" };
      const forged = signature(body);
      const answer = await call(handler, {
        path: "/api/webhooks/stripe",
        headers: forged === undefined ? headers : { ...headers, "stripe-signature": forged },
        body,
      });
      expect(answer).toMatchObject({
        statusCode: 400,
        json: {
          code: "invalid_signature",
          error: "The Stripe-Signature header does not fit this body",
          requestId: answer.requestId,
        },
      });
      expect(await queued()).toEqual([]);
      expect(log.metric("rejected")).toEqual(counted === "rejected" ? [1] : []);
      expect(log.metric("unsigned")).toEqual(counted === "unsigned" ? [1] : []);
      expect(log.metric("received")).toEqual([]);
      expect(log.said("request")).toEqual([
        expect.objectContaining({
          level: "info",
          refused: "invalid_signature",
          from: expect.stringMatching(/, 203\.0\.113\.7, 2001:db8::1, 127\.0\.0\.1$/),
        }),
      ]);
    },
  );

  it("is an empty body too", async () => {
    expect(await deliver("")).toMatchObject({ statusCode: 400 });
    expect(await call(handler, { path: "/api/webhooks/stripe" })).toMatchObject({ statusCode: 400 });
  });
});

it("what Stripe signed, and is no event, is refused, and is not counted as forged", async () => {
  expect(await deliver("{}")).toMatchObject({ statusCode: 400, json: { code: "invalid_event" } });
  expect(log.metric("rejected")).toEqual([]);
  expect(await queued()).toEqual([]);
});

it("an event that the queue does not take is answered 500, so that Stripe sends it again", async () => {
  process.env.SST_Queue_queueUrl_StripeEvents = `${queue.url}-missing`;
  try {
    const answer = await deliver(JSON.stringify(sample()));
    expect(answer).toMatchObject({ statusCode: 500, json: { code: "internal_error" } });
    expect(log.metric("received")).toEqual([]);
    expect(log.metric("rejected")).toEqual([]);
  } finally {
    process.env.SST_Queue_queueUrl_StripeEvents = queue.url;
  }
});
