import { summarizeCheckout } from "@turnpike/core/checkout";
import { applyEvents, note, noteAnew, noteList } from "@turnpike/core/mirror";
import { cancelSubscription } from "@turnpike/core/plan-change";
import { beforeAll, describe, expect, it } from "vitest";
import { event, invoice } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { standBefore } from "../parts/proxy.ts";
import { createShop, LONG_AGO, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
});

const PAYER = {
  payment_method: "pm_card_visa",
  invoice_settings: { default_payment_method: "pm_card_visa" },
} as const;
const prices = (kind: "once" | "monthly") => Promise.all(Array.from({ length: 12 }, () => shop.sell(kind)));
const itemsOf = async (subscriptionId: string) => {
  const sql = "select items from user_subscriptions where id = $1";
  const [row] = await supabase.query<{ items: { price_id: string }[] }>(sql, [subscriptionId]);
  return row?.items.map(({ price_id }) => price_id).sort();
};
const ids = (objects: { id: string }[]) => objects.map(({ id }) => id).sort();

async function subscribe(user_id?: string) {
  const sold = await prices("monthly");
  const { id: customer } = await lent.stripe.customers.create({ ...PAYER, ...(user_id && { metadata: { user_id } }) });
  const made = await lent.stripe.subscriptions.create({ customer, items: sold.map(({ id }) => ({ price: id })) });
  expect(made.items).toMatchObject({ data: { length: 10 }, has_more: true });
  return { made, sold };
}

describe("a subscription of twelve items", () => {
  it("is in the mirror with all of them, though its event shows ten", async () => {
    const { made, sold } = await subscribe();
    expect(await shop.apply(event("customer.subscription.updated", made, LONG_AGO))).toEqual(["applied"]);
    expect(await itemsOf(made.id)).toEqual(ids(sold));
  });

  it("that is deleted ends, though its event shows ten", async () => {
    const { made } = await subscribe();
    const canceled = await lent.stripe.subscriptions.cancel(made.id);
    expect(await shop.apply(event("customer.subscription.deleted", canceled, LONG_AGO))).toEqual(["applied"]);
    const [row] = await supabase.query("select status, deleted, items from user_subscriptions where id = $1", [
      made.id,
    ]);
    expect(row).toMatchObject({ status: "canceled", deleted: true, items: { length: 12 } });
  });

  it("is noted with all of them, though Stripe's answer shows ten", async () => {
    const { made, sold } = await subscribe();
    await note(shop.billing, "subscription", () => lent.stripe.subscriptions.retrieve(made.id));
    expect(await itemsOf(made.id)).toEqual(ids(sold));
  });

  it("is noted with all of them, though Stripe's list shows ten", async () => {
    const { made, sold } = await subscribe();
    const list = () => lent.stripe.subscriptions.list({ customer: String(made.customer) });
    const { data } = await noteList(shop.billing, "subscription", list);
    expect(data).toMatchObject([{ id: made.id, items: { data: { length: 12 } } }]);
    expect(await itemsOf(made.id)).toEqual(ids(sold));
  });

  it("is in the mirror as it is cancelled, though it was read in that second", async () => {
    const user = await shop.newUser();
    const { made } = await subscribe(user.id);
    await noteAnew(shop.billing, "customer", String(made.customer));
    expect(await cancelSubscription(shop.billing, { user }, {})).toMatchObject({ items: { length: 12 } });
    const [row] = await supabase.query("select cancel_at_period_end, items from user_subscriptions where id = $1", [
      made.id,
    ]);
    expect(row).toMatchObject({ cancel_at_period_end: true, items: { length: 12 } });
  });

  it("is not noted with ten, while Stripe does not show the others", async () => {
    const { made } = await subscribe();
    const { stripe } = await standBefore(lent, ({ url }, response) => {
      if (!url?.startsWith("/v1/subscriptions/")) return;
      response.writeHead(500, { "content-type": "application/json", "stripe-should-retry": "false" });
      response.end('{"error":{"type":"api_error"}}');
    });
    const list = () => stripe.subscriptions.list({ customer: String(made.customer) });
    await expect(noteList({ ...shop.billing, stripe }, "subscription", list)).rejects.toMatchObject({
      statusCode: 500,
    });
    expect(await itemsOf(made.id)).toBeUndefined();
  });
});

describe("a purchase of twelve things", () => {
  async function buy(kind: "once" | "monthly") {
    const [user, sold] = await Promise.all([shop.newUser(), prices(kind)]);
    const session = await lent.stripe.checkout.sessions.create({
      mode: kind === "once" ? "payment" : "subscription",
      line_items: sold.map(({ id }) => ({ price: id, quantity: 1 })),
      client_reference_id: user.id,
      success_url: "https://app.example.com/success",
    });
    await shop.pay(session.url ?? "");
    return { sold, sessionId: session.id, summary: await summarizeCheckout(shop.billing, user, session.id) };
  }

  it("is shown with all of them", async () => {
    const { summary } = await buy("once");
    expect(summary).toMatchObject({ status: "complete", items: { length: 12 }, amountTotal: 12 * 2900 });
  });

  it("of a subscription is in the buyer's account at once, with all of them", async () => {
    const { summary, sessionId, sold } = await buy("monthly");
    expect(summary.items).toHaveLength(12);
    const { subscription } = await lent.stripe.checkout.sessions.retrieve(sessionId);
    expect(await itemsOf(String(subscription))).toEqual(ids(sold));
  });
});

it("an invoice of twelve payments that failed is in the mirror with each of them", async () => {
  const { id: customer } = await lent.stripe.customers.create(PAYER);
  const draft = await lent.stripe.invoices.create({ customer, currency: "usd" });
  await lent.stripe.invoiceItems.create({ customer, invoice: draft.id, amount: 2900, currency: "usd" });
  await lent.stripe.invoices.finalizeInvoice(draft.id);
  for (let part = 0; part < 11; part++) {
    const { id } = await lent.stripe.paymentIntents.create({ amount: 100, currency: "usd", customer });
    await lent.stripe.invoices.attachPayment(draft.id, { payment_intent: id });
  }
  const failed = event("invoice.payment_failed", invoice({ id: draft.id, status: "open" }), LONG_AGO);
  expect(await shop.apply(failed)).toEqual(["applied"]);
  const [parts] = await supabase.query(
    "select count(*)::int as n, count(distinct intent.id)::int as intents from billing.invoice_payments part left join billing.payment_intents intent on intent.id = part.payment_intent_id where invoice_id = $1",
    [draft.id],
  );
  expect(parts).toEqual({ n: 12, intents: 12 });
});

it("a customer of more than a hundred features may use each of them", async () => {
  const { id: price, product } = await shop.sell("monthly");
  const keys = Array.from({ length: 101 }, (_, n) => `feature_${String(n).padStart(3, "0")}`);
  await Promise.all(
    keys.map(async (lookup_key) => {
      const { id } = await lent.stripe.entitlements.features.create({ lookup_key, name: lookup_key });
      await lent.stripe.products.createFeature(product, { entitlement_feature: id });
    }),
  );
  const { id: customer } = await lent.stripe.customers.create(PAYER);
  await lent.stripe.subscriptions.create({ customer, items: [{ price }] });
  const types = ["entitlements.active_entitlement_summary.updated"];
  const [summary] = (await lent.stripe.events.list({ types, limit: 1 })).data;
  expect(summary?.data.object).toMatchObject({ entitlements: { has_more: true } });
  const { outcomes } = await applyEvents(shop.billing, summary ? [summary] : []);
  expect([...outcomes.values()]).toEqual(["applied"]);
  const rows = await supabase.query("select lookup_keys from entitlements where id = $1", [customer]);
  expect(rows).toEqual([{ lookup_keys: keys }]);
});
