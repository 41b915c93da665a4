import { openCheckout } from "@turnpike/core/checkout";
import { beforeEach, describe, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { createPast } from "../parts/past.ts";
import { createReading } from "../parts/reading.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let reading: ReturnType<typeof createReading>;
let plan: string;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  reading = createReading(supabase, lent);
  plan = (await shop.sell("monthly")).id;
});

/** Somebody who paid long before, with so many subscriptions. */
async function subscriber(userId: string, subscriptions = 1, price = plan): Promise<string> {
  const { id } = await lent.stripe.customers.create({ payment_method: "pm_card_visa", metadata: { user_id: userId } });
  for (let n = 0; n < subscriptions; n++) {
    await lent.stripe.subscriptions.create({ customer: id, items: [{ price }], trial_period_days: 3000 });
  }
  return id;
}

const growOld = () => createPast(lent).growOld();
const hasAccess = async (userId: string) =>
  (await supabase.client.rpc("user_has_active_subscription", { user_id: userId })).data;
const noticesOf = (kind: string) =>
  supabase.query<{ object_id: string }>("select object_id from billing.outbox where kind = $1", [kind]);

describe("in an account with a past", () => {
  it("two customers who name one user are both that user's, who is sold nothing more", async () => {
    const user = await shop.newUser();
    const paying = await subscriber(user.id);
    const empty = await subscriber(user.id, 0);
    await growOld();
    const expectPortal = async () => {
      expect(await openCheckout(shop.billing, user, shop.purchase(plan))).toContain("/p/session/");
      expect((await lent.asked("POST /v1/billing_portal/sessions")).at(-1)?.params.customer).toBe(paying);
    };
    await expectPortal();
    expect(await reading.sync()).toMatchObject({ state: "done", failed: 0 });
    expect(await supabase.query("select id from customers where user_id = $1 order by id", [user.id])).toEqual(
      [paying, empty].sort().map((id) => ({ id })),
    );
    expect(await hasAccess(user.id)).toBe(true);
    await expectPortal();
  });

  it("a customer who names a user that there is not is read as nobody's, and is listed as such", async () => {
    const customer = await subscriber(crypto.randomUUID());
    await growOld();
    expect(await reading.sync()).toMatchObject({ state: "done", failed: 0, errors: [] });
    expect(await supabase.query("select user_id from customers where id = $1", [customer])).toEqual([
      { user_id: null },
    ]);
    expect(await noticesOf("unowned_when_read")).toHaveLength(1);
    expect(await supabase.query("select customer_id from billing.unowned_purchases")).toEqual([
      { customer_id: customer },
    ]);
    expect(await reading.isComplete()).toBe(true);
  });

  it("a user who is deleted while it is read holds nothing up, and what they pay for is told of", async () => {
    const user = await shop.newUser();
    const customer = await subscriber(user.id);
    await growOld();
    await reading.syncCustomers(1);
    await supabase.query("delete from auth.users where id = $1", [user.id]);
    await reading.forgetWorker();
    expect(await reading.work()).toMatchObject({ state: "done", failed: 0, errors: [] });
    expect(await supabase.query("select user_id from customers where id = $1", [customer])).toEqual([
      { user_id: null },
    ]);
    const told = await supabase.query<{ kind: string }>("select distinct kind from billing.outbox");
    expect(told.map(({ kind }) => kind)).toContain("subscription_orphaned");
  });

  it("of ten subscriptions of one customer the nine younger ones are told of, each once, and all go on", async () => {
    const user = await shop.newUser();
    await subscriber(user.id, 10);
    await growOld();
    for (let round = 0; round < 2; round++) {
      expect(await reading.sync()).toMatchObject({ state: "done", failed: 0 });
      const younger = await supabase.query<{ id: string }>(
        "select id from user_subscriptions order by created_at, id offset 1",
      );
      const told = (await noticesOf("double_subscription")).map(({ object_id }) => object_id);
      expect(told.sort()).toEqual(younger.map(({ id }) => id).sort());
    }
    expect(await reading.count("user_subscriptions where is_live")).toBe(10);
  });

  it("amounts of a currency without a smaller unit are kept as Stripe has them", async () => {
    const user = await shop.newUser();
    const { id: yen } = await shop.sell("monthly", { currency: "jpy" });
    const { id } = await lent.stripe.customers.create({
      payment_method: "pm_card_visa",
      invoice_settings: { default_payment_method: "pm_card_visa" },
      metadata: { user_id: user.id },
    });
    await lent.stripe.subscriptions.create({ customer: id, items: [{ price: yen }] });
    await growOld();
    await reading.sync();
    expect(await supabase.query("select amount::int, currency, status from payment_history")).toEqual([
      { amount: 2900, currency: "jpy", status: "paid" },
    ]);
  });
});
