import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createPlan, openBench } from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const once = (overrides: Partial<Stripe.PriceCreateParams> = {}) =>
  createPlan(stripe, { recurring: undefined, ...overrides });
const linkTo = async (price: Stripe.Price, overrides: Partial<Stripe.PaymentLinkCreateParams> = {}) =>
  stripe.paymentLinks.create({ line_items: [{ price: price.id, quantity: 1 }], ...overrides });

/** Goes to an address as a browser does; the session that it led to. */
async function visit(url: string, query: Record<string, string> = {}): Promise<Stripe.Checkout.Session> {
  const answer = await fetch(`${url}?${new URLSearchParams(query)}`, { redirect: "manual" });
  expect(answer.status).toBe(303);
  const [, id = ""] = /\/c\/pay\/(\w+)$/.exec(answer.headers.get("location") ?? "") ?? [];
  return stripe.checkout.sessions.retrieve(id);
}

test("each visit to a payment link opens a session of its own, with the link's metadata and the address's reference", async () => {
  const price = await createPlan(stripe);
  const link = await linkTo(price, {
    metadata: { campaign: "autumn" },
    subscription_data: { metadata: { plan: "pro" }, trial_period_days: 7 },
  });
  expect(link).toMatchObject({ object: "payment_link", active: true, customer_creation: "always" });
  const reference = "0e8b6bd3-4a1f-4a2b-9d0e-6c2f8f6f0a11";
  const session = await visit(link.url, { client_reference_id: reference, prefilled_email: "ada@example.com" });
  const other = await visit(link.url);
  expect(other.id).not.toBe(session.id);
  expect(other.client_reference_id).toBeNull();
  expect(session).toMatchObject({
    mode: "subscription",
    payment_link: link.id,
    client_reference_id: reference,
    customer_email: null,
    metadata: { campaign: "autumn" },
    success_url: "https://stripe.com",
    amount_total: 0,
  });
  const shown = await (await fetch(session.url ?? "")).text();
  expect(shown).toContain('value="ada@example.com"');
  expect(shown).not.toMatch(/<input id="email"[^>]*readonly/);
  const paid = await bench.submit(session.url, { ...CARD, email: "other@example.com" });
  expect(paid.headers.get("location")).toBe(`${bench.origin}/c/pay/${session.id}`);
  expect(await (await fetch(paid.headers.get("location") ?? "")).text()).toContain("Thanks for your payment");
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription", "payment_link"] });
  expect(done).toMatchObject({
    customer_details: { email: "other@example.com" },
    subscription: { status: "trialing", metadata: { plan: "pro" } },
    payment_link: { id: link.id },
  });
  const listed = await stripe.checkout.sessions.list({ payment_link: link.id });
  expect(listed.data.map(({ id }) => id)).toEqual([other.id, session.id]);
});

test("what is paid once by a link has no customer, unless the link makes one", async () => {
  const link = await linkTo(await once(), { payment_intent_data: { metadata: { order: "7" } } });
  expect(link.customer_creation).toBe("if_required");
  const session = await visit(link.url, { client_reference_id: "user_1" });
  await bench.submit(session.url, { ...CARD, email: "guest@example.com" });
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent"] });
  expect(done).toMatchObject({
    mode: "payment",
    customer: null,
    client_reference_id: "user_1",
    customer_details: { email: "guest@example.com" },
    payment_intent: { customer: null, metadata: { order: "7" } },
  });
  await stripe.paymentLinks.update(link.id, { customer_creation: "always" });
  const second = await visit(link.url);
  await bench.submit(second.url, { ...CARD, email: "kept@example.com" });
  expect((await stripe.checkout.sessions.retrieve(second.id)).customer).toMatch(/^cus_/);
});

test("references of other characters or of more than 200 are dropped; a locked e-mail stays", async () => {
  const link = await linkTo(await once());
  for (const client_reference_id of ["user/1", "a b", "r".repeat(201)])
    expect((await visit(link.url, { client_reference_id })).client_reference_id).toBeNull();
  const session = await visit(link.url, { locked_prefilled_email: "fixed@example.com" });
  await bench.submit(session.url, { ...CARD, email: "changed@example.com" });
  expect((await stripe.checkout.sessions.retrieve(session.id)).customer_details?.email).toBe("fixed@example.com");
});

test("a link is changed, listed, and switched off; it leads to the seller where it says so", async () => {
  const price = await once();
  const link = await linkTo(price, {
    after_completion: { type: "redirect", redirect: { url: "http://localhost/ok?session_id={CHECKOUT_SESSION_ID}" } },
    invoice_creation: { enabled: true, invoice_data: { metadata: { order: "8" } } },
  });
  const session = await visit(link.url);
  const paid = await bench.submit(session.url, { ...CARD, email: "back@example.com" });
  expect(paid.headers.get("location")).toBe(`http://localhost/ok?session_id=${session.id}`);
  const items = await stripe.paymentLinks.listLineItems(link.id);
  expect(items.data).toMatchObject([{ price: { id: price.id }, quantity: 1 }]);
  const off = await stripe.paymentLinks.update(link.id, {
    active: false,
    inactive_message: "Sold out.",
    metadata: { a: "b" },
  });
  expect(off).toMatchObject({ active: false, metadata: { a: "b" } });
  const closed = await fetch(link.url);
  expect([closed.status, await closed.text()]).toEqual([410, expect.stringContaining("Sold out.")]);
  expect((await stripe.paymentLinks.list({ active: false })).data).toMatchObject([{ id: link.id }]);
  expect(await stripe.paymentLinks.retrieve(link.id, { expand: ["line_items"] })).toMatchObject({
    line_items: { data: [{ price: { id: price.id } }] },
  });
  expect(bench.emulator.events().some(({ type }) => type === "payment_link.updated")).toBe(true);
  expect((await fetch(`${bench.origin}/c/link/test_none`)).status).toBe(404);
});

test("a link sells what Checkout would sell, and says so when it no longer can", async () => {
  const [plan, price] = [await createPlan(stripe), await once()];
  await expect(linkTo(plan, { customer_creation: "always" })).rejects.toMatchObject({ param: "customer_creation" });
  await expect(linkTo(price, { subscription_data: { description: "x" } })).rejects.toMatchObject({
    param: "subscription_data",
  });
  await expect(linkTo(await once({ unit_amount: 20 }))).rejects.toMatchObject({ code: "amount_too_small" });
  const link = await linkTo(price);
  await stripe.prices.update(price.id, { active: false });
  const gone = await fetch(link.url);
  expect([gone.status, await gone.text()]).toEqual([400, expect.stringContaining("The price specified is inactive")]);
});

test("a pricing table opens a session with the reference and the e-mail of the page that it stands on", async () => {
  const [plan, price] = [await createPlan(stripe), await once({ unit_amount: 900 })];
  const query = new URLSearchParams([
    ["price", plan.id],
    ["price", price.id],
    ["client-reference-id", "user_2"],
    ["customer-email", "table@example.com"],
  ]);
  const table = `${bench.origin}/c/pricing-table`;
  const shown = await (await fetch(`${table}?${query}`)).text();
  expect(shown).toContain("€15.00 per month");
  expect(shown).toContain("€9.00");
  const fields = { price: plan.id, "client-reference-id": "user_2", "customer-email": "table@example.com" };
  const chosen = await bench.submit(table, fields);
  const address = chosen.headers.get("location");
  const session = await stripe.checkout.sessions.retrieve(address?.split("/").at(-1) ?? "");
  expect(session).toMatchObject({
    mode: "subscription",
    payment_link: null,
    client_reference_id: "user_2",
    customer_email: "table@example.com",
    metadata: {},
  });
  expect((await bench.submit(address, CARD)).status).toBe(303);
});
