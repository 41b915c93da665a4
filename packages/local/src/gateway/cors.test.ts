import { expect, it } from "vitest";
import { corsHeaders, preflight } from "./cors.ts";

const cors = [
  {
    origins: "https://a.example,https://b.example",
    methods: "GET,POST",
    headers: "authorization,content-type",
    exposed: "retry-after",
  },
];
const from = (origin: string, method = "POST", asked?: string) => ({
  method,
  headers: { origin, ...(asked && { "access-control-request-method": asked }) },
});

it("a page of a named origin may read answers, and is told what it may send", () => {
  expect(Object.fromEntries(corsHeaders(cors, from("https://b.example")))).toEqual({
    "access-control-allow-origin": "https://b.example",
    "access-control-expose-headers": "retry-after",
    vary: "Origin",
  });
  expect(
    Object.fromEntries(preflight(cors, from("https://b.example", "OPTIONS", "POST"))?.headers ?? []),
  ).toMatchObject({
    "access-control-allow-origin": "https://b.example",
    "access-control-allow-methods": "GET,POST",
    "access-control-allow-headers": "authorization,content-type",
  });
});

it("one of any other origin may not, and without such origins OPTIONS is what it was", () => {
  expect(corsHeaders(cors, from("https://a.example.evil"))).toEqual([]);
  expect(preflight(cors, from("https://evil.example", "OPTIONS", "POST"))?.headers).toEqual([]);
  expect(preflight([], from("https://a.example", "OPTIONS", "POST"))).toBeUndefined();
  expect(preflight(cors, from("https://a.example", "OPTIONS"))).toBeUndefined();
});
