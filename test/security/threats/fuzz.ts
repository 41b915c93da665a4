import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../rounds.ts";
import { type Answer, bearer, FORM, JSON_TYPE, SITE, send, type Target } from "../target.ts";

const RUNS = rounds(25);
const HEADER_NAMES = [
  "accept",
  "cookie",
  "origin",
  "content-type",
  "content-encoding",
  "x-forwarded-for",
  "user-agent",
  "x-amz-date",
];

/** Never a 5xx, and a refusal is always one of ours. */
function expectAnswer({ status, headers, body }: Answer): void {
  expect(status).toBeLessThan(500);
  if (status < 400) return;
  expect(headers["content-type"]).toBe("application/json");
  expect(JSON.parse(body)).toEqual({
    error: expect.any(String),
    code: expect.stringMatching(/^[a-z_]+$/),
    requestId: expect.any(String),
  });
}

// What a header may hold on its way through HTTP: everything but control characters.
const headerText = fc
  .array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff })), { maxLength: 60 })
  .map((codes) => String.fromCharCode(...codes).trim());
const oddHeaders = fc.array(fc.tuple(fc.constantFrom(...HEADER_NAMES), headerText), { maxLength: 3 });
const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.webUrl(), fc.constant(""));
const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

export function fuzz(target: () => Target): void {
  describe("whatever is sent", () => {
    const credentials = fc.constantFrom("none", "ada", "broken", "cookie");
    const signedIn = (how: string): [string, string][] => {
      const { ada } = target();
      if (how === "ada") return Object.entries(bearer(ada));
      if (how === "cookie")
        return [
          ["cookie", ada.cookie],
          ["origin", SITE],
        ];
      return how === "none" ? [] : [["authorization", `Bearer ${ada.accessToken.slice(5)}`]];
    };
    /** The values that would do, beside all that would not. */
    const values = () => {
      const { credits, proMonthly } = target();
      return fc.oneof(
        fc.constantFrom(credits, proMonthly, SITE, `${SITE}/a`, "payment", "subscription"),
        anyText,
        fc.jsonValue(),
      );
    };

    it.each([
      ["/api/stripe/create-checkout", ["priceId", "successUrl", "cancelUrl", "mode"]],
      ["/api/stripe/create-portal", ["returnUrl", "subscriptionId", "flow"]],
      ["/api/subscriptions/next-payment", ["subscriptionId", "organizationId"]],
      ["/api/subscriptions/preview-change", ["priceId", "quantity", "subscriptionId", "organizationId"]],
      ["/api/subscriptions/change", ["priceId", "quantity", "subscriptionId", "token"]],
      ["/api/subscriptions/cancel", ["subscriptionId", "organizationId"]],
      ["/api/subscriptions/resume", ["subscriptionId", "organizationId"]],
      ["/api/webhooks/stripe", ["id", "type", "data"]],
    ])("as JSON to %s, the answer is one of ours", async (path, fields) => {
      const body = fc.oneof(
        {
          weight: 3,
          arbitrary: fc
            .record(Object.fromEntries(fields.map((field) => [field, values()])), { requiredKeys: [] })
            .map((fields) => JSON.stringify(fields)),
        },
        fc.json(),
        anyText,
        anyBytes,
      );
      await fc.assert(
        fc.asyncProperty(credentials, oddHeaders, body, async (how, odd, sent) => {
          const headers: [string, string][] = [...Object.entries(JSON_TYPE), ...signedIn(how), ...odd];
          expectAnswer(await send(target().world, "POST", path, headers, sent));
        }),
        { numRuns: RUNS },
      );
    });

    it("as a form, the answer is one of ours", async () => {
      const type = fc.constantFrom(
        FORM["content-type"],
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "text/plain",
      );
      const fields = fc.array(fc.tuple(fc.oneof(fc.constant("price_id"), anyText), anyText), { maxLength: 4 });
      const body = fc.oneof(
        fields.map((pairs) =>
          new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString(),
        ),
        fields.map(
          (pairs) =>
            `${pairs.map(([name, value]) => `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join("")}--x--\r\n`,
        ),
        anyText,
        anyBytes,
      );
      await fc.assert(
        fc.asyncProperty(type, credentials, oddHeaders, body, async (contentType, how, odd, sent) => {
          const headers: [string, string][] = [["content-type", contentType], ...signedIn(how), ...odd];
          expectAnswer(await send(target().world, "POST", "/api/checkout_sessions", headers, sent));
        }),
        { numRuns: RUNS },
      );
    });

    it("as the id of a session, the answer is one of ours", async () => {
      const id = fc.oneof(
        fc.string({ unit: "grapheme", minLength: 1 }).map(encodeURIComponent),
        fc.string({ unit: "grapheme-ascii", minLength: 1 }).map((text) => `cs_${encodeURIComponent(text)}`),
        fc
          .uint8Array({ minLength: 1 })
          .map((bytes) => [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")),
      );
      await fc.assert(
        fc.asyncProperty(id, credentials, oddHeaders, fc.webQueryParameters(), async (text, how, odd, query) => {
          const headers = [...signedIn(how), ...odd];
          expectAnswer(await send(target().world, "GET", `/api/checkout_sessions/${text}?${query}`, headers));
        }),
        { numRuns: RUNS },
      );
    });

    it("as a token, the answer is one of ours", async () => {
      const json = fc.oneof(
        fc.json(),
        fc
          .record({ alg: fc.oneof(fc.constantFrom("ES256", "HS256", "none"), fc.jsonValue()), kid: fc.jsonValue() })
          .map((header) => JSON.stringify(header)),
      );
      const part = fc.oneof(
        json.map((text) => Buffer.from(text).toString("base64url")),
        fc.base64String(),
        headerText,
      );
      await fc.assert(
        fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
          const authorization = `Bearer ${parts.join(".")}`;
          expectAnswer(await send(target().world, "GET", "/api/checkout_sessions/cs_1", { authorization }));
        }),
        { numRuns: RUNS },
      );
    });
  });
}
