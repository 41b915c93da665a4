import { openBrowser } from "@turnpike/stripe-emulator/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { cookiesOf, payWithCard, VISA } from "./visitor.ts";
import { type Person, startWorld, WAIT, type World } from "./world.ts";

let world: World;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let person: Person;

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld({ web: true }), openBrowser()]);
  await world.priceOf("pro_yearly");
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await world?.close();
});

/** Somebody who has just bought Starter. */
beforeEach(async () => {
  person = await world.signUp();
  await context?.close();
  context = await browser.newContext({ baseURL: world.url });
  await context.addCookies(cookiesOf(person, world.url));
  page = await context.newPage();
  page.setDefaultTimeout(20_000); // the first page is built as it is asked for
  await page.goto("/pricing");
  await press("Subscribe to Starter");
  await payWithCard(page, VISA);
  await page.getByRole("link", { name: "Go to your account" }).click();
  await card("Starter").getByText("Active", { exact: true }).waitFor();
}, 60_000);

const press = (name: string) => page.getByRole("button", { name, exact: true }).first().click();
const card = (name: string) =>
  page.getByRole("article").filter({ has: page.getByRole("heading", { name, exact: true }) });
const due = (amount: RegExp) =>
  page.locator("p.total").filter({ hasText: "Amount due today" }).getByText(amount).waitFor();

/** What the mirror shows of the only subscription. */
const held = async () =>
  (await world.as(person).from("user_subscriptions").select("id, status, price_id, ends_at")).data;
const expectPlan = async (lookupKey: string) => {
  const { id } = await world.priceOf(lookupKey);
  await vi.waitFor(async () => expect(await held()).toMatchObject([{ price_id: id, status: "active" }]), WAIT);
};

it("a subscriber changes up, down and to another interval at the portal's confirmation, and the mirror follows", async () => {
  const [{ id } = { id: "" }] = (await held()) ?? [];
  for (const [button, amount, plan, shown] of [
    ["Switch to Pro", /^\$0\.00$/, "pro_monthly", ["Pro", "$29 per month"]],
    ["Switch to Starter", /^\$0\.00$/, "starter_monthly", ["Starter", "$9 per month"]],
  ] as const) {
    await page.goto("/pricing");
    await press(button);
    await page.getByRole("heading", { name: "Confirm your updates" }).waitFor();
    await due(amount);
    await press("Confirm");
    await page.waitForURL(/\/account/);
    await expectPlan(plan);
    const [name, price] = shown;
    await card(name).getByText(price).waitFor();
  }

  await page.goto("/pricing");
  await page.getByText("Yearly", { exact: true }).click();
  await press("Pay every year");
  // A year of Starter, less the month that was paid, and a few cents for the moments of Pro.
  await due(/^\$8[01]\.\d\d$/);
  await press("Confirm");
  await page.waitForURL(/\/account/);
  await expectPlan("starter_yearly");
  expect(await held()).toMatchObject([{ id }]);
}, 120_000);

it("a card is changed, and a plan cancelled, each at its own page; then it says when it ends, and how to keep it", async () => {
  await press("Update card");
  await page.getByRole("heading", { name: "Update payment method" }).waitFor();
  await page.getByLabel("Card number").fill("5555 5555 5555 4444");
  await page.getByLabel(/expir/i).fill("12 / 34");
  await page.getByLabel(/cvc|security/i).fill("123");
  await press("Save");
  await page.waitForURL(/\/account/);

  await press("Cancel plan");
  await press("Cancel subscription");
  await page.waitForURL(/\/account/);
  await card("Starter")
    .getByText(/^Ends on/)
    .waitFor();
  expect(await page.getByRole("button", { name: "Cancel plan" }).count()).toBe(0);

  await page.goto("/pricing");
  await page.getByText("You have Starter, which is about to end. Keep it first, to change it.").first().waitFor();
  expect(await page.getByRole("button", { name: /^Switch/ }).count()).toBe(0);
}, 120_000);

it("what was cancelled in another tab is told when the change is pressed, with the way to the portal", async () => {
  await page.goto("/pricing");
  await page.getByRole("button", { name: "Switch to Pro", exact: true }).waitFor();
  const [{ id } = { id: "" }] = (await held()) ?? [];
  await world.stripe.subscriptions.update(id, { cancel_at_period_end: true });
  await press("Switch to Pro");
  await page.getByRole("alert").getByText("This subscription is about to end. Keep it first").waitFor();
  await press("Open the billing portal");
  await press("Don't cancel subscription");
  await page.getByRole("button", { name: "Cancel subscription" }).waitFor();
}, 120_000);

it("a change that is scheduled is on the account page with its plan, its price and its day", async () => {
  const [{ id } = { id: "" }] = (await held()) ?? [];
  const pro = await world.priceOf("pro_yearly");
  const schedule = await world.stripe.subscriptionSchedules.create({ from_subscription: id });
  const [now] = schedule.phases;
  const items = (now?.items ?? []).map(({ price, quantity = 1 }) => ({ price: `${price}`, quantity }));
  await world.stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items, start_date: Number(now?.start_date), end_date: Number(now?.end_date) },
      { items: [{ price: pro.id, quantity: 2 }], duration: { interval: "year", interval_count: 1 } },
    ],
  });
  await vi.waitFor(async () => {
    const changes = await world.as(person).from("upcoming_changes").select("kind, quantity");
    expect(changes.data).toEqual([{ kind: "change", quantity: 2 }]);
  }, WAIT);
  await page.reload();
  const day = new Intl.DateTimeFormat("en-US", { dateStyle: "long" }).format(new Date(Number(now?.end_date) * 1000));
  await card("Starter").getByText(`Changes to Pro, 2 × $290 per year, on ${day}`).waitFor();
}, 120_000);
