import fc from "fast-check";
import { expect, it } from "vitest";
import { toHttpResponse } from "./response.ts";

it("turns each cookie into a header of its own", () => {
  const { headers } = toHttpResponse({
    statusCode: 303,
    headers: { Location: "/x", "X-Count": 2 },
    cookies: ["a=1", "b=2"],
  });
  expect(headers).toEqual([
    ["location", "/x"],
    ["x-count", "2"],
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
  ]);
});

it("gives back any bytes that come in base64", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const body = Buffer.from(bytes).toString("base64");
      expect(toHttpResponse({ statusCode: 200, body, isBase64Encoded: true }).body).toEqual(Buffer.from(bytes));
    }),
  );
});

it("takes an answer without a status code for the JSON body of a 200", () => {
  fc.assert(
    fc.property(
      fc.jsonValue().filter((value) => typeof value !== "string" && value !== null),
      (value) => {
        if (typeof value === "object" && value !== null && "statusCode" in value) return;
        const { status, headers, body } = toHttpResponse(value);
        expect([status, headers, body.toString()]).toEqual([
          200,
          [["content-type", "application/json"]],
          JSON.stringify(value),
        ]);
      },
    ),
  );
});

it.each([
  [{ statusCode: "no" }],
  [{ statusCode: 99 }],
  [{ statusCode: 200, body: { not: "text" } }],
  [{ statusCode: 200, headers: "no" }],
])("answers 500 to a malformed answer: %j", (payload) => {
  const { status, body } = toHttpResponse(payload);
  expect([status, body.toString()]).toEqual([500, '{"message":"Internal Server Error"}']);
});
