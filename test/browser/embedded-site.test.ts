import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBrowser } from "@turnpike/stripe-emulator/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { cookiesOf, DECLINED, payWithCard, sellPlan, TRANSLATOR, VISA } from "../visitor.ts";
import { startWorld, WAIT, type World } from "../world.ts";

const folder = mkdtempSync(join(tmpdir(), "turnpike-embedded-"));
let world: World;
let browser: Browser;
beforeAll(async () => {
  const config = join(folder, "billing.config.ts");
  writeFileSync(config, `export default { checkout: { page: "embedded" } };\n`);
  [world, browser] = await Promise.all([
    startWorld({ web: "built", environment: { BILLING_CONFIG: config, ON_USER_DELETE: "keep" } }),
    openBrowser(),
  ]);
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await world?.close();
  rmSync(folder, { recursive: true });
});

async function visit(cookies: ReturnType<typeof cookiesOf> = []): Promise<Page> {
  const context = await browser.newContext({ baseURL: world.url });
  await context.addInitScript(TRANSLATOR);
  await context.addCookies(cookies);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  return page;
}

it("the pricing page leads to Checkout within the site: a declined card says so, a good one pays, and who comes back is led to the portal", async () => {
  const { priceId } = await sellPlan(world, "Within");
  const person = await world.signUp();
  const page = await visit(cookiesOf(person, world.url));
  await page.goto("/pricing");
  await page.getByRole("link", { name: "Subscribe to Within" }).click();
  await page.waitForURL(/\/checkout\?price=/);
  const checkout = page.frameLocator("iframe");
  await payWithCard(checkout, DECLINED);
  await checkout.getByText("Your card was declined. Try another one.").first().waitFor();
  await payWithCard(checkout, VISA);
  await page.waitForURL(/\/success\?session_id=cs_/);
  await page.getByRole("heading", { name: "Thank you, you are all set" }).waitFor();
  const held = () =>
    world.local.query(
      "select s.status, s.price_id from user_subscriptions s join customers c on c.id = s.customer_id where c.user_id = $1",
      [person.id],
    );
  await vi.waitFor(async () => expect(await held()).toEqual([{ status: "active", price_id: priceId }]), WAIT);

  await page.goto(`/checkout?price=${priceId}&mode=subscription`);
  await page.waitForURL(/\/p\/session\//);
  await page.context().close();
}, 90_000);

it("a price that is not sold says so in the page, and a visitor who is signed out is asked to sign in first", async () => {
  const page = await visit();
  await page.goto("/checkout?price=price_none&mode=payment");
  await page.getByText("This price is not for sale").waitFor();
  await page.goto("/checkout?price=price_none&mode=subscription");
  await page.waitForURL(/\/sign-in\?next=/);
  expect((await page.goto("/checkout"))?.status()).toBe(200);
  await page.waitForURL("/pricing");
  await page.context().close();
}, 60_000);

it("whoever deletes the account reads what becomes of subscriptions where the operator has said so", async () => {
  const person = await world.signUp();
  const page = await visit(cookiesOf(person, world.url));
  await page.goto("/settings");
  await page.getByText("Your subscriptions run on and are charged, unless they are cancelled before.").waitFor();
}, 60_000);
