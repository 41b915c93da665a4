import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { openBrowser } from "@turnpike/stripe-emulator/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readTemplates, resourcesOf } from "./templates.ts";

const TYPES: Record<string, string> = { ".js": "text/javascript", ".css": "text/css" };

let browser: Browser;
let server: Server;
let page: Page;
const violations: string[] = [];

/** The policy that CloudFront puts on pages. */
function pagePolicy(): string {
  const [[, headers] = []] = resourcesOf(readTemplates("prod").Site, "AWS::CloudFront::ResponseHeadersPolicy");
  const text = JSON.stringify(headers?.Properties);
  return /"ContentSecurityPolicy":"([^"]+)"/.exec(text)?.[1] ?? "";
}

beforeAll(async () => {
  const policy = pagePolicy();
  expect(policy).toContain("default-src 'none'");
  server = createServer(({ url = "/" }, response) => {
    const file = extname(url) ? url : "/index.html";
    const type = TYPES[extname(file)] ?? "text/html";
    response.writeHead(200, { "content-type": type, "content-security-policy": policy });
    response.end(readFileSync(`packages/web/dist${file}`));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  browser = await openBrowser();
  page = await browser.newPage({ baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) violations.push(message.text());
  });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  server?.close();
});

it("the built pages need nothing that their Content Security Policy forbids", async () => {
  for (const path of ["/sign-in", "/pricing", "/account"]) {
    await page.goto(path);
    await page.locator("h1").first().waitFor();
  }
  expect(violations).toEqual([]);
});

it("a script that got into a page does not run, and reaches no other server", async () => {
  await page.goto("/sign-in");
  await page.evaluate(`{
    const script = document.createElement("script");
    script.textContent = "window.injected = true";
    document.body.append(script);
  }`);
  expect(await page.evaluate(`"injected" in window`)).toBe(false);
  const reached = await page.evaluate(() => fetch("http://127.0.0.1:9/").then(String, String));
  expect(reached).toContain("Failed to fetch");
  expect(violations.join("\n")).toMatch(/script-src[\s\S]*connect-src/);
});
