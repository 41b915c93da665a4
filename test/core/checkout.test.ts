import { openCheckout, purchaseOn } from "@turnpike/core/checkout";
import { beforeAll, describe, expect, it } from "vitest";
import { event, price, product } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { SITE } from "../parts/lambda.ts";
import { createShop, LONG_AGO, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
});

const idIn = (url: string) => url.match(/cs_\w+/)?.[0] ?? "";
const open = (user: { id: string; email?: string } | undefined, priceId: string, fields: object = {}) =>
  openCheckout(shop.billing, user && { email: undefined, ...user }, shop.purchase(priceId, fields));
const statusOf = async (url: string) => (await lent.stripe.checkout.sessions.retrieve(idIn(url))).status;
const lastParams = async () => (await lent.asked("POST /v1/checkout/sessions")).at(-1)?.params;
const customerOf = async (user: { id: string }) =>
  (await supabase.query<{ id: string }>("select id from customers where user_id = $1", [user.id]))[0]?.id ?? "";

describe("what Stripe is asked to open", () => {
  const common = (price: string) => ({
    "line_items[0][price]": price,
    "line_items[0][quantity]": "1",
    success_url: `${SITE}/success`,
    cancel_url: `${SITE}/pricing`,
    "automatic_tax[enabled]": "true",
    allow_promotion_codes: "true",
    "metadata[price_id]": price,
    "metadata[sold_by]": "turnpike",
  });

  it("for a guest's payment makes a customer, who may become a user's", async () => {
    const { id } = await shop.sell("once");
    expect(await open(undefined, id)).toContain("/c/pay/cs_");
    expect(await lastParams()).toEqual({
      ...common(id),
      mode: "payment",
      customer_creation: "always",
      "payment_intent_data[metadata][sold_by]": "turnpike",
    });
  });

  it("for a guest's subscription leaves the customer to Stripe, who makes one anyway", async () => {
    const { id } = await shop.sell("monthly");
    await open(undefined, id);
    expect(await lastParams()).toEqual({
      ...common(id),
      mode: "subscription",
      "subscription_data[metadata][sold_by]": "turnpike",
    });
  });

  it.each([
    ["once", "payment", "payment_intent_data"],
    ["monthly", "subscription", "subscription_data"],
  ] as const)("for a user (%s) names them on all that it makes", async (kind, mode, made) => {
    const [user, { id }] = await Promise.all([shop.newUser(), shop.sell(kind)]);
    await open(user, id);
    expect(await lastParams()).toEqual({
      ...common(id),
      mode,
      customer: await customerOf(user),
      "customer_update[address]": "auto",
      "customer_update[name]": "auto",
      client_reference_id: user.id,
      "metadata[user_id]": user.id,
      "metadata[user_email]": user.email,
      "metadata[purchase]": expect.stringMatching(/^[\da-f]{64}$/),
      [`${made}[metadata][user_id]`]: user.id,
      [`${made}[metadata][user_email]`]: user.email,
      [`${made}[metadata][sold_by]`]: "turnpike",
    });
  });

  it("for a user without an e-mail names none", async () => {
    const [user, { id }] = await Promise.all([shop.newUser(), shop.sell("once")]);
    await supabase.query("update auth.users set email = null where id = $1", [user.id]);
    await open(user, id);
    const params = await lastParams();
    expect(params).toMatchObject({ "metadata[user_id]": user.id });
    expect(Object.keys(params ?? {}).filter((name) => name.includes("user_email"))).toEqual([]);
  });

  it("on the product's own pages leads back to them", () => {
    expect(purchaseOn({ url: SITE, allowedOrigins: [] }, { priceId: "price_1" })).toEqual({
      priceId: "price_1",
      successUrl: `${SITE}/success?session_id={CHECKOUT_SESSION_ID}`,
      cancelUrl: `${SITE}/pricing?canceled=true`,
    });
  });
});

describe("a sale is refused", () => {
  const expectRefusal = async (opening: () => Promise<string>, code: string, message: unknown = expect.any(String)) => {
    const before = await lent.asked("POST /v1/checkout/sessions");
    await expect(opening()).rejects.toMatchObject({ name: "BillingError", code, message });
    expect(await lent.asked("POST /v1/checkout/sessions")).toHaveLength(before.length);
  };

  it.each(["successUrl", "cancelUrl"])("that leads to a foreign site by its %s", async (field) => {
    const { id } = await shop.sell("once");
    await expectRefusal(() => open(undefined, id, { [field]: "https://evil.example" }), "redirect_not_allowed");
  });

  it("in a mode that does not fit the price", async () => {
    const [{ id: once }, { id: monthly }] = await Promise.all([shop.sell("once"), shop.sell("monthly")]);
    const text = (mode: string) => `This price is sold in mode '${mode}'`;
    await expectRefusal(() => open(undefined, once, { mode: "subscription" }), "invalid_request", text("payment"));
    await expectRefusal(() => open(undefined, monthly, { mode: "payment" }), "invalid_request", text("subscription"));
    expect(await open(undefined, once, { mode: "payment" })).toContain("/c/pay/");
    expect(await open(undefined, monthly, { mode: "subscription" })).toContain("/c/pay/");
  });

  it("of what is not on sale: unknown, archived, deleted, or of such a product", async () => {
    const at = LONG_AGO + 10;
    await expectRefusal(() => open(undefined, "price_unknown"), "price_not_for_sale", "This price is not for sale");
    const [archived, deleted] = await Promise.all([shop.sell("once"), shop.sell("once")]);
    await shop.apply(event("price.updated", price({ ...archived, active: false }), at));
    await shop.apply(event("price.deleted", price(deleted), at));
    const [ofArchived, ofDeleted] = await Promise.all([shop.sell("once"), shop.sell("once")]);
    await shop.apply(event("product.updated", product({ id: ofArchived.product, active: false }), at));
    await shop.apply(event("product.deleted", product({ id: ofDeleted.product }), at));
    const orphan = price({ product: "prod_that_has_not_arrived" });
    await shop.apply(event("price.created", orphan, at));
    for (const { id } of [archived, deleted, ofArchived, ofDeleted, orphan]) {
      await expectRefusal(() => open(undefined, id), "price_not_for_sale");
    }
  });
});

describe("the same click again", () => {
  it("leads to the same page while it is open, however many come at once", async () => {
    const [user, { id }] = await Promise.all([shop.newUser(), shop.sell("monthly")]);
    const urls = await Promise.all(Array.from({ length: 4 }, () => open(user, id)));
    urls.push(await open(user, id));
    expect(new Set(urls).size).toBe(1);
    expect((await lent.stripe.customers.list({ email: user.email })).data).toHaveLength(1);
  });

  it.each(["successUrl", "cancelUrl"])(
    "with another %s closes the first page: it would lead elsewhere",
    async (field) => {
      const [user, { id }] = await Promise.all([shop.newUser(), shop.sell("once")]);
      const first = await open(user, id);
      const second = await open(user, id, { [field]: `${SITE}/elsewhere` });
      expect(second).not.toBe(first);
      expect(await statusOf(first)).toBe("expired");
      expect(await statusOf(second)).toBe("open");
    },
  );

  it("opens another page once the first is paid, whether or not the mirror knows", async () => {
    const [user, { id }] = await Promise.all([shop.newUser(), shop.sell("once")]);
    const paid: string[] = [];
    for (let purchase = 0; purchase < 3; purchase++) {
      const url = await open(user, id);
      expect(paid).not.toContain(url);
      expect(await statusOf(url)).toBe("open");
      await shop.pay(url);
      paid.push(url);
    }
  });

  it("opens another page once the first has expired", async () => {
    const [user, { id }] = await Promise.all([shop.newUser(), shop.sell("once")]);
    const first = await open(user, id);
    await lent.stripe.checkout.sessions.expire(idIn(first));
    const second = await open(user, id);
    expect(second).not.toBe(first);
    expect(await open(user, id)).toBe(second);
  });
});

describe("somebody who has begun to buy something else", () => {
  it("a subscription: that page is closed, so that nobody pays for both", async () => {
    const [user, one, two] = await Promise.all([shop.newUser(), shop.sell("monthly"), shop.sell("monthly")]);
    const first = await open(user, one.id);
    const second = await open(user, two.id);
    expect(await statusOf(first)).toBe("expired");
    expect(await statusOf(second)).toBe("open");
  });

  it("a subscription of another group: both pages stay open", async () => {
    const [user, one, two] = await Promise.all([
      shop.newUser(),
      shop.sell("monthly"),
      shop.sell("monthly", { group: "add-on" }),
    ]);
    const urls = [await open(user, one.id), await open(user, two.id)];
    expect(await open(user, one.id)).toBe(urls[0]);
    expect(await Promise.all(urls.map(statusOf))).toEqual(["open", "open"]);
  });

  it("elsewhere: a page for the same group that another system opened for them is closed, too", async () => {
    const [user, one, two] = await Promise.all([shop.newUser(), shop.sell("monthly"), shop.sell("monthly")]);
    const first = await open(user, one.id);
    const foreign = await lent.stripe.checkout.sessions.create({
      mode: "subscription",
      customer: await customerOf(user),
      line_items: [{ price: two.id, quantity: 1 }],
      success_url: SITE,
    });
    expect(await open(user, one.id)).toBe(first);
    expect((await lent.stripe.checkout.sessions.retrieve(foreign.id)).status).toBe("expired");
  });

  it("once: both pages stay open, and so do one of each kind", async () => {
    const user = await shop.newUser();
    const prices = await Promise.all([shop.sell("once"), shop.sell("once"), shop.sell("monthly")]);
    const urls: string[] = [];
    for (const { id } of prices) urls.push(await open(user, id));
    for (const [place, { id }] of prices.entries()) expect(await open(user, id)).toBe(urls[place]);
    expect(await Promise.all(urls.map(statusOf))).toEqual(["open", "open", "open"]);
  });

  it("is not somebody else", async () => {
    const [ada, grace, { id }] = await Promise.all([shop.newUser(), shop.newUser(), shop.sell("monthly")]);
    const first = await open(ada, id);
    const second = await open(grace, id);
    expect(second).not.toBe(first);
    expect(await statusOf(first)).toBe("open");
  });
});

it("a page without an address is an error, and no answer", async () => {
  const { id } = await shop.sell("once");
  const stripe = {
    checkout: {
      sessions: { create: async () => ({ id: "cs_1", lastResponse: { headers: { date: new Date().toUTCString() } } }) },
    },
  };
  const opening = openCheckout({ ...shop.billing, stripe: stripe as never }, undefined, shop.purchase(id));
  await expect(opening).rejects.toThrow("Stripe opened a checkout session without a page");
});
