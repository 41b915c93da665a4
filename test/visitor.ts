import type { FrameLocator, Page } from "playwright-core";
import { expect, vi } from "vitest";
import { type Person, WAIT, type World } from "./world.ts";

export const VISA = "4242 4242 4242 4242";
export const DECLINED = "4000 0000 0000 0002";

/** Pays on Stripe's page, as a person does who lives in Oregon: nothing is taxed there. */
export async function payWithCard(page: Page | FrameLocator, number: string): Promise<void> {
  await page.getByLabel("Card number").fill(number);
  await page.getByLabel(/expir/i).fill("12 / 34");
  await page.getByLabel(/cvc|security/i).fill("123");
  await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
  await page.getByLabel("Postal code").fill("97201");
  await page.getByLabel("State").selectOption("OR");
  await page
    .getByRole("button", { name: /^(subscribe|pay|start trial)/i })
    .first()
    .click();
}

/** A person's session, as their browser holds it. */
export const cookiesOf = (person: Person, url: string) =>
  person.cookie.split("; ").map((pair) => {
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    return { name, value, url };
  });

/** A plan of its own, so that no test sees what another one changed. */
export async function sellPlan(
  world: World,
  name: string,
  { trialDays, ...product }: { trialDays?: number; metadata?: Record<string, string> } = {},
) {
  const { id: productId } = await world.stripe.products.create({ name, ...product });
  const recurring = { interval: "month", ...(trialDays && { trial_period_days: trialDays }) } as const;
  const price = await world.stripe.prices.create({ product: productId, currency: "usd", unit_amount: 1900, recurring });
  await mirrored(world, "prices", price.id);
  return { priceId: price.id, productId };
}

/** Waits until the mirror has a row, and shows this of it. */
export const mirrored = (
  world: World,
  table: "prices" | "user_subscriptions",
  rowId: string,
  column = "id",
  value = rowId,
) =>
  vi.waitFor(async () => {
    const { data } = await world.admin.from(table).select().eq("id", rowId).eq(column, value).maybeSingle();
    expect(data).not.toBeNull();
  }, WAIT);

/** A customer of this person's with a card, on a clock of their own. */
export async function customerOf(world: World, person: Person) {
  const clock = await world.stripe.testHelpers.testClocks.create({ frozen_time: Math.floor(Date.now() / 1000) });
  const customer = await world.stripe.customers.create({
    email: person.email,
    metadata: { user_id: person.id },
    test_clock: clock.id,
  });
  const useCard = async (card: string) => {
    const { id } = await world.stripe.paymentMethods.attach(card, { customer: customer.id });
    await world.stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
  };
  await useCard("pm_card_visa");
  return { id: customer.id, clock: clock.id, useCard };
}

export async function subscribe(world: World, customer: string, priceId: string, params: object = {}) {
  const subscription = await world.stripe.subscriptions.create({ customer, items: [{ price: priceId }], ...params });
  await mirrored(world, "user_subscriptions", subscription.id);
  return subscription;
}

/** What a browser's translator does to a page: each text is put into elements of its own, as soon as it appears. */
export const TRANSLATOR = `
const wrap = (node) => {
  if (node.nodeType === Node.TEXT_NODE) {
    const parent = node.parentElement;
    if (!parent || !node.data.trim() || parent.closest("font, script, style, title, noscript")) return;
    const outer = document.createElement("font");
    const inner = document.createElement("font");
    node.replaceWith(outer);
    inner.textContent = node.data;
    outer.append(inner);
  } else for (const child of [...node.childNodes]) wrap(child);
};
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const node of addedNodes) wrap(node);
}).observe(document, { childList: true, subtree: true });`;

/** Adds up what moves on a page without being asked to: https://web.dev/articles/cls */
export const SHIFTS = `window.shift = 0;
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.shift += value;
}).observe({ type: "layout-shift", buffered: true });`;
/** What of a page is out of sight to the right, and how far it jumped, where that is more than is good. */
export const MOVED = `({
  sideways: Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth),
  jumps: window.shift > 0.02 ? window.shift : 0,
})`;
