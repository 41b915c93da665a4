import { expect, test } from "vitest";
import { refusalOfHost } from "./guard.ts";

const own = ["https://shop.example", "http://127.0.0.1:3000"];

test.each(["localhost:3000", "shop.localhost:3000", "127.0.0.1:3000", "[::1]:3000", "LOCALHOST", "shop.example"])(
  "%s is this machine",
  (host) => expect(refusalOfHost(host, own)).toBeUndefined(),
);

test.each([
  "evil.example",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "evil.example:3000",
  "",
  "a b",
  undefined,
])("%s is no name of this machine's, whatever it resolves to", (host) =>
  expect(refusalOfHost(host, own)).toMatch(/as localhost/),
);
