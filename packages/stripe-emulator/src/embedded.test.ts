import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createPlan, openBench } from "./testing/bench.ts";
import { openBrowser } from "./testing/browser.ts";

let bench: Bench;
let stripe: Stripe;
let browser: Browser;
let shop: Server;
let site: string;
/** The client secret that the seller's page asks for. */
let secret: string;
beforeAll(async () => {
  [bench, browser] = await Promise.all([openBench(), openBrowser()]);
  stripe = bench.stripe;
  shop = createServer((request, response) => {
    // As strict as a site that shows Checkout may be.
    response.setHeader(
      "content-security-policy",
      `default-src 'none'; script-src 'self' ${bench.origin}; connect-src 'self'; frame-src ${bench.origin}`,
    );
    if (request.url === "/secret") return response.end(secret);
    if (request.url === "/shop.js") return response.setHeader("content-type", "text/javascript").end(SHOP_JS);
    response.setHeader("content-type", "text/html");
    response.end(request.url === "/shop" ? shopPage() : "<h1>Thank you</h1>");
  });
  await new Promise<void>((resolve) => shop.listen(0, "127.0.0.1", resolve));
  site = `http://localhost:${(shop.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await browser?.close();
  shop?.closeAllConnections();
  shop?.close();
  await bench?.close();
});

const shopPage = () =>
  `<!doctype html><div id="checkout"></div><script src="${bench.origin}/c/stripe.js"></script><script src="/shop.js"></script>`;
const SHOP_JS = `(async () => {
  const fetchClientSecret = async () => (await fetch("/secret")).text();
  const checkout = await Stripe("pk_test_shop").createEmbeddedCheckoutPage({ fetchClientSecret });
  checkout.mount("#checkout");
})();`;

const embed = async (overrides: Partial<Stripe.Checkout.SessionCreateParams> = {}) =>
  stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: (await createPlan(stripe)).id, quantity: 1 }],
    ui_mode: "embedded_page",
    return_url: `${site}/success?session_id={CHECKOUT_SESSION_ID}`,
    ...overrides,
  });

test("a page of the seller's shows Checkout, and is led to return_url once it is paid, after a card that was declined", {
  timeout: 60_000,
}, async () => {
  const session = await embed();
  secret = session.client_secret ?? "";
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${site}/shop`);
  const frame = page.frameLocator("iframe");
  const pay = async (card: string) => {
    await frame.getByLabel("E-mail").fill("ada@example.com");
    await frame.getByLabel("Card number").fill(card);
    await frame.getByLabel("Expiry").fill(CARD.exp);
    await frame.getByLabel("Security code").fill(CARD.cvc);
    await frame.getByRole("button", { name: "Subscribe" }).click();
  };
  await pay("4000 0000 0000 0002");
  expect(await frame.getByRole("alert").textContent()).toBe("Your card was declined. Try another one.");
  await pay(CARD.card_number);
  await page.waitForURL(`${site}/success?session_id=${session.id}`);
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
    status: "complete",
    payment_status: "paid",
  });

  // Who comes back to a page that shows what is paid is led on again.
  await page.goto(`${site}/shop`);
  await page.waitForURL(`${site}/success?session_id=${session.id}`);
  await page.close();
});

test("an embedded session is reached by its client secret alone", async () => {
  const { id, client_secret: own, url } = await embed();
  expect({ url, own }).toEqual({ url: null, own: expect.stringMatching(new RegExp(`^${id}_secret_\\w{20,}$`)) });
  const status = async (path: string) => (await fetch(`${bench.origin}${path}`)).status;
  expect(await status(`/c/pay/${id}`)).toBe(404);
  expect(await status(`/c/embedded/${id}`)).toBe(404);
  expect(await status(`/c/embedded/${id}_secret_guessed`)).toBe(404);
  expect(await status(`/c/embedded/${own}`)).toBe(200);
  expect((await stripe.checkout.sessions.list({ limit: 1 })).data).toMatchObject([{ id, client_secret: own }]);
  await stripe.checkout.sessions.expire(id);
  expect(await status(`/c/embedded/${own}`)).toBe(410);
});

test("hosted pages stay out of frames, and have no client secret", async () => {
  const hosted = await stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: (await createPlan(stripe)).id, quantity: 1 }],
    success_url: site,
  });
  expect(hosted).toMatchObject({ ui_mode: "hosted_page", client_secret: null });
  const policyOf = async (url: string | null) => (await fetch(url ?? "")).headers.get("content-security-policy");
  expect(await policyOf(hosted.url)).toContain("frame-ancestors 'none'");
  const { client_secret: own } = await embed();
  expect(await policyOf(`${bench.origin}/c/embedded/${own}`)).not.toContain("frame-ancestors");
});

test("addresses that do not go with the page are refused", async () => {
  for (const [overrides, param] of [
    [{ success_url: "https://a.example" }, "success_url"],
    [{ cancel_url: "https://a.example" }, "cancel_url"],
    [{ return_url: undefined }, "return_url"],
    [{ return_url: "nowhere" }, "return_url"],
    [{ ui_mode: "hosted_page", success_url: "https://a.example" }, "return_url"],
    [{ ui_mode: "embedded" }, "ui_mode"],
  ] as [object, string][]) {
    await expect(embed(overrides)).rejects.toMatchObject({ statusCode: 400, param });
  }
});
