import type { Browser, BrowserContext, Page, Route } from "playwright-core";
import type Stripe from "stripe";
import { beforeAll, beforeEach, expect, it, vi } from "vitest";
import { cookiesOf, customerOf, sellPlan, subscribe } from "../visitor.ts";
import { type Person, WAIT, type World } from "../world.ts";
import { openSite } from "./site.ts";

vi.setConfig({ testTimeout: 60_000 });

const site = openSite();
let world: World;
let browser: Browser;
let starter: Stripe.Price;
let pro: Stripe.Price;
beforeAll(async () => {
  ({ world, browser } = site);
  await world.priceOf("pro_yearly");
  [starter, pro] = await Promise.all([world.priceOf("starter_monthly"), world.priceOf("pro_monthly")]);
}, 120_000);

let context: BrowserContext;
let page: Page;
let person: Person;
let customer: Awaited<ReturnType<typeof customerOf>>;
let subscription: Stripe.Subscription;

/** Somebody who has a plan, in a browser of their own. */
async function startWith(price: Stripe.Price, quantity = 1): Promise<void> {
  person = await world.signUp();
  customer = await customerOf(world, person);
  subscription = await subscribe(world, customer.id, price.id, { items: [{ price: price.id, quantity }] });
  await context?.close();
  context = await browser.newContext({ baseURL: world.url });
  await context.addCookies(cookiesOf(person, world.url));
  page = await newPage();
}
async function newPage(): Promise<Page> {
  const opened = await context.newPage();
  opened.setDefaultTimeout(20_000);
  return opened;
}
beforeEach(() => startWith(starter));

const press = (name: string | RegExp, on = page) => on.getByRole("button", { name }).first().click();
const follow = (name: string, on = page) => on.getByRole("link", { name, exact: true }).first().click();
const card = (name: string) =>
  page.getByRole("article").filter({ has: page.getByRole("heading", { name, exact: true }) });
const dueToday = (amount: string, on = page) => on.getByText(`Due today ${amount}`, { exact: true }).waitFor();
const done = () => page.waitForURL(/\/account/);
/** What was asked for is done, and the page does not hear of it. */
async function loseAnswer(route: Route): Promise<void> {
  const headers = { ...(await route.request().allHeaders()), origin: world.url };
  expect((await route.fetch({ headers })).status()).toBe(200);
  await route.abort();
}
/** From the pricing page to what it costs. */
async function choose(name: string, due: string): Promise<void> {
  await page.goto("/pricing");
  await follow(`Switch to ${name}`);
  await dueToday(due);
}

/** What Stripe holds. */
async function held() {
  const {
    items,
    status,
    schedule,
    pending_update: pending,
    ...others
  } = await world.stripe.subscriptions.retrieve(subscription.id);
  const ends = others.cancel_at_period_end;
  return { price: items.data[0]?.price.id, status, ends, scheduled: schedule !== null, pending: pending !== null };
}
const AS_IT_IS = { status: "active", ends: false, scheduled: false, pending: false };
/** All that was charged, the last first. */
const charged = async () =>
  (await world.stripe.charges.list({ customer: customer.id })).data
    .filter(({ paid }) => paid)
    .map(({ amount }) => amount);
const day = () =>
  new Intl.DateTimeFormat("en-US", { dateStyle: "long" }).format(
    Number(subscription.items.data[0]?.current_period_end) * 1000,
  );

it("an upgrade is seen to the cent, also after a reload and the back button, and charges just that, once however often it is pressed", async () => {
  await page.goto("/pricing");
  await follow("Switch to Pro");
  await dueToday("$20.00");
  await page.getByText("Unused time on Starter").waitFor();
  await page.getByText(`$29.00 on ${day()}`).waitFor();
  await page.getByText("reckoned to the second as of").waitFor();
  await page.reload();
  await dueToday("$20.00");
  await page.goBack();
  await card("Pro").waitFor();
  await page.goForward();
  await dueToday("$20.00");
  await page.getByRole("button", { name: "Confirm and pay $20.00" }).dblclick();
  await done();
  await page.getByText("Your plan is changed.").waitFor();
  await card("Pro").getByText("$29 per month").waitFor();
  // What was paid before keeps its name.
  for (const [plan, amount] of [
    ["Pro", "$20.00"],
    ["Starter", "$9.00"],
  ] as const)
    await page.getByRole("row").filter({ hasText: amount }).getByText(plan, { exact: true }).waitFor();
  expect(await held()).toEqual({ ...AS_IT_IS, price: pro.id });
  expect(await charged()).toEqual([2000, 900]);
});

it("confirmed in two tabs, a change is made and charged once", async () => {
  await choose("Pro", "$20.00");
  const other = await newPage();
  await other.goto(page.url());
  await dueToday("$20.00", other);
  await Promise.all([press("Confirm and pay $20.00"), press("Confirm and pay $20.00", other)]);
  await Promise.all([done(), other.waitForURL(/\/account/)]);
  expect(await charged()).toEqual([2000, 900]);
});

it("whoever's answer was lost presses again, and is charged once: by the key of what they saw", async () => {
  await choose("Pro", "$20.00");
  const keys: (string | undefined)[] = [];
  await page.route("**/api/subscriptions/change", (route) => {
    keys.push(route.request().headers()["idempotency-key"]);
    return keys.length > 1 ? route.continue() : loseAnswer(route);
  });
  await press("Confirm and pay $20.00");
  await page.getByText("The server cannot be reached.").waitFor();
  await press("Confirm and pay $20.00");
  await done();
  expect(keys).toEqual([expect.stringMatching(/^[\w-]{36}$/), keys[0]]);
  expect(await charged()).toEqual([2000, 900]);
});

it("a downgrade begins with the next period, costs nothing today, and is taken back", async () => {
  await startWith(pro);
  await choose("Starter", "$0.00");
  await page.getByText(`$9.00 on ${day()}`).waitFor();
  await page.getByText("You keep Pro until then. Nothing is paid back.").waitFor();
  await press(/^Confirm for/);
  await done();
  await card("Pro").getByText(`Changes to Starter, $9 per month, on ${day()}`).waitFor();
  expect(await card("Pro").getByText("Renews on").count()).toBe(0);
  expect(await held()).toEqual({ ...AS_IT_IS, price: pro.id, scheduled: true });
  expect(await page.getByRole("link", { name: "Change plan" }).count()).toBe(0);

  await page.goto(`/cancel?subscription=${subscription.id}`);
  await page.getByText(`The change that was to come on ${day()} is taken back with it`).waitFor();
  await page.goto("/pricing");
  await follow("Switch to Starter");
  await page.getByText("already. To choose another plan, keep it first.").waitFor();
  await page.goto("/account");
  await press("Keep Pro");
  await page.getByRole("link", { name: "Change plan" }).waitFor();
  expect(await page.getByText(/^Changes to/).count()).toBe(0);
  expect(await held()).toEqual({ ...AS_IT_IS, price: pro.id });
  expect(await charged()).toEqual([2900]);
});

it("a card that is declined leaves the old plan and nothing owed; another one, put in at Stripe's page, pays", async () => {
  await customer.useCard("pm_card_chargeCustomerFail");
  await choose("Pro", "$20.00");
  await press("Confirm and pay $20.00");
  await page.getByText("Your card was declined, and nothing was changed.").waitFor();
  expect(await held()).toEqual({ ...AS_IT_IS, price: starter.id });
  expect((await world.stripe.invoices.list({ customer: customer.id, status: "open" })).data).toEqual([]);

  await press("Use another card");
  await page.getByLabel("Card number").fill("5555 5555 5555 4444");
  await page.getByLabel(/expir/i).fill("12 / 34");
  await page.getByLabel(/cvc|security/i).fill("123");
  await press("Save");
  await dueToday("$20.00");
  await press("Confirm and pay $20.00");
  await done();
  expect(await held()).toEqual({ ...AS_IT_IS, price: pro.id });
});

it("what the bank asks is answered at the page that Stripe names; then the change is made, and the page goes on by itself", async () => {
  await customer.useCard("pm_card_authenticationRequired");
  await choose("Pro", "$20.00");
  await press("Confirm and pay $20.00");
  await page.getByText("Your bank asks you to confirm").waitFor();
  expect(await held()).toEqual({ ...AS_IT_IS, price: starter.id, pending: true });
  const [asking] = await Promise.all([page.waitForEvent("popup"), page.getByText("Confirm the payment").click()]);
  await asking.getByLabel("Card number").fill("4000 0025 0000 3155");
  await asking.getByLabel(/expir/i).fill("12 / 34");
  await asking.getByLabel(/cvc|security/i).fill("123");
  await press(/^Pay \$20/, asking);
  await press("Complete", asking);
  await asking.getByText(/paid/i).first().waitFor();
  await asking.close();
  await page.evaluate("window.dispatchEvent(new Event(`focus`))");
  await done();
  await card("Pro").waitFor();
  expect(await held()).toEqual({ ...AS_IT_IS, price: pro.id });
});

it("what waits for the bank is on the account page, with its payment, and is taken back", async () => {
  await customer.useCard("pm_card_authenticationRequired");
  await choose("Pro", "$20.00");
  await press("Confirm and pay $20.00");
  await page.getByText("Your bank asks you to confirm").waitFor();
  await page.goto("/account");
  await card("Starter").getByText("Changes to Pro, $29 per month, when its invoice is paid").waitFor();
  await card("Starter").getByRole("link", { name: "Confirm the payment" }).waitFor();
  await press("Keep Starter");
  await page.getByRole("link", { name: "Change plan" }).waitFor();
  expect(await held()).toEqual({ ...AS_IT_IS, price: starter.id });
  expect(await charged()).toEqual([900]);
});

it("what costs something else by now is not made, but shown anew and asked again", async () => {
  await choose("Pro", "$20.00");
  const { id: coupon } = await world.stripe.coupons.create({ percent_off: 50, duration: "forever" });
  await world.stripe.subscriptions.update(subscription.id, { discounts: [{ coupon }] });
  await press("Confirm and pay $20.00");
  await page.getByText("This costs something else by now, and nothing was changed.").waitFor();
  expect(await held()).toEqual({ ...AS_IT_IS, price: starter.id });
  const again = page.getByRole("button", { name: /^Confirm and pay/ });
  const shown = `${await again.textContent()}`.replace(/\D/g, "");
  expect(Number(shown)).toBeLessThan(2000);
  await again.click();
  await done();
  expect(await charged()).toEqual([Number(shown), 900]);
});

it("seats are counted up at once and down with the next period, within the bounds that the product names", async () => {
  const { priceId } = await sellPlan(world, "Team", { metadata: { min_quantity: "2", max_quantity: "4" } });
  await startWith(await world.stripe.prices.retrieve(priceId), 3);
  const seats = page.getByLabel("Quantity");
  const now = async () => (await world.stripe.subscriptions.retrieve(subscription.id)).items.data[0]?.quantity;
  await page.goto("/account");
  await card("Team").getByText("3 × $19 per month").waitFor();
  await follow("Change plan");
  await press("One more");
  await dueToday("$19.00");
  expect([await seats.inputValue(), await page.getByRole("button", { name: "One more" }).isDisabled()]).toEqual([
    "4",
    true,
  ]);
  await seats.fill("9");
  await dueToday("$19.00");
  await page.reload();
  await press("Confirm and pay $19.00");
  await done();
  expect([await now(), await charged()]).toEqual([4, [1900, 5700]]);

  await card("Team").getByText("4 × $19 per month").waitFor();
  await follow("Change plan");
  await seats.fill("2");
  await dueToday("$0.00");
  await press(/^Confirm for/);
  await done();
  await card("Team").getByText(`Changes to Team, 2 × $19 per month, on ${day()}`).waitFor();
  expect([await now(), await charged()]).toEqual([4, [1900, 5700]]);
});

it("a plan is cancelled with its day, says until when it is had, and is resumed", async () => {
  await page.goto("/account");
  await follow("Cancel plan");
  await page.getByText(`You keep Starter until ${day()}`).waitFor();
  await press("Cancel Starter");
  await done();
  await card("Starter").getByText(`Ends on ${day()}`).waitFor();
  expect(await held()).toMatchObject({ ends: true });

  await page.goto(`/change?subscription=${subscription.id}&price=${pro.id}`);
  await page.getByText(`It ends on ${day()}. Keep it first; then you can change it.`).waitFor();
  await press("Keep Starter");
  await dueToday("$20.00");
  expect(await held()).toEqual({ ...AS_IT_IS, price: starter.id });
});

it("whoever cancels again, after the first answer was lost and the plan kept in another tab, has cancelled", async () => {
  await page.goto("/cancel");
  await page.route("**/api/subscriptions/cancel", loseAnswer, { times: 1 });
  await press("Cancel Starter");
  await page.getByText("The server cannot be reached.").waitFor();
  expect(await held()).toMatchObject({ ends: true });
  const other = await newPage();
  await other.goto("/account");
  await press("Keep Starter", other);
  await other.getByRole("link", { name: "Change plan" }).waitFor();
  await press("Cancel Starter");
  await done();
  expect(await held()).toMatchObject({ ends: true });
});

it("whoever changed in the portal, be it the quantity, is charged there at once, and can change here again", async () => {
  const confirm = async (quantity: number) => {
    await page.goto("/account");
    const body = JSON.stringify({
      returnUrl: `${world.url}/account`,
      flow: { type: "subscription_update_confirm", priceId: pro.id, quantity },
    });
    const url = await page.evaluate(async (body) => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch("/api/stripe/create-portal", { method: "POST", headers, body });
      return ((await answer.json()) as { url: string }).url;
    }, body);
    await page.goto(url);
    expect(await page.getByLabel("Quantity").count()).toBe(0);
    await press("Confirm");
    await done();
  };
  await confirm(3);
  await vi.waitFor(async () => expect(await charged()).toEqual([7800, 900]), WAIT);
  await confirm(1);
  await vi.waitFor(async () => expect(await held()).toEqual({ ...AS_IT_IS, price: pro.id }), WAIT);
  await page.goto(`/change?price=${(await world.priceOf("pro_yearly")).id}`);
  await page.getByText(/^Due today \$20/).waitFor();
  await page.getByRole("heading", { name: "Pro, monthly → yearly", exact: true }).waitFor();
  await page.getByText("Pro, yearly begins", { exact: true }).waitFor();
});
