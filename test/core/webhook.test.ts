import {
  isOfPinnedVersion,
  openEnvelope,
  parseSecrets,
  toEnvelope,
  toIdEnvelope,
  verifyEvent,
} from "@turnpike/core/webhook";
import { ReceivedAnswer } from "@turnpike/core/webhook/schema";
import Stripe from "stripe";
import { beforeAll, describe, expect, it } from "vitest";
import { event, product } from "../builders.ts";
import { type LentStripe, lendStripe } from "../parts/index.ts";
import { standBefore } from "../parts/proxy.ts";

let lent: LentStripe;
beforeAll(async () => {
  lent = await lendStripe();
});

const AT = 1_790_000_000;
/** Always the same: titles are made of it, and by its title a test is found again. */
const sample = (fields: object = {}) => ({
  ...event("product.created", product({ id: "prod_1" }), AT),
  id: "evt_1",
  ...fields,
});
const sign = (payload: string, secret = "whsec_1", timestamp = Math.floor(Date.now() / 1000)) =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
const verify = (body: string, signature: string | undefined = sign(body), secrets = ["whsec_1"]) =>
  verifyEvent(body, signature, secrets);

const THIN = {
  id: "evt_1",
  object: "v2.core.event",
  type: "v1.customer.created",
  created: "2026-11-27T15:00:00.123Z",
  livemode: false,
  related_object: { id: "cus_1", type: "customer", url: "/v1/customers/cus_1" },
};

/** What is no event, though it came from Stripe, and what is said of it. */
const ODD: [body: unknown, reason: string][] = [
  [{ ...THIN, id: 7 }, "Its id is no id"],
  [{ ...THIN, type: null }, "Its type is no type"],
  [{ ...THIN, created: 1_790_000_000 }, "Its created is no moment"],
  [{ ...THIN, created: "yesterday" }, "Its created is no moment"],
  [{ ...THIN, created: "2101-01-01T00:00:00Z" }, "Its created is no moment"],
  [{ ...THIN, livemode: null }, "It says of no mode"],
  [{ ...THIN, context: "\0" }, "Its context is no context"],
  [{ ...THIN, snapshot_event: "\0" }, "Its snapshot_event is no id"],
  [{ ...THIN, related_object: { id: "\0" } }, "Its related_object is no object"],
  [{ ...THIN, related_object: { id: "cus_1", url: 7 } }, "Its related_object is no object"],
  [null, "It is no object"],
  [[], "It is no object"],
  [7, "It is no object"],
  ["text", "It is no object"],
  [{}, "Its id is no id"],
  [sample({ id: null }), "Its id is no id"],
  [sample({ id: "" }), "Its id is no id"],
  [sample({ id: 7 }), "Its id is no id"],
  [sample({ id: "evt 1" }), "Its id is no id"],
  [sample({ id: "evt_\u0000" }), "Its id is no id"],
  [sample({ id: `evt_${"x".repeat(252)}` }), "Its id is no id"],
  [sample({ type: undefined }), "Its type is no type"],
  [sample({ type: {} }), "Its type is no type"],
  [sample({ api_version: 2026 }), "Its api_version is no version"],
  [sample({ created: "yesterday" }), "Its created is no moment in seconds"],
  [sample({ created: 1.5 }), "Its created is no moment in seconds"],
  [sample({ created: -1 }), "Its created is no moment in seconds"],
  [sample({ created: Date.UTC(2100) / 1000 + 1 }), "Its created is no moment in seconds"],
  [sample({ created: 1e18 }), "Its created is no moment in seconds"],
  [sample({ context: 7 }), "Its context is no context"],
  [sample({ livemode: undefined }), "It says of no mode"],
  [sample({ livemode: null }), "It says of no mode"],
  [sample({ livemode: "false" }), "It says of no mode"],
  [sample({ data: null }), "It has no data"],
  [sample({ data: undefined }), "It has no data"],
  [sample({ data: "text" }), "It has no data"],
];
const FINE = [
  sample(),
  sample({ id: `evt_${"x".repeat(251)}` }),
  sample({ type: "" }),
  sample({ api_version: null }),
  sample({ api_version: undefined }),
  sample({ created: 0 }),
  sample({ created: Date.UTC(2100) / 1000 }),
  sample({ data: {} }),
];

describe("a signed body", () => {
  it("is the event in it, by any of the secrets", () => {
    const body = JSON.stringify(sample());
    const secrets = ["whsec_0", "whsec_1", "whsec_2"];
    for (const secret of secrets) expect(verify(body, sign(body, secret), secrets)).toEqual(JSON.parse(body));
  });

  it.each(FINE)("may be of this form: %j", (fine) => {
    const body = JSON.stringify(fine);
    expect(verify(body)).toEqual(JSON.parse(body));
  });

  it.each(ODD)("that is no event is refused: %j", (odd, reason) => {
    expect(() => verify(JSON.stringify(odd))).toThrow(`The body is signed, and is no event. ${reason}`);
    expect(() => verify(JSON.stringify(odd))).toThrow(expect.objectContaining({ code: "invalid_event" }));
  });

  it("that is no JSON is refused", () => {
    for (const body of ["{", "text"]) expect(() => verify(body)).toThrow("and is no event. It is no object");
  });

  it.each([THIN, { ...THIN, snapshot_event: "evt_2", context: null, related_object: null }])(
    "may be a thin event: %j",
    (thin) => {
      const body = JSON.stringify(thin);
      expect(verify(body)).toEqual(thin);
      expect(isOfPinnedVersion(verify(body))).toBe(true);
      expect(() => verify(body, "t=1,v1=00")).toThrow(expect.objectContaining({ code: "invalid_signature" }));
    },
  );
});

describe("a body that is not signed", () => {
  const body = JSON.stringify(sample());
  const now = () => Math.floor(Date.now() / 1000);
  it.each([
    ["without a signature", undefined],
    ["with an empty one", ""],
    ["with garbage", "garbage"],
    ["by another secret", sign(body, "whsec_other")],
    ["of another body", sign(`${body} `)],
    ["ten minutes ago", sign(body, "whsec_1", now() - 600)],
  ])("(%s) is refused", (_, signature) => {
    const refusal = { code: "invalid_signature", message: "The Stripe-Signature header does not fit this body" };
    expect(() => verifyEvent(body, signature, ["whsec_1"])).toThrow(expect.objectContaining(refusal));
  });

  it("is refused when there is no secret", () => {
    expect(() => verify(body, sign(body), [])).toThrow(expect.objectContaining({ code: "invalid_signature" }));
  });

  it("four minutes ago may still be on its way", () => {
    expect(verify(body, sign(body, "whsec_1", now() - 240))).toBeDefined();
  });
});

it("what Stripe is answered says that its event was received", () => {
  expect(ReceivedAnswer.parse({ received: true })).toEqual({ received: true });
  expect(ReceivedAnswer.safeParse({ received: false }).success).toBe(false);
});

it("secrets are a list, in which spaces and empty places mean nothing", () => {
  expect(parseSecrets(" whsec_1 ,, whsec_2,")).toEqual(["whsec_1", "whsec_2"]);
  expect(parseSecrets("")).toEqual([]);
});

it("an event of another version than the pinned one is known", () => {
  expect(isOfPinnedVersion(sample() as Stripe.Event)).toBe(true);
  expect(isOfPinnedVersion(sample({ api_version: "2024-06-20" }) as Stripe.Event)).toBe(false);
  expect(isOfPinnedVersion(sample({ api_version: null }) as Stripe.Event)).toBe(false);
});

describe("an envelope", () => {
  const odd = sample({ data: { object: product({ name: "Größe 🚀 \uffff\u0000\u001f\u007f \ud800 ~" }) } });

  it("has as many bytes as characters, and holds the event unchanged", () => {
    const body = toEnvelope(odd as Stripe.Event, 1_000_000);
    expect(body).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(body)).toEqual({ event: odd });
    expect(body).toContain("Gr\\u00f6\\u00dfe \\ud83d\\ude80");
  });

  it("is whole up to the size that a message may have, and beyond it the id", () => {
    const whole = JSON.stringify({ event: sample({ id: "evt_1" }) });
    const sent = sample({ id: "evt_1", data: JSON.parse(whole).event.data }) as Stripe.Event;
    const size = JSON.stringify({ event: sent }).length;
    expect(toEnvelope(sent, size)).toBe(JSON.stringify({ event: sent }));
    expect(toEnvelope(sent, size - 1)).toBe('{"eventId":"evt_1"}');
    expect(toIdEnvelope(sent)).toBe('{"eventId":"evt_1"}');
  });

  it("is opened to the event in it, or to that of which it has the id", async () => {
    const sent = sample();
    expect(await openEnvelope(lent, JSON.stringify({ event: sent }))).toEqual({ event: sent, fromEventBridge: false });
    await lent.stripe.products.create({ name: "Large" });
    const [listed] = (await lent.stripe.events.list({ types: ["product.created"], limit: 1 })).data;
    const opened = await openEnvelope(lent, JSON.stringify({ eventId: listed?.id }));
    expect(opened).toMatchObject({ event: { id: listed?.id, type: "product.created" }, fromEventBridge: false });
  });

  it.each(["null", "[]", "7", "{}", '{"event":null}', '{"event":[]}', '{"eventId":7}', '{"event":"evt_1"}'])(
    "of %s holds no event",
    async (body) => {
      await expect(openEnvelope(lent, body)).rejects.toThrow("It is no object");
    },
  );

  it.each(ODD)("of what is no event is not opened: %j", async (event, reason) => {
    await expect(openEnvelope(lent, JSON.stringify({ event }))).rejects.toThrow(reason);
  });

  it("of an id is not asked for a third time: others of its batch wait", async () => {
    const failing = await standBefore(lent, (_, response) => {
      response.writeHead(500, { "content-type": "application/json" });
      response.end('{"error":{"type":"api_error","message":"Try again"}}');
    });
    await expect(openEnvelope(failing, '{"eventId":"evt_1"}')).rejects.toThrow("Try again");
    expect(failing.requests).toEqual(["GET /v1/events/evt_1", "GET /v1/events/evt_1"]);
  });

  it("that is no JSON, or whose event Stripe does not have, is not opened", async () => {
    await expect(openEnvelope(lent, "{")).rejects.toThrow(SyntaxError);
    await expect(openEnvelope(lent, '{"eventId":"evt_unknown"}')).rejects.toMatchObject({ code: "resource_missing" });
  });
});
