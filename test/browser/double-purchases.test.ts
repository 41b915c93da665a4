import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { createRandom } from "../disorder.ts";
import { rounds } from "../rounds.ts";
import type { Person, World } from "../world.ts";
import { openSite } from "./site.ts";

const AT_ONCE = 4;
const PURCHASES = rounds(6) * AT_ONCE;
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

const site = openSite();
let world: World;
let browser: Browser;
let prices: string[];
const random = createRandom(SEED);
const below = (limit: number) => Math.floor(random() * limit);

beforeAll(async () => {
  ({ world, browser } = site);
  const keys = ["starter_monthly", "pro_monthly", "pro_yearly"];
  prices = await Promise.all(keys.map(async (key) => (await world.priceOf(key)).id));
}, 120_000);
// No event comes that would help.
beforeEach(() => fault({ kind: "drop", times: 1_000_000, match: "c" }));

const fault = (body: object) =>
  fetch(`${world.url}/_emulator/faults`, {
    method: "POST",
    headers: { authorization: "Bearer sk_test_emulator", "content-type": "application/json" },
    body: JSON.stringify(body),
  });

/** Stripe is slow now at this call, now at that one, before it does what is asked or after. */
const DELAYED = ["/v1/customers", "/v1/checkout/sessions", "/v1/subscriptions", "/c/pay", "/v1/"];
const delayStripe = () =>
  fault({
    kind: random() < 0.5 ? "slow" : "late_answer",
    match: DELAYED[below(DELAYED.length)],
    ms: below(250),
    times: 1 + below(3),
  });

/** Presses "Subscribe" by one of the two routes, and answers the page to pay on, if there is one. */
async function press(person: Person, price = "", byForm: boolean): Promise<string | undefined> {
  const headers = { authorization: `Bearer ${person.accessToken}` };
  const pages = { successUrl: `${world.url}/success`, cancelUrl: `${world.url}/pricing` };
  const answer = byForm
    ? await world.request(
        "POST",
        "/api/checkout_sessions",
        { ...headers, "content-type": "application/x-www-form-urlencoded" },
        new URLSearchParams({ price_id: price }).toString(),
      )
    : await world.request(
        "POST",
        "/api/stripe/create-checkout",
        { ...headers, "content-type": "application/json" },
        JSON.stringify({ priceId: price, mode: "subscription", ...pages }),
      );
  expect([200, 303, 409]).toContain(answer.status);
  const url = byForm ? answer.headers.get("location") : ((await answer.json()) as { url?: string }).url;
  return url?.includes("/c/pay/") ? url : undefined;
}

/** The subscriptions of this person that stand at Stripe. */
async function standing({ email }: Person): Promise<number> {
  const { data: customers } = await world.stripe.customers.list({ email });
  const lists = await Promise.all(customers.map(({ id }) => world.stripe.subscriptions.list({ customer: id })));
  return lists.flatMap(({ data }) => data).length;
}

/** Two tabs: each presses at some moment, and pays at some moment after that. */
async function buyTwice(): Promise<void> {
  const person = await world.signUp();
  await delayStripe();
  const plans = [0, 1].map(() => ({
    price: prices[below(prices.length)],
    byForm: random() < 0.5,
    pressesIn: below(400),
    paysIn: below(400),
  }));
  const paid = await Promise.all(
    plans.map(async ({ price, byForm, pressesIn, paysIn }) => {
      await sleep(pressesIn);
      const url = await press(person, price, byForm);
      if (!url) return false;
      await sleep(paysIn);
      return (await world.pay(url).catch(() => undefined))?.status === 303;
    }),
  );
  expect({ person: person.id, standing: await standing(person) }).toEqual({
    person: person.id,
    standing: paid.includes(true) ? 1 : 0,
  });
}

it(
  `of two pages at once one can be paid, at whatever moment which is pressed and paid (${PURCHASES} times, SEED=${SEED})`,
  async () => {
    for (let round = 0; round < PURCHASES; round += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, buyTwice));
    }
  },
  rounds(600_000),
);

it.each([
  ["then pays on both", [0, 1]],
  ["then pays on both, the later one first", [1, 0]],
])(
  "somebody who presses in two windows of a browser, %s, pays once",
  async (_, order) => {
    const context = await browser.newContext({ baseURL: world.url });
    const person = await world.signUp();
    await signIn(context, person);
    const pages = await Promise.all([context.newPage(), context.newPage()]);
    await Promise.all(pages.map((page) => page.goto("/pricing")));
    const names = ["Subscribe to Starter", "Subscribe to Pro"];
    await Promise.all(pages.map((page, tab) => page.getByRole("button", { name: names[tab] ?? "" }).click()));
    await Promise.all(pages.map((page) => page.waitForURL(/\/c\/pay\/cs_/, { timeout: 30_000 })));
    for (const tab of order) await payOn(pages[tab] as Page);
    expect(await standing(person)).toBe(1);
    await context.close();
  },
  120_000,
);

/** As the browser holds a session that it got by signing up there. */
async function signIn(context: BrowserContext, { cookie }: Person): Promise<void> {
  const cookies = cookie.split("; ").map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return { name, value: value.join("="), url: world.url };
  });
  await context.addCookies(cookies);
}

/** Pays, where the page lets one. */
async function payOn(page: Page): Promise<void> {
  await page.reload();
  const card = page.getByLabel("Card number");
  if ((await card.count()) === 0) return; // it says that it has expired
  await card.fill("4242 4242 4242 4242");
  await page.getByLabel(/expir/i).fill("12 / 34");
  await page.getByLabel(/cvc|security/i).fill("123");
  await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
  await page.getByLabel("Postal code").fill("97201");
  await page.getByLabel("State").selectOption("OR");
  await page.getByRole("button", { name: /^(subscribe|pay)/i }).click();
  await page.waitForURL(/\/success/, { timeout: 30_000 });
}
