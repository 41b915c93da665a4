import type { Browser, Page } from "playwright-core";
import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createCheckout, createPlan, openBench, until } from "../testing/bench.ts";
import { openBrowser } from "../testing/browser.ts";

let bench: Bench;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [bench, browser] = await Promise.all([openBench(), openBrowser()]);
  page = await browser.newPage();
  page.setDefaultTimeout(5000);
});
afterAll(async () => {
  await browser?.close();
  await bench?.close();
});

interface Focused {
  /** Its name for those who hear it. */
  name: string;
  description: string;
  /** Whether those who see can see that it has the focus. */
  ringed: boolean;
}

/** What has the focus. A text, since this project's types know no DOM. */
const focused = (): Promise<Focused> =>
  page.evaluate(`(() => {
    const element = document.activeElement;
    const label = element.labels?.[0];
    const described = document.getElementById(element.getAttribute("aria-describedby") ?? "");
    const ringed = [element, label].some((each) => each && getComputedStyle(each).outlineStyle !== "none");
    const name = label?.textContent ?? element.getAttribute("aria-label") ?? element.textContent;
    return { name: name.trim(), description: described?.textContent ?? "", ringed };
  })()`);

/** Presses Tab until `name` has the focus; whatever has it on the way must be named and seen. */
async function tabTo(name: string): Promise<string[]> {
  const passed: string[] = [];
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    const now = await focused();
    expect(now).toMatchObject({ name: expect.stringMatching(/./), ringed: true });
    if (now.name === name) return passed;
    passed.push(now.name);
  }
  throw new Error(`Tab does not lead to ${name}: ${passed.join(", ")}`);
}

async function fill(name: string, text: string): Promise<void> {
  await tabTo(name);
  await page.keyboard.type(text);
}

test("a buyer subscribes by keyboard alone, and is led to what was wrong", async () => {
  const session = await createCheckout(bench.stripe, await createPlan(bench.stripe), {
    success_url: `${bench.origin}/done`,
    customer_email: "ada@example.com",
  });
  await page.goto(session.url ?? "");
  await tabTo("Card");
  await page.keyboard.press("ArrowDown");
  expect((await focused()).name).toBe("SEPA Direct Debit");
  await tabTo("IBAN");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("ArrowUp");
  await fill("Card number", "4000 0000 0000 0002");
  await fill("Expiry", "12 / 34");
  await fill("Security code", "123");
  expect(await tabTo("Subscribe")).toEqual(["Name"]);
  await page.keyboard.press("Space");
  await page.getByRole("alert").waitFor();
  expect(await focused()).toEqual({
    name: "Card number",
    ringed: true,
    description: "Your card was declined. Try another one.",
  });
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("4000 0025 0000 3155");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "3D Secure" }).waitFor();
  await tabTo("Complete");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${bench.origin}/done`);
});

test("every field that is missing is named, and 'back' leads to a page after a decline, the bank's question and a payment", async () => {
  const session = await createCheckout(bench.stripe, await createPlan(bench.stripe), {
    success_url: `${bench.origin}/done`,
  });
  const enter = async (card: string) => {
    for (const [name, text] of Object.entries({ "Card number": card, Expiry: "12 / 34", "Security code": "123" }))
      await page.getByLabel(name).fill(text);
    await page.getByRole("button", { name: "Subscribe" }).click();
  };
  await page.goto(session.url ?? "");
  await page.getByRole("button", { name: "Subscribe" }).click();
  const problem = page.getByRole("alert");
  expect(await problem.textContent()).toBe("Fill in e-mail, card number, expiry, and security code.");
  expect(await page.locator("[aria-invalid]").count()).toBe(4);
  expect((await focused()).name).toBe("E-mail");
  await page.getByLabel("E-mail").fill("grace@example.com");
  await enter("4000 0000 0000 0002");
  await page.getByText("Your card was declined").waitFor();
  await page.goBack();
  await page.goForward();
  await page.reload();
  expect(await problem.textContent()).toContain("Your card was declined");
  expect(await page.getByLabel("E-mail").inputValue()).toBe("grace@example.com");
  await enter("4000 0025 0000 3155");
  await page.getByRole("button", { name: "Complete" }).click();
  await page.waitForURL(`${bench.origin}/done`);
  await page.goBack();
  await page.getByText("This checkout is complete.").waitFor();
});

// https://www.w3.org/WAI/WCAG22/Understanding/reflow.html
test("no page scrolls sideways on a small phone, however long a word on it is", async () => {
  const { stripe, origin } = bench;
  const product = await stripe.products.create({ name: `Long${"long".repeat(30)}` });
  const price = await createPlan(stripe, { product: product.id, unit_amount: 9_999_999 });
  const { id: customer } = await stripe.customers.create({
    name: `Name${"name".repeat(20)}`,
    email: `${"mail".repeat(15)}@example.com`,
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const { latest_invoice: invoice } = await stripe.subscriptions.create({
    customer,
    items: [{ price: price.id }],
    expand: ["latest_invoice"],
  });
  const { hosted_invoice_url: paid } = invoice as Stripe.Invoice;
  const session = await createCheckout(stripe, price);
  const { url: portal } = await stripe.billingPortal.sessions.create({ customer });
  const { url: link } = await stripe.paymentLinks.create({ line_items: [{ price: price.id, quantity: 1 }] });
  const objects = [String(product.id), customer, String((invoice as Stripe.Invoice).id)].map((id) => `/objects/${id}`);
  const rooms = ["/objects", "/events", "/clocks", "/faults", "/endpoints", "/dashboard", "/state", ...objects];
  await page.setViewportSize({ width: 320, height: 640 });
  for (const url of [
    session.url,
    paid,
    portal,
    link,
    `${origin}/_emulator`,
    ...rooms.map((path) => `${origin}/_emulator/control${path}`),
  ]) {
    const answer = await page.goto(url ?? "");
    const width = await page.evaluate("document.documentElement.scrollWidth");
    expect([url, answer?.status(), width]).toEqual([url, 200, 320]);
  }
  await page.setViewportSize({ width: 1280, height: 720 });
});

test("a customer cancels in the portal by keyboard alone", async () => {
  const [subscription] = (await bench.stripe.subscriptions.list()).data;
  const portal = await bench.stripe.billingPortal.sessions.create({ customer: String(subscription?.customer) });
  await page.goto(portal.url);
  await tabTo("Cancel subscription");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Don't cancel subscription" }).waitFor();
  expect((await bench.stripe.subscriptions.retrieve(subscription?.id ?? "")).cancel_at).not.toBeNull();
});

test("an event is sent again and a clock advanced in the control room by keyboard alone", async () => {
  const { id } = await bench.stripe.testHelpers.testClocks.create({ frozen_time: 1_800_000_000, name: "Renewals" });
  await bench.emulator.waitForDeliveries();
  const before = bench.received.length;
  await page.goto(`${bench.origin}/_emulator`);
  expect(await tabTo("Overview")).toEqual(["Skip to the content"]);
  await tabTo("Events");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Events", level: 1 }).waitFor();
  await tabTo("test_helpers.test_clock.created");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "test_helpers.test_clock.created" }).waitFor();
  await tabTo("Resend to we_1");
  await page.keyboard.press("Enter");
  await page.getByRole("status").waitFor();
  await until(() => bench.received.length === before + 1);
  await tabTo("Clocks");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Test clocks" }).waitFor();
  await tabTo("+1 day");
  await page.keyboard.press("Space");
  await page.getByRole("status").waitFor();
  expect((await bench.stripe.testHelpers.testClocks.retrieve(id)).frozen_time).toBe(1_800_086_400);
});
