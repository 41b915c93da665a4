import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { gzipSync } from "node:zlib";
import { openBrowser } from "@turnpike/stripe-emulator/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readTemplates, resourcesOf } from "./templates.ts";

const TYPES: Record<string, string> = { ".js": "text/javascript", ".css": "text/css" };

let browser: Browser;
let server: Server;
let context: BrowserContext;
let page: Page;
const violations: string[] = [];

/** The policy that CloudFront puts on pages. */
function pagePolicy(): string {
  const [[, headers] = []] = resourcesOf(readTemplates("prod").Site, "AWS::CloudFront::ResponseHeadersPolicy");
  const text = JSON.stringify(headers?.Properties);
  return /"ContentSecurityPolicy":"([^"]+)"/.exec(text)?.[1] ?? "";
}

/** Where Stripe has its pages: https://docs.stripe.com/api/checkout/sessions/object, …/api/customer_portal/sessions/object; or a domain of ours. */
const STRIPE_PAGES = {
  checkout: "https://checkout.stripe.com/c/pay/cs_test_1",
  portal: "https://billing.stripe.com/p/session/test_1",
  "checkout on a domain of ours": "https://pay.example.com/c/pay/cs_test_1",
};

/** Stands between the browser and the world: says which hosts were asked for, and lets none be reached. */
const askedFor: string[] = [];
const proxy = createServer()
  .on("connect", ({ url }, socket) => {
    askedFor.push(String(url));
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  })
  .listen(0, "127.0.0.1");

beforeAll(async () => {
  const policy = pagePolicy();
  expect(policy).toContain("default-src 'none'");
  server = createServer(({ url = "/", method }, response) => {
    if (method === "POST") return response.writeHead(303, { location: decodeURIComponent(url.slice(1)) }).end();
    const file = extname(url) ? url : "/index.html";
    const type = TYPES[extname(file)] ?? "text/html";
    response.writeHead(200, { "content-type": type, "content-security-policy": policy });
    response.end(readFileSync(`packages/web/dist${file}`));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  browser = await openBrowser();
  context = await browser.newContext({
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    proxy: { server: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, bypass: "127.0.0.1" },
  });
  context.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) violations.push(message.text());
  });
  page = await context.newPage();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  server?.close();
  proxy.close();
});

it("the built pages need nothing that their Content Security Policy forbids", async () => {
  for (const path of ["/sign-in", "/pricing", "/account"]) {
    await page.goto(path);
    await page.locator("h1").first().waitFor();
  }
  expect(violations).toEqual([]);
});

it("what a page is can be read before its script runs, and a reader has its own title", async () => {
  await page.goto("/sign-in");
  await page.locator("h1").first().waitFor();
  expect(await page.title()).toMatch(/^Sign in · /);
  const html = await (await context.request.get("/sign-in")).text();
  expect(html).toMatch(/<title>\w+<\/title>/);
  for (const named of ['name="description"', 'property="og:title"', 'property="og:description"']) {
    expect(html).toMatch(new RegExp(`<meta ${named} content="[^"%]{5,}"`));
  }
});

it("there is a page that shows Checkout where the site embeds it, and else its address is none at the edge either", () => {
  const functions = resourcesOf(readTemplates("prod").Site, "AWS::CloudFront::Function");
  const codes = functions.map(([, { Properties }]) => String(Properties?.FunctionCode));
  expect(codes.filter((code) => code.includes('"/pricing"'))).toHaveLength(2);
  expect(codes.filter((code) => code.includes('"/checkout"'))).toEqual([]);
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

/** Sends a form whose answer is a redirect to this address, from a page of its own. */
async function sendForm(to: string): Promise<void> {
  const form = await context.newPage();
  await form.goto("/sign-in");
  await form.evaluate(`{
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: "/${encodeURIComponent(to)}" });
    document.body.append(form);
    form.submit();
  }`);
}

it.each(Object.entries(STRIPE_PAGES))("a form may lead to Stripe's page: %s", async (_, address) => {
  askedFor.length = 0;
  await sendForm(address);
  await expect.poll(() => askedFor).toContain(`${new URL(address).host}:443`);
});

it("a form leads nowhere else", async () => {
  askedFor.length = 0;
  await sendForm("https://evil.example/");
  await expect.poll(() => violations.join("\n")).toMatch(/form-action/);
  expect(askedFor).not.toContain("evil.example:443");
});

it("whoever first comes to the plans loads 100 KB at the most, as it travels, and nothing that is for others", () => {
  const html = readFileSync("packages/web/dist/index.html", "utf8");
  const files = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => `packages/web/dist${path}`);
  expect(files.length).toBeGreaterThan(1);
  const sizes = ["packages/web/dist/index.html", ...files].map((file) => gzipSync(readFileSync(file)).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(100_000);
  // Of a refusal, of an account, of an address that is none.
  const loaded = files.map((file) => readFileSync(file, "utf8")).join("");
  const others = ["Your card was declined", "Payment overdue", "There is no such page"];
  expect(others.filter((words) => loaded.includes(words))).toEqual([]);
});
