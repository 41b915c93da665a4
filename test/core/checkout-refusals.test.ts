import { openCheckout } from "@turnpike/core/checkout";
import { openPortal } from "@turnpike/core/portal";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { nextSecond } from "../parts/clock.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { SITE } from "../parts/lambda.ts";
import { standBeforeSupabase } from "../parts/proxy.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let plan: { id: string; product: string };
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  plan = await shop.sell("monthly");
});

type User = Awaited<ReturnType<Shop["newUser"]>>;
let user: User;
beforeEach(async () => {
  user = await shop.newUser();
});

const open = (priceId: string, buyer: User | undefined = user) =>
  openCheckout(shop.billing, buyer, shop.purchase(priceId));
const manage = () => openPortal(shop.billing, user, { returnUrl: SITE });
const refusal = (code: string) => ({ name: "BillingError", code });
const atStripe = async (email = user.email) => (await lent.stripe.customers.list({ email })).data;
const rowsOf = () =>
  supabase.query<{ id: string; deleted: boolean }>(
    "select id, deleted from customers where user_id = $1 order by deleted",
    [user.id],
  );

describe("a customer who was deleted at Stripe, whose event has not come", () => {
  beforeEach(async () => {
    await open(plan.id);
    await lent.stripe.customers.del((await rowsOf())[0]?.id ?? "");
  });

  it("is noted as deleted, and another is made, once", async () => {
    const urls = await Promise.all(Array.from({ length: 3 }, () => open(plan.id)));
    expect(new Set(urls).size).toBe(1);
    expect((await rowsOf()).map(({ deleted }) => deleted)).toEqual([false, true]);
    expect(await atStripe()).toMatchObject([{ id: (await rowsOf())[0]?.id }]);
  }, 30_000);

  it("has no portal: there is no billing account any more", async () => {
    await expect(manage()).rejects.toMatchObject(refusal("no_billing_account"));
    expect(await rowsOf()).toMatchObject([{ deleted: true }]);
  });
});

describe("what Stripe refuses and could be foreseen has a code of its own", () => {
  it("a price, or its product, that was archived a moment ago", async () => {
    const [price, product] = [await shop.sell("monthly"), await shop.sell("once")];
    await lent.stripe.prices.update(price.id, { active: false });
    await lent.stripe.products.update(product.product, { active: false });
    for (const { id } of [price, product]) {
      for (const buyer of [user, undefined]) {
        await expect(openCheckout(shop.billing, buyer, shop.purchase(id))).rejects.toMatchObject({
          ...refusal("price_not_for_sale"),
          message: "This price is not for sale",
        });
      }
    }
  });

  it("a price in another currency than what is paid already", async () => {
    await shop.pay(await open(plan.id));
    const euros = await shop.sell("monthly", { currency: "eur", group: "add-on" });
    await expect(open(euros.id)).rejects.toMatchObject(refusal("currency_mismatch"));
  });

  it("automatic tax that is not set up", async () => {
    await lent.setDashboard({ tax: false });
    try {
      for (const buyer of [user, undefined]) {
        const opening = openCheckout(shop.billing, buyer, shop.purchase(plan.id));
        await expect(opening).rejects.toMatchObject(refusal("tax_not_set_up"));
      }
    } finally {
      await lent.setDashboard({ tax: true });
    }
    expect(await open(plan.id)).toContain("/c/pay/");
  });

  it("a portal that is not set up, where one buys and where one manages", async () => {
    await shop.pay(await open(plan.id));
    await lent.setDashboard({ portal: false });
    try {
      await expect(manage()).rejects.toMatchObject(refusal("portal_not_set_up"));
      await expect(open(plan.id)).rejects.toMatchObject(refusal("portal_not_set_up"));
    } finally {
      await lent.setDashboard({ portal: true });
    }
    expect(await manage()).toContain("/p/session/");
  });

  it("and what could not be is an error, whose words reach nobody", async () => {
    const strange = { ...shop.purchase(plan.id), successUrl: `${SITE}/%%%` };
    await lent.fault({ kind: "error_500", match: "/v1/checkout/sessions", times: 20 });
    await expect(openCheckout(shop.billing, undefined, strange)).rejects.not.toMatchObject({ name: "BillingError" });
    for (let left = 0; left < 20; left++) await lent.stripe.checkout.sessions.list().catch(() => {});
  }, 60_000);
});

it("a price by use is sold without a quantity", async () => {
  const meter = await lent.stripe.billing.meters.create({
    display_name: "Calls",
    event_name: `calls_${Date.now()}`,
    default_aggregation: { formula: "sum" },
  });
  const byUse = await shop.sell("monthly", { meter: meter.id });
  for (const buyer of [user, undefined]) {
    expect(await openCheckout(shop.billing, buyer, shop.purchase(byUse.id))).toContain("/c/pay/");
    const { params } = (await lent.asked("POST /v1/checkout/sessions")).at(-1) ?? {};
    expect(params).toMatchObject({ "line_items[0][price]": byUse.id });
    expect(params).not.toHaveProperty("line_items[0][quantity]");
  }
});

describe("whoever was deleted here, and still has a token", () => {
  it("buys nothing and manages nothing, and no customer is made of them", async () => {
    await supabase.query("delete from auth.users where id = $1", [user.id]);
    await expect(open(plan.id)).rejects.toMatchObject(refusal("unauthenticated"));
    await expect(manage()).rejects.toMatchObject(refusal("unauthenticated"));
    expect(await atStripe()).toEqual([]);
  });

  it("in the middle of a sale: what they pay for already is not sold to them again, as to somebody new", async () => {
    await shop.pay(await open(plan.id));
    let looks = 0;
    const deleting = await standBeforeSupabase(supabase, async ({ url }) => {
      if (!url?.endsWith("/find_customers") || ++looks !== 2) return;
      await supabase.query("delete from auth.users where id = $1", [user.id]);
    });
    const sale = openCheckout({ ...shop.billing, supabase: deleting.supabase }, user, shop.purchase(plan.id));
    await expect(sale).rejects.toMatchObject(refusal("unauthenticated"));
    expect(looks).toBe(2);
    expect(await atStripe()).toHaveLength(1);
  });
});

describe("an address", () => {
  const change = async (email: string) => {
    await supabase.query("update auth.users set email = $1 where id = $2", [email, user.id]);
    return email;
  };

  it.each([
    ["buys", () => open(plan.id)],
    ["manages", manage],
  ])("that was changed reaches every customer of the user who %s, though the token has the old one", async (_, act) => {
    await open(plan.id);
    const guest = await lent.stripe.customers.create({ email: user.email });
    await supabase.query("insert into customers (id, user_id, owned_by, email) values ($1, $2, 'email', $3)", [
      guest.id,
      user.id,
      user.email,
    ]);
    const email = await change(`new-${user.email}`);
    await act();
    expect(await atStripe(email)).toHaveLength(2);
    const updates = async () => (await lent.asked(`POST /v1/customers/${guest.id}`)).length;
    const before = await updates();
    await nextSecond(); // what Stripe showed in one second is told apart in the next
    await act();
    expect(await updates()).toBe(before); // the mirror knows
  });

  it("that nobody confirmed reaches nobody", async () => {
    await open(plan.id);
    const email = await change(`new-${user.email}`);
    await supabase.query("update auth.users set email_confirmed_at = null where id = $1", [user.id]);
    await open(plan.id);
    expect(await atStripe(email)).toEqual([]);
  });
});
