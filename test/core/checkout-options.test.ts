import { openAnywhere, openCheckout, summarizeCheckout } from "@turnpike/core/checkout";
import { CheckoutOptions } from "@turnpike/core/config/schema";
import { parseConfig } from "@turnpike/core/setup";
import type Stripe from "stripe";
import { beforeAll, describe, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { SITE } from "../parts/lambda.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let plan: string;
let credits: string;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  plan = (await shop.sell("monthly")).id;
  credits = (await shop.sell("once")).id;
});

type User = Awaited<ReturnType<Shop["newUser"]>>;
const sessionAt = async (url: string) =>
  lent.stripe.checkout.sessions.retrieve(url.match(/cs_test_[A-Za-z0-9]+/)?.[0] ?? "");

/** Opens a page as the file's section says, and reads it back from Stripe. */
async function open(checkout: CheckoutOptions, price = plan, user?: User, fields: object = {}) {
  const buyer = user ?? (await shop.newUser());
  return sessionAt(await openCheckout({ ...shop.billing, checkout }, buyer, shop.purchase(price, fields)));
}

describe("each option is what Stripe's page is opened with", () => {
  it.each<[CheckoutOptions, Partial<Stripe.Checkout.Session> | object]>([
    [{ page: "hosted" }, { ui_mode: "hosted_page" }],
    [{ automaticTax: false }, { automatic_tax: { enabled: false } }],
    [{ automaticTax: true }, { automatic_tax: { enabled: true } }],
    [{ taxIds: true }, { tax_id_collection: { enabled: true, required: "never" } }],
    [{ taxIds: "required" }, { tax_id_collection: { enabled: true, required: "if_supported" } }],
    [{ taxIds: false }, { tax_id_collection: { enabled: false } }],
    [{ promotionCodes: false }, { allow_promotion_codes: false }],
    [{ promotionCodes: true }, { allow_promotion_codes: true }],
    [{ locale: "de" }, { locale: "de" }],
    [{ terms: true }, { consent_collection: { terms_of_service: "required" } }],
    [{ billingAddress: "required" }, { billing_address_collection: "required" }],
  ])("%j", async (checkout, expected) => {
    for (const price of [plan, credits]) expect(await open(checkout, price)).toMatchObject(expected);
    const guests = await openCheckout({ ...shop.billing, checkout }, undefined, shop.purchase(credits));
    expect(await sessionAt(guests)).toMatchObject(expected);
  });

  it("without any, a page is what it is without the file", async () => {
    const [user, { id }] = await Promise.all([shop.newUser(), shop.sell("once")]);
    await openCheckout(shop.billing, user, shop.purchase(id));
    const params = (await lent.asked("POST /v1/checkout/sessions")).at(-1)?.params ?? {};
    expect(Object.keys(params).sort()).toEqual(
      [
        ...["allow_promotion_codes", "automatic_tax[enabled]", "cancel_url", "client_reference_id", "customer"],
        ...["customer_update[address]", "customer_update[name]", "line_items[0][price]", "line_items[0][quantity]"],
        ...[
          "metadata[price_id]",
          "metadata[purchase]",
          "metadata[sold_by]",
          "metadata[user_email]",
          "metadata[user_id]",
        ],
        ...["mode", "payment_intent_data[metadata][sold_by]", "payment_intent_data[metadata][user_email]"],
        ...["payment_intent_data[metadata][user_id]", "success_url"],
      ].sort(),
    );
  });

  it("a coupon takes the place of promotion codes, and the discount is on the page", async () => {
    const coupon = await lent.stripe.coupons.create({ percent_off: 50, duration: "once" });
    const session = await open({ coupon: coupon.id });
    expect(session).toMatchObject({ allow_promotion_codes: null, amount_total: 1450 });
    expect(session.discounts).toMatchObject([{ coupon: coupon.id }]);
  });

  it("an invoice is made of what is paid once, with whose it is; of a subscription Stripe makes them anyway", async () => {
    const [user, { id }] = await Promise.all([shop.newUser(), shop.sell("once")]);
    const { url, id: session } = await open({ invoices: true }, id, user);
    await shop.pay(url ?? "");
    const { invoice } = await lent.stripe.checkout.sessions.retrieve(session, { expand: ["invoice"] });
    expect(invoice).toMatchObject({ status: "paid", amount_paid: 2900, metadata: { user_id: user.id } });
    expect(await open({ invoices: true })).toMatchObject({ mode: "subscription", invoice_creation: null });
  });

  it("what is paid once with an invoice is one payment of its buyer's, and no second", async () => {
    const [user, { id }] = await Promise.all([shop.newUser(), shop.sell("once")]);
    const { url, id: session } = await open({ invoices: true }, id, user);
    await shop.pay(url ?? "");
    const { customer } = await lent.stripe.checkout.sessions.retrieve(session);
    const { data: events } = await lent.stripe.events.list({ limit: 100 });
    const own = events.filter(({ data }) => JSON.stringify(data).includes(String(customer)));
    await shop.apply(...own);
    expect(
      await supabase.query("select status, amount_paid from payment_history where customer_id = $1", [customer]),
    ).toEqual([{ status: "paid", amount_paid: 2900 }]);
  });

  it("another option closes the page that was opened without it: it would sell on other terms", async () => {
    const user = await shop.newUser();
    const first = await open({}, plan, user);
    const second = await open({ locale: "de" }, plan, user);
    expect(second.id).not.toBe(first.id);
    expect((await lent.stripe.checkout.sessions.retrieve(first.id)).status).toBe("expired");
    expect((await open({ locale: "de" }, plan, user)).id).toBe(second.id);
  });
});

describe("an embedded page", () => {
  const checkout = { page: "embedded" } as const;
  const success = { successUrl: `${SITE}/success?session_id={CHECKOUT_SESSION_ID}` };
  const embed = (user: User | undefined, price = plan, fields: object = {}) =>
    openAnywhere({ ...shop.billing, checkout }, user, shop.purchase(price, { ...success, ...fields }));
  const secretOf = (opened: object) => ("clientSecret" in opened ? String(opened.clientSecret) : "");
  const frameOf = (opened: object) => `${lent.apiBase}/c/embedded/${secretOf(opened)}`;

  it("has a client secret in the place of an address, and leads back to where a hosted one would", async () => {
    const opened = await embed(await shop.newUser());
    expect(Object.keys(opened)).toEqual(["clientSecret"]);
    expect(await sessionAt(secretOf(opened))).toMatchObject({
      ui_mode: "embedded_page",
      client_secret: secretOf(opened),
      return_url: success.successUrl,
      ...{ url: null, success_url: null, cancel_url: null, automatic_tax: { enabled: true } },
    });
  });

  it("is handed out again, also to presses at once, and is one page", async () => {
    const user = await shop.newUser();
    const all = await Promise.all(Array.from({ length: 3 }, () => embed(user)));
    all.push(await embed(user));
    expect(new Set(all.map(secretOf)).size).toBe(1);
  });

  it("and a hosted page close each other: of the two only one can be paid", async () => {
    const user = await shop.newUser();
    const embedded = await embed(user);
    const hosted = await openCheckout({ ...shop.billing, checkout }, user, shop.purchase(plan, success));
    expect(hosted).toContain("/c/pay/");
    expect((await sessionAt(secretOf(embedded))).status).toBe("expired");
    const again = await embed(user);
    expect(secretOf(again)).not.toBe(secretOf(embedded));
    expect((await sessionAt(hosted)).status).toBe("expired");
    expect(Object.keys(await embed(user, plan, { page: "hosted" }))).toEqual(["url"]);
  });

  it("is paid once, is seen on the success page, and then leads to the portal", async () => {
    const user = await shop.newUser();
    const opened = await embed(user);
    await shop.pay(frameOf(opened));
    const { id } = await sessionAt(secretOf(opened));
    expect(await summarizeCheckout(shop.billing, user, id)).toMatchObject({ status: "complete", amountTotal: 2900 });
    expect(await embed(user)).toEqual({ url: expect.stringContaining("/p/session/") });
    const again = await fetch(frameOf(opened), { method: "POST", body: new URLSearchParams(), redirect: "manual" });
    expect(again.status).toBe(303);
    const { customer } = await sessionAt(secretOf(opened));
    expect((await lent.stripe.subscriptions.list({ customer: String(customer) })).data).toHaveLength(1);
  });

  it("whose client secret Stripe's list should not show is closed, and another is opened: never a second beside it", async () => {
    const user = await shop.newUser();
    const first = await embed(user);
    const { sessions } = lent.stripe.checkout;
    const list = async (params: Stripe.Checkout.SessionListParams) => {
      const page = await sessions.list(params);
      return { ...page, data: page.data.map((session) => ({ ...session, client_secret: null })) };
    };
    const checkoutClient = { sessions: Object.create(sessions, { list: { value: list } }) };
    const stripe = Object.create(lent.stripe, { checkout: { value: checkoutClient } });
    const second = await openAnywhere({ ...shop.billing, checkout, stripe }, user, shop.purchase(plan, success));
    expect(secretOf(second)).not.toBe(secretOf(first));
    expect((await sessionAt(secretOf(first))).status).toBe("expired");
  });

  it("is opened for guests, too", async () => {
    const opened = await embed(undefined, credits);
    await shop.pay(frameOf(opened));
    const { id } = await sessionAt(secretOf(opened));
    expect(await summarizeCheckout(shop.billing, undefined, id)).toMatchObject({ status: "complete" });
  });

  it("leads to no foreign site", async () => {
    const foreign = embed(await shop.newUser(), plan, { successUrl: "https://evil.example" });
    await expect(foreign).rejects.toMatchObject({ code: "redirect_not_allowed" });
  });
});

describe("what a sale brings along", () => {
  it("is in the metadata of the session and of what it makes, under the keys that the file lists", async () => {
    const { metadata, url, id } = await open({ metadata: ["referral"] }, plan, undefined, {
      metadata: { referral: "ada" },
    });
    expect(metadata).toMatchObject({ referral: "ada", sold_by: "turnpike" });
    await shop.pay(url ?? "");
    const { subscription } = await lent.stripe.checkout.sessions.retrieve(id, { expand: ["subscription"] });
    expect(subscription).toMatchObject({ metadata: { referral: "ada", sold_by: "turnpike" } });
  });

  it.each([
    [{}, { referral: "ada" }, "A sale takes no metadata here"],
    [{ metadata: ["referral"] }, { campaign: "x" }, "A sale's metadata may hold: referral"],
    [{ metadata: ["referral"] }, { referral: "x", user_id: "somebody" }, "A sale's metadata may hold: referral"],
  ])("under other keys (%j, %j) is refused", async (checkout, metadata, message) => {
    await expect(open(checkout, plan, undefined, { metadata })).rejects.toMatchObject({
      code: "invalid_request",
      message,
    });
  });

  it("never takes the place of what Turnpike writes", async () => {
    const user = await shop.newUser();
    // What the file's check refuses: let through all the same.
    const { metadata } = await open({ metadata: ["sold_by"] }, plan, user, { metadata: { sold_by: "x" } });
    expect(metadata).toMatchObject({ user_id: user.id, sold_by: "turnpike" });
  });

  it("never says whose a purchase is, by Turnpike's key or another system's, also where the file lists it", async () => {
    await supabase.query("update billing.settings set user_metadata_keys = '{user_id,supabaseUUID}'");
    const checkout = { metadata: ["user_id", "organization_id", "supabaseUUID", "referral"] };
    try {
      for (const key of ["user_id", "organization_id", "supabaseUUID"]) {
        for (const buyer of [undefined, await shop.newUser()]) {
          const purchase = shop.purchase(credits, { metadata: { referral: "ada", [key]: "somebody" } });
          await expect(openCheckout({ ...shop.billing, checkout }, buyer, purchase)).rejects.toMatchObject({
            code: "invalid_request",
            message: "This key of a sale's metadata says whose it is, and is not the buyer's to choose",
          });
        }
      }
      expect((await open(checkout, plan, undefined, { metadata: { referral: "ada" } })).metadata).toMatchObject({
        referral: "ada",
      });
    } finally {
      await supabase.query("update billing.settings set user_metadata_keys = default");
    }
  });
});

describe("what Stripe refuses because of an option has a code, and nobody is charged otherwise than said", () => {
  it("terms whose address Stripe does not know", async () => {
    await lent.setDashboard({ terms: false });
    try {
      await expect(open({ terms: true })).rejects.toMatchObject({
        code: "terms_not_set_up",
        reason: expect.stringContaining("https://dashboard.stripe.com/settings/public"),
      });
    } finally {
      await lent.setDashboard({ terms: true });
    }
  });

  it("a coupon that is unknown, used up, or of another currency", async () => {
    const euros = await lent.stripe.coupons.create({ amount_off: 500, currency: "eur", duration: "once" });
    const once = await lent.stripe.coupons.create({ percent_off: 10, duration: "once", max_redemptions: 1 });
    const { url } = await open({ coupon: once.id });
    await shop.pay(url ?? "");
    for (const coupon of ["no-such-coupon", euros.id, once.id]) {
      await expect(open({ coupon })).rejects.toMatchObject({ code: "coupon_not_usable" });
    }
  });
});

describe("the file's section is refused with the place", () => {
  it.each([
    ["checkout.page: page must be hosted or embedded", { page: "popup" }],
    ["checkout.automaticTax: automaticTax must be true or false", { automaticTax: "yes" }],
    ['checkout.taxIds: taxIds must be true, false or "required"', { taxIds: "maybe" }],
    ["checkout.promotionCodes: promotionCodes must be true or false", { promotionCodes: 1 }],
    ["checkout.coupon: coupon is empty", { coupon: " " }],
    ["checkout.coupon: goes without promotionCodes only", { coupon: "launch", promotionCodes: true }],
    ['checkout.currency: currency must be three small letters, such as "usd"', { currency: "EUR" }],
    ["checkout.currency: currency must be text", { currency: ["eur"] }],
    ["checkout.locale: locale must be one of auto, bg, cs", { locale: "klingon" }],
    ["checkout.terms: terms must be true or false", { terms: "https://example.com/terms" }],
    ["checkout.billingAddress: billingAddress must be auto or required", { billingAddress: true }],
    ["checkout.invoices: invoices must be true or false", { invoices: "all" }],
    ["checkout.metadata: metadata must be a list of keys", { metadata: "referral" }],
    ["checkout.metadata[0]: a key may hold letters", { metadata: ["a key"] }],
    ["checkout.metadata[1]: Turnpike writes this key itself", { metadata: ["referral", "user_id"] }],
    ["checkout.metadata: metadata may have 20 keys at the most", { metadata: Array.from("abcdefghijklmnopqrstu") }],
    ["checkout.tax: there is no such field", { tax: true }],
  ])("%s", (says, checkout) => {
    expect(() => parseConfig({ checkout })).toThrow(says);
  });

  it("a file may have this section alone, and no portal without products", () => {
    expect(parseConfig({ checkout: { coupon: "launch", promotionCodes: false } })).toEqual({
      checkout: { coupon: "launch", promotionCodes: false },
    });
    expect(() => parseConfig({ checkout: {}, portal: {} })).toThrow("products: products must be a list");
  });

  it("its languages are those that Stripe's package knows", async () => {
    const { readFileSync } = await import("node:fs");
    const types = readFileSync("node_modules/stripe/esm/resources/Checkout/Sessions.d.ts", "utf8");
    const [, known = ""] = /type Locale = ([^;]+) \| OtherString;/.exec(types) ?? [];
    expect(CheckoutOptions.shape.locale.def.innerType.options.map((locale) => `'${locale}'`).sort()).toEqual(
      known.split(" | ").sort(),
    );
  });
});
