import { expect, test } from "vitest";
import { safeNextPath, signInPath } from "./next-path.ts";

test.each([
  "https://evil.example/",
  "//evil.example",
  "/\\evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "javascript:alert(1)",
  "evil.example",
  "",
  null,
])("%j never leads off the site", (next) => {
  expect(safeNextPath(next)).toBe("/account");
});

test.each(["//evil.example", "/\\evil.example"])("nor does a path that turns into %j once it is resolved", (target) => {
  expect(safeNextPath(`/..${target}`)).not.toMatch(/^[/\\]{2}/);
});

test("a path of this site is kept with its query", () => {
  expect(safeNextPath("/pricing?price=price_1#plans")).toBe("/pricing?price=price_1#plans");
});

test("a choice survives the way through the sign-up page", () => {
  const next = "/pricing?price=price_1&canceled=true";
  const search = new URLSearchParams(signInPath(next, "/sign-up").split("?")[1]);
  expect(safeNextPath(search.get("next"))).toBe(next);
});
