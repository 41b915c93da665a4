import type { Browser, BrowserContext, Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { id } from "../builders.ts";
import { cookiesOf, customerOf, mirrored, sellPlan, subscribe } from "../visitor.ts";
import type { Person, World } from "../world.ts";
import { openSite } from "./site.ts";

const site = openSite();
let world: World;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  ({ world, browser } = site);
  await world.priceOf("pro_monthly");
}, 120_000);

const heading = (name: string | RegExp) => page.getByRole("heading", { name }).first();
const card = (name: string) =>
  page.getByRole("article").filter({ has: page.getByRole("heading", { name, exact: true }) });

/** A new browser, of this person or of nobody. */
async function visit(path: string, person?: Person, locale = "en-US"): Promise<void> {
  await context?.close();
  context = await browser.newContext({ baseURL: world.url, locale });
  if (person) await context.addCookies(cookiesOf(person, world.url));
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(path);
}

/** One more price of a product. */
async function sellMore(product: string, params: object): Promise<string> {
  const monthly = { product, currency: "usd", recurring: { interval: "month" } } as const;
  const price = await world.stripe.prices.create({ ...monthly, ...params });
  await mirrored(world, "prices", price.id);
  return price.id;
}

describe("the pricing page", () => {
  it("shows what each way to pay saves and comes to in a month, what is recommended, what differs, and what is asked", async () => {
    await visit("/pricing");
    await card("Pro").getByText("Recommended").waitFor();
    await page.getByRole("group", { name: "How often to pay" }).getByText("−17%").click();
    await card("Pro").getByText("$290", { exact: true }).waitFor();
    await card("Pro").getByText("That is $24.17 per month.").waitFor();
    await page.getByRole("row", { name: "Audit log No Yes" }).waitFor();
    await page.getByText("How do I cancel?").click();
    await page.getByText("On your account page, in two clicks.").waitFor();
  }, 60_000);

  it("keeps what a guest chose through the sign-up: the price, how many, and sells just that", async () => {
    const { productId } = await sellPlan(world, "Boats", { metadata: { min_quantity: "2", max_quantity: "9" } });
    await sellMore(productId, { nickname: "Large", unit_amount: 4000 });
    await visit("/pricing");
    await card("Boats").getByText("$38", { exact: true }).waitFor();
    await card("Boats").getByLabel("Large").check();
    await card("Boats").getByRole("button", { name: "One more" }).click();
    await card("Boats").getByText("$120", { exact: true }).waitFor();
    await card("Boats").getByRole("link", { name: "Subscribe to Boats" }).click();
    await page.getByLabel("E-mail").fill(`${id("guest")}@example.com`);
    await page.getByLabel("Password").fill("correct horse battery");
    await page.getByRole("button", { name: "Create account" }).click();
    await card("Boats").getByText("Your choice").waitFor();
    await card("Boats").getByText("$120", { exact: true }).waitFor();
    await card("Boats").getByRole("button", { name: "Subscribe to Boats" }).click();
    await page.getByText("Total due today$120.00", { exact: true }).waitFor();
  }, 60_000);

  it("begins with the currency of where the visitor is, written as the page's words are, and offers the others", async () => {
    const { productId } = await sellPlan(world, "Europa");
    await sellMore(productId, { unit_amount: 2000, currency_options: { eur: { unit_amount: 1750 } } });
    await visit("/pricing", undefined, "de-DE");
    await card("Europa").getByText("€17.50", { exact: true }).waitFor();
    await card("Pro").getByText("$29", { exact: true }).waitFor();
    await page.getByLabel("Currency").selectOption("usd");
    await card("Europa").getByText("$19", { exact: true }).waitFor();
    const german = await world.signUp();
    await visit("/pricing", german, "de-DE");
    await card("Europa").getByRole("button", { name: "Subscribe to Europa" }).click();
    await page.getByText("Total due today€17.50", { exact: true }).waitFor();

    const person = await world.signUp();
    const { priceId: yen } = await sellPlan(world, "Nippon");
    const inYen = await sellMore(productId, { currency: "jpy", unit_amount: 2900 });
    await subscribe(world, (await customerOf(world, person)).id, inYen);
    await visit("/pricing", person);
    await card("Europa").getByText("Your plan").waitFor();
    await card("Europa").getByText("¥2,900", { exact: true }).waitFor();
    expect([await card("Pro").count(), await card("Nippon").count()]).toEqual([0, 0]);
    expect(await page.getByLabel("Currency").count()).toBe(0);
    await world.stripe.prices.update(yen, { active: false });
  }, 60_000);

  it("shows what costs a fraction of a cent for what it is, sells so many as come to a charge, and offers nothing that cannot be bought", async () => {
    const half = { unit_amount_decimal: "0.5" };
    const { productId } = await sellPlan(world, "Calls", { metadata: { subscription_group: "calls" } });
    await sellMore(productId, { ...half, nickname: "By the thousand", metadata: { min_quantity: "1000" } });
    await sellMore(productId, { ...half, nickname: "One by one" });
    const person = await world.signUp();
    await visit("/pricing", person);
    await card("Calls").getByText("$0.005 per month").waitFor();
    expect(await card("Calls").getByText("One by one").count()).toBe(0);
    await card("Calls").getByLabel("By the thousand").check();
    await card("Calls").getByText("$5", { exact: true }).waitFor();
    await card("Calls").getByText("1000 × $0.005").waitFor();
    await page.route("**/api/**", (route) => route.abort("connectionreset"));
    await card("Calls").getByRole("button", { name: "Subscribe to Calls" }).click();
    await card("Calls").getByText("The server cannot be reached. Check your connection, then try again.").waitFor();
    await page.unrouteAll();
    await card("Calls").getByRole("button", { name: "Subscribe to Calls" }).click();
    await page.getByText("Total due today$5.00", { exact: true }).waitFor();

    // As a page without scripts has it.
    await page.goBack();
    await card("Calls").getByLabel("By the thousand").check();
    await card("Calls").getByLabel("Quantity", { exact: true }).fill("2000");
    await card("Calls")
      .locator("form")
      .evaluate((form) => (form as unknown as { submit(): void }).submit());
    await page.getByText("Total due today$10.00", { exact: true }).waitFor();
  }, 60_000);

  it("promises a trial to those who get one, and to guests that it comes with an account", async () => {
    const { priceId } = await sellPlan(world, "Team", { trialDays: 14 });
    await visit("/pricing");
    await card("Team").getByText("The first 14 days are free with an account, once per customer.").waitFor();

    await visit("/pricing", await world.signUp());
    await card("Team").getByText("The first 14 days are free, then you pay $19 per month.").waitFor();
    await card("Team").getByRole("button", { name: "Start free trial" }).waitFor();

    const tried = await world.signUp();
    const { id } = await subscribe(world, (await customerOf(world, tried)).id, priceId, { trial_period_days: 14 });
    await world.stripe.subscriptions.cancel(id);
    await mirrored(world, "user_subscriptions", id, "status", "canceled");
    await visit("/pricing", tried);
    await card("Team").getByRole("button", { name: "Subscribe to Team" }).waitFor();
    expect(await card("Team").getByText(/free/).count()).toBe(0);
  }, 60_000);

  it("offers a subscriber to change the plan, and beside it only what may stand beside it", async () => {
    const person = await world.signUp();
    const { productId, priceId } = await sellPlan(world, "Solo");
    await sellMore(productId, { unit_amount: 19_000, recurring: { interval: "year" } });
    await sellPlan(world, "Hosting", { metadata: { subscription_group: "hosting" } });
    const tiers = [
      { up_to: 5, unit_amount: 500 },
      { up_to: "inf" as const, unit_amount: 300 },
    ];
    const { id: tiered } = await world.stripe.products.create({ name: "Tiered" });
    await sellMore(tiered, { billing_scheme: "tiered", tiers_mode: "graduated", tiers });
    const bounds = { min_quantity: "100", max_quantity: "200" };
    const { id: packed } = await world.stripe.products.create({ name: "Packed", metadata: bounds });
    await sellMore(packed, { unit_amount: 1000, transform_quantity: { divide_by: 50, round: "up" } });
    await subscribe(world, (await customerOf(world, person)).id, priceId);
    await visit("/pricing", person);
    await card("Solo").getByText("Your plan").waitFor();
    await card("Pro").getByRole("link", { name: "Switch to Pro" }).waitFor();
    await card("Pro").getByText("You have Solo. The next page says what the change costs").waitFor();
    expect(
      await card("Pro")
        .getByRole("button", { name: /subscribe/i })
        .count(),
    ).toBe(0);
    await card("Hosting").getByRole("button", { name: "Subscribe to Hosting" }).waitFor();
    await card("Tiered").getByText("You have Solo. The price of this one is in tiers.").waitFor();
    expect(
      await card("Tiered")
        .getByRole("link", { name: /Switch/ })
        .count(),
    ).toBe(0);
    await card("Packed").getByText("$20", { exact: true }).waitFor();
    await card("Packed").getByText("$10 for every 50").waitFor();
    const often = page.getByRole("group", { name: "How often to pay" });
    await often.getByText("Yearly", { exact: true }).click();
    await card("Solo").getByRole("link", { name: "Switch to yearly" }).waitFor();
    await card("Solo").getByText("Save 17%").waitFor();
    expect(await card("Solo").getByText("Your plan").count()).toBe(0);
    await often.getByText("Monthly", { exact: true }).click();
    await card("Solo").getByRole("link", { name: "Manage plan" }).click();
    await heading("Your account").waitFor();
  }, 60_000);

  it("shows nine plans side by side on a small desk, and where a phone scrolls which is which", async () => {
    const names = Array.from({ length: 9 }, (_, place) => `Side ${place + 1}`);
    const sold = [];
    for (const name of names)
      sold.push(
        await sellPlan(world, name, {
          metadata: {
            compare_1: "Projects: Unlimited",
            ...(sold.length === 0 && { compare_2: "Support: By the community" }),
          },
        }),
      );
    const silent = await sellPlan(world, "Silent");
    await visit("/pricing");
    const region = page.getByRole("region", { name: "The plans, side by side" });
    await region.getByRole("columnheader", { name: "Side 9" }).waitFor();
    await card("Silent").waitFor();
    expect(await region.getByRole("columnheader", { name: "Silent" }).count()).toBe(0);
    const columns = await region.getByRole("columnheader").count();
    await page.setViewportSize({ width: 1280 + 112 * (columns - 9), height: 900 }); // this world sells others, too
    const hidden = () => region.evaluate((box) => box.scrollWidth - box.clientWidth);
    expect(await hidden()).toBe(0);
    const lines = `(() => {
      const spans = [...document.querySelectorAll(".comparison td span")];
      const range = document.createRange();
      const { firstChild } = spans.find(({ textContent }) => textContent === "By the community");
      range.setStart(firstChild, 7);
      range.setEnd(firstChild, 16);
      return range.getClientRects().length;
    })()`;
    expect(await page.evaluate(lines)).toBe(1);
    await page.setViewportSize({ width: 390, height: 900 });
    expect(await hidden()).toBeGreaterThan(0);
    await region.evaluate((box) => box.scrollTo(box.scrollWidth, 0));
    const label = await region.getByRole("rowheader", { name: "Projects" }).boundingBox();
    expect(label?.x).toBeCloseTo((await region.boundingBox())?.x ?? Number.NaN, -1);
    for (const { priceId } of [...sold, silent]) await world.stripe.prices.update(priceId, { active: false });
  }, 60_000);

  it("does not offer a former subscriber what is archived, but names it on the account", async () => {
    const person = await world.signUp();
    const { priceId, productId } = await sellPlan(world, "Old plan");
    const { id } = await subscribe(world, (await customerOf(world, person)).id, priceId);
    await world.stripe.subscriptions.cancel(id);
    await world.stripe.products.update(productId, { active: false });
    await world.stripe.prices.update(priceId, { active: false });
    await mirrored(world, "prices", priceId, "active", "false");
    await mirrored(world, "user_subscriptions", id, "status", "canceled");
    await visit("/pricing", person);
    await card("Pro").waitFor();
    expect(await card("Old plan").count()).toBe(0);
    await page.goto("/account");
    await card("Old plan").getByText("Ended", { exact: true }).waitFor();
  }, 60_000);
});
