import type { Browser, BrowserContext, Page } from "playwright-core";
import { beforeAll, expect, it, vi } from "vitest";
import { id } from "../builders.ts";
import { exampleOf } from "../documented.ts";
import { cookiesOf, customerOf, mirrored, payWithCard, sellPlan, subscribe, TRANSLATOR, VISA } from "../visitor.ts";
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

const heading = (name: string | RegExp) => page.getByRole("heading", { name }).first();
const press = (name: string | RegExp) => page.getByRole("button", { name }).first().click();
const card = (name: string) =>
  page.getByRole("article").filter({ has: page.getByRole("heading", { name, exact: true }) });
const dueToday = (amount: string) => page.getByText(`Total due today${amount}`, { exact: true });
const toAccount = () => page.getByRole("link", { name: "Go to your account" }).click();

async function visit(path: string, person: Person): Promise<void> {
  await context?.close();
  context = await browser.newContext({ baseURL: world.url });
  await context.addCookies(cookiesOf(person, world.url));
  page = await context.newPage();
  page.setDefaultTimeout(20_000); // the first page is built as it is asked for
  await page.goto(path);
}

/** What a page of the site asks, with the visitor's cookies. */
const ask = (path: string, body: object) =>
  page.evaluate(
    async ([path, body]) => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(path, { method: "POST", headers, body });
      return { status: answer.status, ...((await answer.json()) as { url?: string; code?: string }) };
    },
    [path, JSON.stringify(body)] as const,
  );

it("a trial costs nothing today, as the page says; who had one is promised none, and pays", async () => {
  await sellPlan(world, "Studio", { trialDays: 14 });
  const person = await world.signUp();
  await visit("/pricing", person);
  await card("Studio").getByText("14 days free", { exact: true }).waitFor();
  await card("Studio").getByRole("button", { name: "Start free trial" }).click();
  await dueToday("$0.00").waitFor();
  await payWithCard(page, VISA);
  await page.getByText("There was nothing to pay today.").waitFor();
  await toAccount();
  await card("Studio").getByText("Trial", { exact: true }).waitFor();
  await card("Studio")
    .getByText(/^Trial ends on/)
    .waitFor();
  await page.getByRole("row").filter({ hasText: "$0.00" }).getByText("Nothing due", { exact: true }).waitFor();

  await page.getByRole("link", { name: "Cancel plan" }).click();
  await page.getByText(/^Your trial of Studio goes on until .*\. Then it ends, and nothing is ever charged/).waitFor();
  await page.getByRole("link", { name: "Keep Studio" }).click();

  await press("Manage billing");
  await press("Cancel subscription");
  await page.getByRole("link", { name: /return to/i }).click();
  await card("Studio")
    .getByText(/^Ends on/)
    .waitFor();
  const [row] = await world.local.query<{ id: string }>(
    "select s.id from user_subscriptions s join customers c on c.id = s.customer_id where c.user_id = $1",
    [person.id],
  );
  await world.stripe.subscriptions.cancel(row?.id ?? "");
  await mirrored(world, "user_subscriptions", row?.id ?? "", "status", "canceled");
  await page.reload();
  await card("Studio").getByText("Ended", { exact: true }).waitFor();

  await page.goto("/pricing");
  const again = card("Studio").getByRole("button", { name: "Subscribe to Studio" });
  await again.waitFor();
  expect(await card("Studio").getByText(/free/).count()).toBe(0);
  await again.click();
  await dueToday("$19.00").waitFor();
  await payWithCard(page, VISA);
  await heading("Thank you, you are all set").waitFor();
  await toAccount();
  await card("Studio").getByText("Active", { exact: true }).waitFor();
  await page.getByRole("row").filter({ hasText: "$19.00" }).getByText("Paid", { exact: true }).waitFor();
}, 120_000);

it("an organisation of the documented example buys and is managed by its manager, serves its members, and is closed to others", async () => {
  for (const statement of exampleOf("docs/organizations.md")) await world.local.query(statement);
  const [manager, member, stranger] = await Promise.all([world.signUp(), world.signUp(), world.signUp()]);
  const [acme] = await world.local.query<{ id: string }>(
    "insert into organizations (name) values ('Acme') returning id",
  );
  const organizationId = acme?.id ?? "";
  await world.local.query("insert into members values ($1, $2, 'owner'), ($1, $3, 'member')", [
    organizationId,
    manager.id,
    member.id,
  ]);
  const { priceId } = await sellPlan(world, "Company");
  const buy = () =>
    ask("/api/stripe/create-checkout", {
      priceId,
      mode: "subscription",
      successUrl: `${world.url}/success?session_id={CHECKOUT_SESSION_ID}`,
      cancelUrl: `${world.url}/pricing`,
      organizationId,
    });
  const manage = () => ask("/api/stripe/create-portal", { returnUrl: `${world.url}/account`, organizationId });
  const NO_MANAGER = { status: 403, code: "not_billing_manager" };
  const count = async (person: Person, table: "user_subscriptions" | "payment_history" | "customers") =>
    (await world.as(person).from(table).select("id")).data?.length;

  await visit("/pricing", manager);
  await page.goto((await buy()).url ?? "");
  await payWithCard(page, VISA);
  await heading("Thank you, you are all set").waitFor();
  await toAccount();
  await card("Company").getByText("Active", { exact: true }).waitFor();
  expect(await page.getByRole("button", { name: "Manage billing" }).count()).toBe(0);
  const whose = page.getByRole("group", { name: "Whose billing" });
  await whose.getByText("Yourself").click();
  await page.getByText("You have no plan yet.").waitFor();
  await whose.locator("label").nth(1).click();
  await card("Company").waitFor();
  await press("Manage for your organisation");
  await page.getByLabel("Current subscription").getByText("Company").waitFor();

  await vi.waitFor(async () => expect(await count(manager, "payment_history")).toBe(1), WAIT);
  await visit("/account", member);
  expect((await world.as(member).rpc("has_active_subscription")).data).toBe(true);
  expect(await count(member, "user_subscriptions")).toBe(1);
  expect([await count(member, "payment_history"), await count(member, "customers")]).toEqual([0, 0]);
  await card("Company").getByText("Active", { exact: true }).waitFor();
  await card("Company").getByText("Somebody else pays for this plan, and manages it.").waitFor();
  await page.getByText("No payments yet.").waitFor();
  expect(await page.getByRole("button", { name: /^Manage/ }).count()).toBe(0);
  for (const path of ["/change", "/cancel"]) {
    await page.goto(path);
    await page.getByText("Somebody else pays for this plan. Only who manages its billing can").waitFor();
    expect(await page.locator("main button, main input").count()).toBe(0);
  }
  await page.goto("/account");
  expect([await buy(), await manage()]).toEqual([
    expect.objectContaining(NO_MANAGER),
    expect.objectContaining(NO_MANAGER),
  ]);

  await visit("/account", stranger);
  expect((await world.as(stranger).rpc("has_active_subscription")).data).toBe(false);
  expect(await count(stranger, "user_subscriptions")).toBe(0);
  expect([await buy(), await manage()]).toEqual([
    expect.objectContaining(NO_MANAGER),
    expect.objectContaining(NO_MANAGER),
  ]);
}, 60_000);

it("what is bought through a payment link with another address is whose browser comes back from it", async () => {
  const { priceId: price } = await sellPlan(world, "By link");
  const { url } = await world.stripe.paymentLinks.create({
    line_items: [{ price, quantity: 1 }],
    automatic_tax: { enabled: true },
    after_completion: {
      type: "redirect",
      redirect: { url: `${world.url}/success?session_id={CHECKOUT_SESSION_ID}` },
    },
  });
  const person = await world.signUp();
  await visit("/account", person);
  await page.goto(`${url}?client_reference_id=${person.id}`);
  await page.getByLabel(/e-?mail/i).fill(`${id("work")}@example.com`);
  await payWithCard(page, VISA);
  await heading("Thank you, you are all set").waitFor();
  await toAccount();
  await card("By link").getByText("Active", { exact: true }).waitFor();
  await page.getByRole("table").getByText("Paid", { exact: true }).waitFor();
  await press("Manage billing");
  await page.getByLabel("Current subscription").getByText("By link").waitFor();
}, 60_000);

it("nobody hears that they have no plan before all purchases are read, and then the page says so by itself", async () => {
  const person = await world.signUp();
  await world.local.query("delete from billing.completeness where object = 'subscription'");
  try {
    await visit("/pricing", person);
    await page
      .getByText("We are still reading your purchases… If you have a plan, it appears here by itself")
      .waitFor();
    await page.goto("/account");
    await page.getByText("We are still reading your purchases…").waitFor();
    expect(await page.getByText(/no plan|No payments/).count()).toBe(0);
  } finally {
    await world.local.query("insert into billing.completeness values ('subscription', now(), 0, 0)");
  }
  await page.getByText("You have no plan yet.").waitFor();
  await page.getByText("No payments yet.").waitFor();
});

it("a browser that translates breaks no page, and what changes on it is shown", async () => {
  const { priceId } = await sellPlan(world, "Lingua");
  const person = await world.signUp();
  const customer = await customerOf(world, person);
  const { id: held } = await subscribe(world, customer.id, priceId);
  context = await browser.newContext({ baseURL: world.url });
  await context.addInitScript(TRANSLATOR);
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const broken: string[] = [];
  page.on("pageerror", ({ message }) => broken.push(message));
  const reads = (text: string | RegExp) => page.locator("main").getByText(text).first().waitFor();

  await page.goto("/sign-in?next=/pricing");
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password").fill("wrong horse battery");
  await press("Sign in");
  await reads(/do not match/);
  await page.getByLabel("Password").fill("correct horse battery");
  await press("Sign in");
  await card("Pro").getByText("$29", { exact: true }).waitFor();
  await page.getByText("Yearly", { exact: true }).click();
  await card("Pro").getByText("$290", { exact: true }).waitFor();
  await page.getByText("Monthly", { exact: true }).click();
  await card("Pro").getByText("$29", { exact: true }).waitFor();

  await page.getByRole("link", { name: "Switch to Pro" }).click();
  await reads("$10.00");
  await page.getByText("$290", { exact: true }).click();
  await reads("$271.00");
  await page.getByText("$9", { exact: true }).click();
  await reads("$0.00");
  await press(/^Confirm for/);
  await reads(/^Changes to/);
  await press("Keep Lingua");
  await page.getByRole("link", { name: "Cancel plan" }).click();
  await press("Cancel Lingua");
  await reads("Ends on");
  await reads("Your plan is canceled.");
  await press("Keep Lingua");
  await reads("Renews on");
  expect(await page.getByText("Your plan is canceled.").count()).toBe(0);
  await world.stripe.subscriptions.cancel(held);
  await reads("Ended on");
  await page.goto("/success?session_id=cs_test_forged");
  await reads("We cannot find this purchase");
  expect(broken).toEqual([]);
  expect(await page.getByText("Something went wrong").count()).toBe(0);
}, 120_000);
