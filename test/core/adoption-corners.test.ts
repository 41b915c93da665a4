import { openCheckout } from "@turnpike/core/checkout";
import { beforeEach, describe, expect, it } from "vitest";
import { eachWithAccount } from "../parts/account.ts";

const account = eachWithAccount();
let plan: string;
beforeEach(async () => {
  plan = (await account.shop.sell("monthly")).id;
});

/** Somebody who paid long before, with so many subscriptions. */
const subscriber = async (user_id: string, subscriptions = 1, price = plan) =>
  (await account.addSubscriber({ price, subscriptions, metadata: { user_id } })).customer;

const growOld = () => account.past.growOld();
const noticesOf = (kind: string) =>
  account.supabase.query<{ object_id: string }>("select object_id from billing.outbox where kind = $1", [kind]);

describe("in an account with a past", () => {
  it("two customers who name one user are both that user's, who is sold nothing more", async () => {
    const user = await account.shop.newUser();
    const paying = await subscriber(user.id);
    const empty = await subscriber(user.id, 0);
    await growOld();
    const expectPortal = async () => {
      expect(await openCheckout(account.shop.billing, user, account.shop.purchase(plan))).toContain("/p/session/");
      expect((await account.lent.asked("POST /v1/billing_portal/sessions")).at(-1)?.params.customer).toBe(paying);
    };
    await expectPortal();
    expect(await account.reading.sync()).toMatchObject({ state: "done", failed: 0 });
    expect(await account.supabase.query("select id from customers where user_id = $1 order by id", [user.id])).toEqual(
      [paying, empty].sort().map((id) => ({ id })),
    );
    expect(await account.hasAccess(user.id)).toBe(true);
    await expectPortal();
  });

  it("a customer who names a user that there is not is read as nobody's, and is listed as such", async () => {
    const customer = await subscriber(crypto.randomUUID());
    await growOld();
    expect(await account.reading.sync()).toMatchObject({ state: "done", failed: 0, errors: [] });
    expect(await account.supabase.query("select user_id from customers where id = $1", [customer])).toEqual([
      { user_id: null },
    ]);
    expect(await noticesOf("unowned_when_read")).toHaveLength(1);
    expect(await account.supabase.query("select customer_id from billing.unowned_purchases")).toEqual([
      { customer_id: customer },
    ]);
    expect(await account.reading.isComplete()).toBe(true);
  });

  it("a user who is deleted while it is read holds nothing up, and what they pay for is told of", async () => {
    const user = await account.shop.newUser();
    const customer = await subscriber(user.id);
    await growOld();
    await account.reading.syncCustomers(1);
    await account.supabase.query("delete from auth.users where id = $1", [user.id]);
    await account.reading.forgetWorker();
    expect(await account.reading.work()).toMatchObject({ state: "done", failed: 0, errors: [] });
    expect(await account.supabase.query("select user_id from customers where id = $1", [customer])).toEqual([
      { user_id: null },
    ]);
    const told = await account.supabase.query<{ kind: string }>("select distinct kind from billing.outbox");
    expect(told.map(({ kind }) => kind)).toContain("subscription_orphaned");
  });

  it("of ten subscriptions of one customer the nine younger ones are told of, each once, and all go on", async () => {
    const user = await account.shop.newUser();
    await subscriber(user.id, 10);
    await growOld();
    for (let round = 0; round < 2; round++) {
      expect(await account.reading.sync()).toMatchObject({ state: "done", failed: 0 });
      const younger = await account.supabase.query<{ id: string }>(
        "select id from user_subscriptions order by created_at, id offset 1",
      );
      const told = (await noticesOf("double_subscription")).map(({ object_id }) => object_id);
      expect(told.sort()).toEqual(younger.map(({ id }) => id).sort());
    }
    expect(await account.reading.count("user_subscriptions where is_live")).toBe(10);
  });

  it("amounts of a currency without a smaller unit are kept as Stripe has them", async () => {
    const user = await account.shop.newUser();
    const { id: yen } = await account.shop.sell("monthly", { currency: "jpy" });
    await subscriber(user.id, 1, yen);
    await growOld();
    await account.reading.sync();
    expect(await account.supabase.query("select amount::int, currency, status from payment_history")).toEqual([
      { amount: 2900, currency: "jpy", status: "paid" },
    ]);
  });
});
