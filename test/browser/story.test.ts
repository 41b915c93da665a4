import { cli, controlsOf, openBrowser, runCli, skipReason, startCli } from "@turnpike/stripe-emulator/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { id } from "../builders.ts";
import { DECLINED, payWithCard, VISA } from "../visitor.ts";
import { startWorld, WAIT, type World } from "../world.ts";

let world: World;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld({ web: true }), openBrowser()]);
  await world.priceOf("pro_monthly");
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await world?.close();
});

const heading = (name: string | RegExp) => page.getByRole("heading", { name }).first();
const press = (name: string | RegExp) => page.getByRole("button", { name }).first().click();

async function newVisitor(): Promise<void> {
  await context?.close();
  context = await browser.newContext({ baseURL: world.url });
  page = await context.newPage();
  page.setDefaultTimeout(20_000); // the first page is built as it is asked for
}

it("a visitor signs up, subscribes, sees it on the account page, cancels in the portal and sees when it ends", async () => {
  await newVisitor();
  const email = `${id("ada")}@example.com`;

  // Chooses a plan, signs up on the way, and is back at the choice.
  await page.goto("/pricing");
  await page.getByRole("link", { name: "Subscribe to Pro" }).click();
  await heading("Create your account").waitFor();
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill("correct horse battery");
  await press("Create account");

  // A plain form leads to Stripe's page; a declined card leaves the checkout open.
  await press("Subscribe to Pro");
  await page.waitForURL(/\/c\/pay\/cs_/);
  await payWithCard(page, DECLINED);
  await page
    .getByText(/declined/i)
    .first()
    .waitFor();
  expect(page.url()).toContain("/c/pay/cs_");
  await payWithCard(page, VISA);

  await page.waitForURL(/\/success\?session_id=cs_/);
  await heading("Thank you, you are all set").waitFor();
  await page.getByText("$29.00").first().waitFor();
  const receipt = page.getByRole("link", { name: /^Receipt/ });
  expect(await receipt.getAttribute("href")).toMatch(/\/p\/invoices\/in_/);

  // The account shows the plan and its payment.
  await page.getByRole("link", { name: "Go to your account" }).click();
  await page.getByRole("heading", { name: "Pro" }).waitFor();
  await page.getByText("Active", { exact: true }).waitFor();
  await page.getByRole("table").getByText("Paid", { exact: true }).waitFor();

  // React's strict mode, which mounts everything twice here, doubles no request.
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto("/account");
  await page.getByText("Paid with Visa").waitFor();
  expect(asked.filter((path) => path === "/api/subscriptions/next-payment")).toHaveLength(1);

  // Cancels in the portal.
  await press("Manage billing");
  await page.waitForURL(/\/p\/session\//);
  await press("Cancel subscription");
  await page.getByRole("button", { name: "Don't cancel subscription" }).waitFor();
  await page.getByRole("link", { name: /return to/i }).click();
  await page.waitForURL(/\/account/);
  await page.getByText(/^Ends on/).waitFor();

  // And so it is in Postgres.
  const [row] = await world.local.query<Record<string, unknown>>(
    `select s.status, s.ends_at = s.current_period_end as ends_with_period, p.status as payment, p.amount_paid, u.email
     from user_subscriptions s
     join customers c on c.id = s.customer_id
     join auth.users u on u.id = c.user_id
     join payment_history p on p.subscription_id = s.id
     where u.email = $1`,
    [email],
  );
  expect(row).toEqual({ status: "active", ends_with_period: true, payment: "paid", amount_paid: 2900, email });
}, 120_000);

it("a guest buys once without an account, and is shown what was bought", async () => {
  await newVisitor();
  await page.goto("/pricing");
  await press("Buy Credits");
  await page.waitForURL(/\/c\/pay\/cs_/);
  await page.getByLabel(/e-?mail/i).fill(`${id("guest")}@example.com`);
  await payWithCard(page, VISA);
  await page.waitForURL(/\/success/);
  await heading("Thank you, you are all set").waitFor();
  await page.getByText("$49.00").first().waitFor();
}, 120_000);

it.each([
  ["DE89370400440532013000", "Thank you, you are all set"],
  ["DE62370400440532013001", "The payment did not go through"],
])(
  "the success page waits for the bank debit %s and never calls it paid before it is",
  async (iban, ending) => {
    await newVisitor();
    const product = await world.stripe.products.create({ name: "Euro credits" });
    const price = await world.stripe.prices.create({ product: product.id, currency: "eur", unit_amount: 4900 });
    await page.goto("/sign-up");
    await page.getByLabel("E-mail").fill(`${id("ada")}@example.com`);
    await page.getByLabel("Password").fill("correct horse battery");
    await press("Create account");
    await page.waitForURL((url) => !url.pathname.startsWith("/sign-up"));
    await vi.waitFor(async () => {
      expect(await world.local.query("select from prices where id = $1 and active", [price.id])).toHaveLength(1);
    }, WAIT);
    await page.goto(`/pricing?price=${price.id}`);
    await press("Buy Euro credits");
    await page.waitForURL(/\/c\/pay\/cs_/);
    await page.getByLabel("SEPA Direct Debit").check();
    await page.getByLabel("IBAN").fill(iban);
    await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
    // Prices in euros have their tax in them.
    await page.getByLabel("Country").selectOption("DE");
    // However long the page takes to ask, the bank is not done before it was seen to wait.
    const { holdDebits } = controlsOf({ origin: world.url });
    await holdDebits(true);
    await press(/^pay/i);
    await page.waitForURL(/\/success/);
    await heading("Your payment is on its way").waitFor();
    await holdDebits(false);
    await heading(ending).waitFor({ timeout: 30_000 });
  },
  120_000,
);

it("whoever turns back at checkout is told that nothing was charged", async () => {
  await newVisitor();
  await page.goto("/pricing");
  await press("Buy Credits");
  await page.waitForURL(/\/c\/pay\/cs_/);
  await page
    .getByRole("link", { name: /back|cancel/i })
    .first()
    .click();
  await page.getByText("Checkout was canceled. You have not been charged.").waitFor();
}, 120_000);

it("each page leads to what is on this machine: the control room shows the events that the system was sent", async () => {
  await newVisitor();
  await page.goto("/pricing");
  await page.getByRole("link", { name: "mailbox, queues and ledger" }).waitFor();
  await page.getByRole("link", { name: "Stripe’s control room" }).click();
  await page.getByRole("link", { name: "Events", exact: true }).click();
  await page.getByRole("link", { name: "product.created" }).first().click();
  await page.getByText("Delivered").waitFor();
});

it.skipIf(cli === undefined)(
  `Stripe's CLI listens at the same address, beside the web app's web socket${skipReason}`,
  async () => {
    const base = world.url.replace("localhost", "127.0.0.1");
    const args = ["listen", "--no-wss", "--all-snapshot", "--skip-update"];
    const listening = startCli(base, args);
    try {
      await vi.waitFor(() => expect(listening.output()).toContain("Ready!"), { timeout: 10_000 });
      await runCli(base, "trigger", "customer.created");
      await vi.waitFor(() => expect(listening.output()).toContain("--> customer.created"), { timeout: 10_000 });
    } finally {
      listening.child.kill();
      await listening.ended;
    }
  },
  60_000,
);
