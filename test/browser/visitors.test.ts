import { moveClock } from "@turnpike/stripe-emulator/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { id } from "../builders.ts";
import { cookiesOf, customerOf, mirrored, sellPlan, subscribe } from "../visitor.ts";
import { type Person, WAIT, type World } from "../world.ts";
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

const PASSWORD = "correct horse battery";
const heading = (name: string | RegExp) => page.getByRole("heading", { name }).first();
const press = (name: string | RegExp) => page.getByRole("button", { name }).first().click();
const card = (name: string) =>
  page.getByRole("article").filter({ has: page.getByRole("heading", { name, exact: true }) });

/** A new browser, signed in as this person or as nobody. */
async function visit(path: string, person?: Person): Promise<void> {
  await context?.close();
  context = await browser.newContext({ baseURL: world.url });
  if (person) await context.addCookies(cookiesOf(person, world.url));
  page = await context.newPage();
  page.setDefaultTimeout(20_000); // the first page is built as it is asked for
  await page.goto(path);
}

async function signUp(): Promise<void> {
  await page.getByLabel("Password").fill(PASSWORD);
  await press("Create account");
}

describe("a form that is refused", () => {
  it("leads back to the plans and says why, once", async () => {
    const { priceId } = await sellPlan(world, "Fleeting");
    await visit("/pricing", await world.signUp());
    await card("Fleeting").waitFor();
    await world.stripe.prices.update(priceId, { active: false });
    await mirrored(world, "prices", priceId, "active", "false");
    await press("Subscribe to Fleeting");
    const notice = page.getByText("This offer has just ended.");
    await notice.waitFor();
    await heading("Pro").waitFor();
    expect(page.url()).toBe(`${world.url}/pricing`);
    expect(await card("Fleeting").count()).toBe(0);

    await page.reload();
    await heading("Pro").waitFor();
    expect(await notice.count()).toBe(0);
    await page.goto("/sign-up");
    await page.goBack();
    await heading("Pro").waitFor();
    expect(await notice.count()).toBe(0);
  }, 60_000);

  it("for a session that has ended leads to sign-in, and from there back to the chosen plan", async () => {
    const person = await world.signUp();
    await visit("/pricing", person);
    await card("Pro").waitFor();
    await context.clearCookies();
    await press("Subscribe to Pro");
    await page.getByText("Your session has ended. Sign in again to go on.").waitFor();
    expect(page.url()).not.toContain("problem");
    await page.getByLabel("E-mail").fill(person.email);
    await page.getByLabel("Password").fill(PASSWORD);
    await press("Sign in");
    await card("Pro").getByText("Your choice").waitFor();
    await press("Subscribe to Pro");
    await page.waitForURL(/\/c\/pay\/cs_/);
  }, 60_000);

  it("by the gateway itself, which answers no page, says so beside the button, and works when it does again", async () => {
    await visit("/pricing", await world.signUp());
    for (const [status, message] of [
      [429, "Too Many Requests"],
      [500, "Internal Server Error"],
      [503, "Service Unavailable"],
    ] as const) {
      await page.route("**/api/**", (route) => route.fulfill({ status, json: { message } }));
      await press("Subscribe to Pro");
      await card("Pro").getByText("Something went wrong on our side. Try again in a minute.").waitFor();
      expect(page.url()).toBe(`${world.url}/pricing`);
      await page.unrouteAll();
    }
    await press("Subscribe to Pro");
    await page.waitForURL(/\/c\/pay\/cs_/);
  }, 60_000);

  it("of a second plan, while the first one is asked for: it would end the checkout that is about to open", async () => {
    await visit("/pricing", await world.signUp());
    let asked = 0;
    await page.route("**/api/stripe/create-checkout", async (route) => {
      asked++;
      const response = await route.fetch();
      await new Promise((resolve) => setTimeout(resolve, 500));
      await route.fulfill({ response });
    });
    await card("Pro").waitFor();
    // Faster than anybody sees that it cannot be pressed.
    for (const plan of ["Pro", "Starter"])
      await page.getByRole("button", { name: `Subscribe to ${plan}` }).dispatchEvent("click");
    expect(await page.getByRole("button", { name: "Subscribe to Starter" }).isDisabled()).toBe(true);
    await page.waitForURL(/\/c\/pay\/cs_/);
    await page.getByText("Subscribe to Pro").waitFor();
    expect(asked).toBe(1);
    expect(await page.getByText("expired").count()).toBe(0);
  }, 60_000);

  it("for a session that cannot be renewed, because nobody answers, does not sign out, and sells to no guest", async () => {
    await visit("/pricing", await world.signUp());
    await card("Pro").waitFor();
    await page.clock.install();
    await page.route(/\/auth\/v1\//, (route) => route.abort("connectionreset"));
    let sold = 0;
    page.on("request", (request) => request.url().endsWith("/create-checkout") && sold++);
    await page.clock.setSystemTime(Date.now() + 2 * 60 * 60 * 1000);
    await press("Subscribe to Pro");
    await vi.waitFor(async () => {
      await page.clock.runFor(10_000);
      await card("Pro").getByText("The server cannot be reached.").waitFor({ timeout: 500 });
    }, WAIT);
    expect(sold).toBe(0);
  }, 60_000);

  it("for a session that has ended, by a button, has a link to sign in and back", async () => {
    const person = await world.signUp();
    await subscribe(world, (await customerOf(world, person)).id, (await world.priceOf("pro_monthly")).id);
    await visit("/account", person);
    await page.getByRole("button", { name: "Manage billing" }).waitFor();
    await context.clearCookies();
    await press("Manage billing");
    await page.locator("main").getByText("Sign in first").waitFor();
    await page.locator("main").getByRole("link", { name: "Sign in", exact: true }).click();
    await page.getByLabel("E-mail").fill(person.email);
    await page.getByLabel("Password").fill(PASSWORD);
    await press("Sign in");
    await heading("Your account").waitFor();
  }, 60_000);

  it("although the browser holds a session asks for another one, and does not go round in circles", async () => {
    const person = await world.signUp();
    await visit("/sign-in?problem=unauthenticated&next=%2Faccount", person);
    await page.getByText("Your session has ended.").waitFor();
    await page.getByLabel("E-mail").fill(person.email);
    await page.getByLabel("Password").fill(PASSWORD);
    await press("Sign in");
    await heading("Your account").waitFor();
  }, 60_000);

  it("for an account that was deleted elsewhere lets every way back in be tried, also after a reload", async () => {
    const person = await world.signUp();
    await visit("/pricing", person);
    await card("Pro").waitFor();
    expect((await world.as(person).rpc("delete_account")).error).toBeNull();
    await press("Subscribe to Pro");
    await page.getByText("Your session has ended. Sign in again to go on.").waitFor();
    const refused = page.url();
    await page.getByRole("banner").getByRole("link", { name: "Sign in" }).waitFor();
    for (const [link, title] of [
      ["Sign in by e-mail, without a password", "Sign in without a password"],
      ["Create an account", "Create your account"],
    ] as const) {
      await page.goto(refused);
      await page.getByRole("link", { name: link }).click();
      await heading(title).waitFor();
    }
    await page.getByLabel("E-mail").fill(person.email);
    await signUp();
    await card("Pro").getByText("Your choice").waitFor();
  }, 60_000);

  it("for a reason of ours says so, with a reference that support finds", async () => {
    await visit("/pricing?problem=internal_error&reference=JKJaXmPLvHcESHA%3D");
    await page.getByText(/went wrong on our side.*reference JKJaXmPLvHcESHA=/).waitFor();
    await visit("/pricing?problem=internal_error&reference=Call%20555-1234");
    await page.getByText("went wrong on our side").waitFor();
    expect(await page.getByText("555").count()).toBe(0);
    expect(page.url()).toBe(`${world.url}/pricing`);
  }, 60_000);
});

describe("an address without a page", () => {
  it.each(["/nowhere", "/Pricing", "/pricing/more", "/checkout"])("%s is a 404, and looks like one", async (path) => {
    await visit("/pricing/");
    await heading("Pro").waitFor();
    expect((await page.goto(path))?.status()).toBe(404);
    await heading("There is no such page").waitFor();
    expect(await card("Pro").count()).toBe(0);
  });
});

describe("somebody who is signed in", () => {
  it("stays signed in while a page is read for longer than a session is good", async () => {
    await visit("/pricing", await world.signUp());
    await page.clock.install();
    await page.goto("/pricing");
    await expect.poll(() => page.getByRole("heading", { level: 1 }).count()).toBe(1);
    const renewed = page.waitForResponse((answer) => answer.url().includes("/auth/v1/token?grant_type=refresh_token"));
    await page.clock.fastForward("59:30");
    expect((await renewed).status()).toBe(200);
  });
});

describe("a part of the site that cannot be fetched", () => {
  it("says so below the header, by which the way goes on, and is asked for again", async () => {
    await visit("/pricing", await world.signUp());
    await card("Pro").waitFor();
    const header = (name: string) => page.getByRole("banner").getByRole("link", { name, exact: true });
    await context.setOffline(true);
    await header("Account").click();
    await page.getByText("Your account could not be loaded. Check your connection, then try again.").waitFor();
    await page.getByRole("link", { name: "Sign-in settings" }).click();
    await heading("Not loaded").waitFor();
    await page.getByText("This page could not be loaded. Check your connection, then try again.").waitFor();
    await header("Account").click();
    await heading("Your account").waitFor();
    await context.setOffline(false);
    await press("Try again");
    await page.getByText("You have no plan yet.").waitFor();
  }, 60_000);
});

describe("a guest", () => {
  it("sees what was bought, makes the account that is offered, and finds the purchase there", async () => {
    const email = `${id("guest")}@example.com`;
    await visit("/pricing");
    await press("Buy Credits");
    await page.waitForURL(/\/c\/pay\/cs_/);
    const payment = page.url();
    await world.pay(payment, { email });
    await page.goto(`/success?session_id=${/cs_\w+/.exec(payment)?.[0]}`);
    await heading("Thank you, you are all set").waitFor();
    await page.getByText("$49.00").first().waitFor();
    expect(await page.content()).not.toContain(email);

    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByLabel("E-mail").fill(email);
    await signUp();
    await page.waitForURL(/\/success/);
    await heading("Thank you, you are all set").waitFor();
    const receipt = page.getByRole("link", { name: /^Receipt/ });
    expect(await receipt.getAttribute("href")).toMatch(/\/p\/receipts\/ch_/);
    await page.getByRole("link", { name: "Go to your account" }).click();
    await page.getByRole("table").getByText("Paid", { exact: true }).waitFor();
    expect(await receipt.getAttribute("href")).toMatch(/\/p\/receipts\/ch_/);
  }, 60_000);

  it("is told of a purchase that nobody made that there is none", async () => {
    await visit("/success?session_id=cs_test_forged");
    await heading("We cannot find this purchase").waitFor();
    expect(await page.getByText(/thank you/i).count()).toBe(0);
  }, 60_000);
});

describe("the account", () => {
  it("lets an overdue payment be made, and says when it is tried again", async () => {
    const person = await world.signUp();
    const { priceId } = await sellPlan(world, "Late");
    const customer = await customerOf(world, person);
    const { id } = await subscribe(world, customer.id, priceId);
    await customer.useCard("pm_card_chargeCustomerFail");
    const inFiveWeeks = Math.floor(Date.now() / 1000) + 35 * 24 * 60 * 60;
    await moveClock(world.stripe, customer.clock, inFiveWeeks);
    await mirrored(world, "user_subscriptions", id, "status", "past_due");
    await vi.waitFor(async () => {
      const due = world.admin.from("payment_history").select("next_payment_attempt").eq("subscription_id", id);
      expect((await due.eq("status", "failed").single()).data?.next_payment_attempt).toBeTruthy();
    }, WAIT);
    await visit("/account", person);
    await card("Late").getByText("Payment overdue").waitFor();
    await card("Late")
      .getByText(/^We try again on/)
      .waitFor();
    await page
      .getByRole("table")
      .getByRole("link", { name: /^Pay for/ })
      .waitFor();
    const invoice = card("Late").getByRole("link", { name: "Pay $19.00 now" });
    const [paying] = await Promise.all([page.waitForEvent("popup"), invoice.click()]);
    await paying.waitForURL(/\/p\/invoices\/in_/);
    await card("Late").getByRole("button", { name: "Update card" }).click();
    await page.waitForURL(/\/p\/session\//);
    await page.goto("/pricing");
    await card("Pro").getByText("The last payment for Late is not through. Pay it first").waitFor();
    expect(await page.getByRole("link", { name: /^(Switch to|Manage)/ }).count()).toBe(0);
    await card("Pro").getByRole("link", { name: "Pay what is due for Late" }).click();
    await invoice.waitFor();
  }, 60_000);

  it("says of an invoice that was sent until when it is to be paid, and promises no charge", async () => {
    const person = await world.signUp();
    const { priceId } = await sellPlan(world, "Mailed");
    const customer = await customerOf(world, person);
    const sent = { collection_method: "send_invoice", days_until_due: 7 };
    const { id } = await subscribe(world, customer.id, priceId, sent);
    await visit("/account", person);
    await page.getByText("Your first invoice is still being made").waitFor();
    await card("Mailed").getByText("An invoice is sent to you then, and you pay it.").waitFor();
    expect(await card("Mailed").getByRole("button", { name: /card/ }).count()).toBe(0);
    const inTwoHours = Math.floor(Date.now() / 1000) + 7200;
    await moveClock(world.stripe, customer.clock, inTwoHours);
    await vi.waitFor(async () => {
      const open = world.admin.from("payment_history").select("due_date").eq("customer_id", customer.id);
      expect((await open.eq("status", "open").single()).data?.due_date).toBeTruthy();
    }, WAIT);
    await visit("/account", person);
    await card("Mailed")
      .getByText(/^Due by/)
      .waitFor();
    await card("Mailed").getByRole("link", { name: "Pay $19.00 now" }).waitFor();
    await card("Mailed").getByText("An invoice is sent to you then, and you pay it.").waitFor();
    expect(await card("Mailed").getByText(/Visa/).count()).toBe(0);
    await page.getByRole("table").getByText("To be paid", { exact: true }).waitFor();
    await page
      .getByRole("table")
      .getByText(/^Due by/)
      .waitFor();

    const inTenDays = inTwoHours + 10 * 24 * 60 * 60;
    await moveClock(world.stripe, customer.clock, inTenDays);
    await mirrored(world, "user_subscriptions", id, "status", "past_due");
    await page.reload();
    await card("Mailed").getByText("Its last invoice is not paid yet.").waitFor();
    await page.getByRole("table").getByText("Overdue", { exact: true }).waitFor();
  }, 60_000);

  it("asks whoever has no card on file to add one, and asks Stripe once what is paid next", async () => {
    const person = await world.signUp();
    const { priceId } = await sellPlan(world, "Cardless");
    const customer = await world.stripe.customers.create({ email: person.email, metadata: { user_id: person.id } });
    const { id } = await subscribe(world, customer.id, priceId, { trial_period_days: 14 });
    await visit("/sign-in", person);
    let asked = 0;
    page.on("request", (request) => request.url().endsWith("/next-payment") && asked++);
    await page.goto("/account");
    await card("Cardless").getByText("There is no card to charge. Add one before then.").waitFor();
    await card("Cardless").getByRole("button", { name: "Add a card" }).waitFor();
    expect(asked).toBe(1);

    const end_behavior = { missing_payment_method: "cancel" } as const;
    await world.stripe.subscriptions.update(id, { trial_settings: { end_behavior } });
    await page.reload();
    await card("Cardless").getByText("Your plan ends with its trial, unless you add a card.").waitFor();
    expect(await card("Cardless").getByText("Next payment").count()).toBe(0);
  }, 60_000);

  it("says what is paid next, with its discount, and by what, and shows older payments when it is asked to", async () => {
    const person = await world.signUp();
    const { productId } = await sellPlan(world, "Daily");
    const recurring = { interval: "day" } as const;
    const price = await world.stripe.prices.create({
      product: productId,
      currency: "usd",
      unit_amount: 200,
      recurring,
    });
    const { id: coupon } = await world.stripe.coupons.create({ percent_off: 50, duration: "forever" });
    const customer = await customerOf(world, person);
    const { id } = await subscribe(world, customer.id, price.id, { discounts: [{ coupon }] });
    const inTwoWeeks = Math.floor(Date.now() / 1000) + 13 * 24 * 60 * 60 + 7200;
    await moveClock(world.stripe, customer.clock, inTwoWeeks);
    await vi.waitFor(async () => {
      const paid = world.admin.from("payment_history").select("id").eq("subscription_id", id).eq("status", "paid");
      expect((await paid).data).toHaveLength(14);
    }, WAIT);
    await visit("/account", person);
    await card("Daily").getByText("$2 per day").waitFor();
    await card("Daily")
      .getByText(/^Next payment \$1.00 on/)
      .waitFor();
    await card("Daily").getByText("Paid with Visa ending in 4242, valid until").waitFor();
    for (const [document, address] of [
      ["Invoice", /\/p\/invoices\/in_/],
      ["Receipt", /\/p\/receipts\/ch_/],
    ] as const) {
      const link = page.getByRole("link", { name: new RegExp(`^${document} for Daily, `) }).first();
      expect(await link.getAttribute("href")).toMatch(address);
    }
    const rows = page.getByRole("table").getByRole("row");
    expect(await rows.count()).toBe(13);
    await press("Show 2 older payments");
    expect(await rows.count()).toBe(15);
    expect(await page.getByText(/older payments/).count()).toBe(0);
  }, 60_000);

  it("lets a first payment be confirmed, and does not offer to buy again", async () => {
    const person = await world.signUp();
    const { priceId } = await sellPlan(world, "Begun");
    const customer = await customerOf(world, person);
    await subscribe(world, customer.id, priceId, { payment_behavior: "default_incomplete" });
    await visit("/account", person);
    await card("Begun").getByRole("link", { name: "Confirm the payment" }).waitFor();
    expect(await page.getByText("See the plans").count()).toBe(0);
    await page.goto("/pricing");
    await card("Pro").getByRole("link", { name: "Finish the payment" }).click();
    await heading("Your account").waitFor();
  }, 60_000);

  it("shows a one-time purchase at 100 % off", async () => {
    const person = await world.signUp();
    await visit("/pricing", person);
    const coupon = await world.stripe.coupons.create({ percent_off: 100, duration: "once" });
    const { id: price } = await world.priceOf("credits_1000");
    const session = await world.stripe.checkout.sessions.create({
      mode: "payment",
      customer: (await customerOf(world, person)).id,
      client_reference_id: person.id,
      metadata: { user_id: person.id, price_id: price },
      line_items: [{ price, quantity: 1 }],
      discounts: [{ coupon: coupon.id }],
      success_url: `${world.url}/success?session_id={CHECKOUT_SESSION_ID}`,
    });
    await world.pay(session.url ?? "");
    await page.goto(`/success?session_id=${session.id}`);
    await page.getByText("There was nothing to pay today.").waitFor();
    await page.getByRole("link", { name: "Go to your account" }).click();
    const row = page.getByRole("row").filter({ hasText: "Credits" });
    await row.getByText("$0.00").waitFor();
    await row.getByText("Nothing due", { exact: true }).waitFor();
  }, 60_000);
});
