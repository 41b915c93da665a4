import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { edgeCode } from "./pages.ts";

const pages: string[] = JSON.parse(readFileSync("packages/web/pages.json", "utf8"));
const code = edgeCode(pages);
const file = (uri: string): string =>
  runInNewContext(`${code.request}; handler(${JSON.stringify({ request: { uri } })}).uri`);
const status = (uri: string): number =>
  runInNewContext(
    `${code.response}; handler(${JSON.stringify({ request: { uri }, response: { statusCode: 200 } })}).statusCode`,
  );

it("each page that the app has is one, and the list names no other", () => {
  const app = readFileSync("packages/web/src/app.tsx", "utf8");
  const routes = [...app.matchAll(/path="([^"]+)"/g)].map(([, path]) => path);
  expect([...pages].sort()).toEqual(routes.sort());
});

it("an address without a page is answered by the app, with 404, whichever address the edge shows on the way back", () => {
  for (const page of [...pages, "/pricing/"]) expect([file(page), status(page)]).toEqual(["/index.html", 200]);
  expect(status("/index.html")).toBe(200);
  for (const none of ["/nowhere", "/pricing/more", "/x.html", "/Pricing"])
    expect([status(none), status(file(none))]).toEqual([404, 404]);
  expect(file("/nowhere")).toBe("/404.html");
});

it("a file is what it is", () => {
  for (const path of ["/assets/index-1.js", "/robots.txt"]) expect([file(path), status(path)]).toEqual([path, 200]);
});
