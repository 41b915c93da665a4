import { beforeAll, expect, it } from "vitest";
import { checkoutSession, event } from "../builders.ts";
import { type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { createShop, LONG_AGO, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let shop: Shop;
beforeAll(async () => {
  const [started, stripe] = await Promise.all([lendSupabase(), lendStripe()]);
  supabase = started;
  shop = createShop(supabase, stripe);
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
