import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findRoute } from "./routes.ts";

const route = (method: string, path: string) => ({ method, path, functionName: `${method} ${path}` });

function match(routes: ReturnType<typeof route>[], method: string, path: string) {
  const found = findRoute(routes, method, path);
  return found && "route" in found ? { name: found.route.functionName, ...found.pathParameters } : found;
}

describe("the most specific route wins", () => {
  const routes = [
    route("ANY", "$default"),
    route("GET", "/api/{proxy+}"),
    route("GET", "/api/things/{id}"),
    route("ANY", "/api/things/mine"),
    route("GET", "/api/things/mine"),
    route("POST", "/api/things"),
  ];
  it.each([
    ["GET", "/api/things/mine", { name: "GET /api/things/mine" }],
    ["PUT", "/api/things/mine", { name: "ANY /api/things/mine" }],
    ["GET", "/api/things/7", { name: "GET /api/things/{id}", id: "7" }],
    ["GET", "/api/things/7/parts/2", { name: "GET /api/{proxy+}", proxy: "things/7/parts/2" }],
    ["GET", "/elsewhere", { name: "ANY $default" }],
  ])("%s %s", (method, path, expected) => expect(match(routes, method, path)).toEqual(expected));
});

it("names the methods that a known path does allow", () => {
  const routes = [route("GET", "/api/a/{id}"), route("DELETE", "/api/a/{id}")];
  expect(findRoute(routes, "POST", "/api/a/1")).toEqual({ allowedMethods: ["DELETE", "GET"] });
});

it("knows no path that is longer, shorter, or lacks a parameter", () => {
  const routes = [route("GET", "/api/a/{id}")];
  for (const path of ["/api/a", "/api/a/", "/api/a/1/2", "/api/a/1/", "/"])
    expect(findRoute(routes, "GET", path)).toBe(undefined);
});

it("answers HEAD by the GET route", () => {
  expect(match([route("GET", "/api/a")], "HEAD", "/api/a")).toEqual({ name: "GET /api/a" });
});

it("hands over any parameter as it was before it was put into the path", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (id) => {
      expect(match([route("GET", "/api/a/{id}")], "GET", `/api/a/${encodeURIComponent(id)}`)).toMatchObject({ id });
    }),
  );
});
