import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HttpRequest, toEvent } from "./event.ts";

const NOW = new Date("2026-03-12T19:03:58.390Z");
const match = { route: { method: "POST", path: "/api/a/{id}", functionName: "a" }, pathParameters: { id: "7" } };

function event(overrides: Partial<HttpRequest>) {
  const request: HttpRequest = {
    method: "POST",
    target: "/api/a/7",
    rawHeaders: ["Host", "localhost:3000"],
    body: Buffer.alloc(0),
    sourceIp: "127.0.0.1",
    httpVersion: "1.1",
    ...overrides,
  };
  return toEvent(request, match, "request-1", NOW);
}

const bodyOf = ({ body = "", isBase64Encoded }: ReturnType<typeof toEvent>) =>
  Buffer.from(body, isBase64Encoded ? "base64" : "utf8");

it("describes the request as payload format 2.0 does", () => {
  expect(event({ rawHeaders: ["Host", "localhost:3000", "User-Agent", "curl/8"] })).toEqual({
    version: "2.0",
    routeKey: "POST /api/a/{id}",
    rawPath: "/api/a/7",
    rawQueryString: "",
    headers: {
      host: "localhost:3000",
      "user-agent": "curl/8",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-port": "3000",
      "x-forwarded-proto": "http",
    },
    pathParameters: { id: "7" },
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
      domainName: "localhost:3000",
      domainPrefix: "localhost",
      http: { method: "POST", path: "/api/a/7", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "curl/8" },
      requestId: "request-1",
      routeKey: "POST /api/a/{id}",
      stage: "$default",
      time: "12/Mar/2026:19:03:58 +0000",
      timeEpoch: NOW.getTime(),
    },
    isBase64Encoded: false,
  });
});

it("joins headers of one name and lists cookies apart", () => {
  const { headers, cookies } = event({
    rawHeaders: ["X-Tag", "a", "Cookie", "a=1; b=2", "x-tag", "b", "cookie", "c=x=y"],
  });
  expect(headers["x-tag"]).toBe("a,b");
  expect(cookies).toEqual(["a=1", "b=2", "c=x=y"]);
  expect(headers).not.toHaveProperty("cookie");
});

it("joins query parameters of one name, decoded, and keeps the raw query", () => {
  const { queryStringParameters, rawQueryString } = event({ target: "/api/a/7?tag=a&tag=b%20c&empty=" });
  expect(queryStringParameters).toEqual({ tag: "a,b c", empty: "" });
  expect(rawQueryString).toBe("tag=a&tag=b%20c&empty=");
});

it("loses no byte of any body, whatever its type", () => {
  const types = [
    "application/json",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
  ];
  const texts = fc.string({ unit: "grapheme" }).map((text) => Buffer.from(text));
  fc.assert(
    fc.property(fc.constantFrom(...types), texts, (type, body) => {
      expect(bodyOf(event({ rawHeaders: ["Content-Type", type], body }))).toEqual(body);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(bodyOf(event({ body: Buffer.from(bytes) }))).toEqual(Buffer.from(bytes));
    }),
  );
});

describe("which bodies are text", () => {
  it.each([
    ["application/json", false],
    ["Application/JSON; charset=utf-8", false],
    ["text/plain", false],
    ["application/xml", false],
    ["application/x-www-form-urlencoded", true],
    ["multipart/form-data; boundary=x", true],
    ["application/octet-stream", true],
  ])("%s in base64: %s", (type, isBase64Encoded) => {
    expect(event({ rawHeaders: ["Content-Type", type], body: Buffer.from("x") }).isBase64Encoded).toBe(isBase64Encoded);
  });

  it("one without a type is not", () => expect(event({ body: Buffer.from("x") }).isBase64Encoded).toBe(true));
});
