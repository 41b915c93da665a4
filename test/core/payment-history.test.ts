import { noteAnew } from "@turnpike/core/mirror";
import { beforeAll, expect, it } from "vitest";
import { checkoutSession, event } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { createShop, LONG_AGO, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
});

const shown = async (sessionId: string) =>
  supabase.query("select status, amount_paid from payment_history where checkout_session_id = $1", [sessionId]);

it("a checkout session is a payment once it is complete, and none before or without that", async () => {
  for (const status of ["open", "expired"] as const) {
    const begun = checkoutSession({ status, payment_status: "unpaid" });
    await shop.apply(event("checkout.session.expired", begun, LONG_AGO));
    expect(await shown(begun.id)).toEqual([]);
  }
  const bought = checkoutSession();
  await shop.apply(event("checkout.session.completed", bought, LONG_AGO));
  expect(await shown(bought.id)).toEqual([{ status: "paid", amount_paid: 4900 }]);
});

it("a session that an invoice bills is shown as its invoice alone", async () => {
  const billed = checkoutSession({ invoice: "in_billed" });
  const subscribed = checkoutSession({ mode: "subscription" });
  await shop.apply(
    event("checkout.session.completed", billed, LONG_AGO),
    event("checkout.session.completed", subscribed, LONG_AGO),
  );
  expect([await shown(billed.id), await shown(subscribed.id)]).toEqual([[], []]);
});

it("an invoice is for what it was made for, whatever its subscription has become since", async () => {
  const pro = await shop.sell("monthly", { amount: 2900 });
  const starter = await shop.sell("monthly", { amount: 900 });
  const { subscriptions, customers } = lent.stripe;
  const { id: customer } = await customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const made = await subscriptions.create({ customer, items: [{ price: pro.id }] });
  const changed = await subscriptions.update(made.id, {
    items: [{ id: made.items.data[0]?.id ?? "", price: starter.id }],
    proration_behavior: "always_invoice",
  });
  await noteAnew(shop.billing, "subscription", made.id);
  const history = async (invoice: unknown) => {
    await noteAnew(shop.billing, "invoice", String(invoice));
    const [row] = await supabase.query(
      "select subscription_id, amount::int, product_id, description, other_products from payment_history where invoice_id = $1",
      [String(invoice)],
    );
    return row;
  };
  const ofIt = { subscription_id: made.id, other_products: 0 };
  expect(await history(made.latest_invoice)).toEqual({
    ...ofIt,
    amount: 2900,
    product_id: pro.product,
    description: "1 × Pro",
  });
  expect(await history(changed.latest_invoice)).toMatchObject({ ...ofIt, product_id: starter.product });
});
