import { openBrowser } from "@turnpike/stripe-emulator/testing";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { payWithCard, VISA } from "../visitor.ts";
import { startWorld, WAIT, type World } from "../world.ts";
import { apps, freePort, serveApp } from "./made.ts";

const names = Object.keys(apps) as (keyof typeof apps)[];

/** `npm run test:apps` installs what the apps are built with, and says so: they take a minute. */
describe.skipIf(!process.env.TEST_APPS)("the buttons, the client and the hooks", () => {
  let world: World;
  let browser: Browser;
  const ports = new Map<string, number>();
  beforeAll(async () => {
    for (const name of names) ports.set(name, await freePort());
    const ALLOWED_ORIGINS = [...ports.values()].map((port) => `http://localhost:${port}`).join(",");
    [world, browser] = await Promise.all([startWorld({ environment: { ALLOWED_ORIGINS } }), openBrowser()]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  it.each(names)(
    "in an app of %s, on an origin of its own: they build, sell, open the portal, and read what is held",
    async (name) => {
      const app = await serveApp(name, ports.get(name) ?? 0);
      try {
        const person = await world.signUp();
        const { id: price } = await world.priceOf("pro_monthly");
        const page = await browser.newPage();
        page.setDefaultTimeout(20_000);
        const { url: supabase, publishableKey: key } = world.local.settings.supabase;
        const given = new URLSearchParams({ api: world.url, price, token: person.accessToken, supabase, key });

        await page.goto(`${app.url}/#${given}`);
        await page.getByRole("button", { name: "Manage billing" }).click();
        await page.getByRole("alert").getByText("You don't have a billing account yet.").waitFor();
        await page.getByRole("button", { name: "Subscribe" }).click();
        await page.waitForURL(/\/c\/pay\/cs_/);
        await payWithCard(page, VISA);
        await page.waitForURL(/\?session=cs_/);
        expect(page.url().startsWith(app.url)).toBe(true);

        await vi.waitFor(async () => {
          const { data } = await world.as(person).from("user_subscriptions").select("id");
          expect(data).toHaveLength(1);
        }, WAIT);
        await page.goto(`${app.url}/?again#${given}`);
        await page.getByText("Plan: active").waitFor();
        await page.getByRole("button", { name: "What is next" }).click();
        await page.getByText("Next: 2900 usd").waitFor();
        await page.getByRole("button", { name: "Manage billing" }).click();
        await page.getByLabel("Current subscription").getByText("Pro", { exact: true }).waitFor();
        await page.close();
      } finally {
        app.close();
      }
    },
    300_000,
  );
});
