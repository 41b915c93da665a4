import { openCheckout } from "@turnpike/core/checkout";
import { beforeAll, describe, expect, it } from "vitest";
import { openPlanShop, type PlanShop } from "../parts/plans.ts";

let store: PlanShop;
/** $29 or ¥3,000; an add-on at $5 or ¥500; and one that has no yen. */
let both: string;
let addOn: string;
let dollars: string;
beforeAll(async () => {
  store = await openPlanShop();
  const { shop } = store;
  both = (await shop.sell("monthly", { currencies: { jpy: { unit_amount: 3000 } } })).id;
  const yen = { jpy: { unit_amount: 500 } };
  addOn = (await shop.sell("monthly", { amount: 500, group: "storage", currencies: yen })).id;
  dollars = (await shop.sell("monthly", { amount: 700, group: "support" })).id;
});

type User = Awaited<ReturnType<PlanShop["shop"]["newUser"]>>;

interface Wish {
  user?: User | null;
  price?: string;
  /** Of the file. */
  preferred?: string;
  fields?: object;
}

/** Opens a page, and reads it back from Stripe. */
async function open({ user, price = both, preferred, fields = {} }: Wish = {}) {
  const { shop, lent } = store;
  const buyer = user === null ? undefined : (user ?? (await shop.newUser()));
  const billing = { ...shop.billing, checkout: preferred ? { currency: preferred } : {} };
  const url = await openCheckout(billing, buyer, shop.purchase(price, fields));
  return lent.stripe.checkout.sessions.retrieve(url.match(/cs_test_[A-Za-z0-9]+/)?.[0] ?? "");
}

/** Somebody who pays in this currency. */
const payingIn = async (currency: string, price: string) =>
  (await store.subscribe({ items: [{ price }], currency })).user;

describe("the file's currency", () => {
  it("is what prices are sold in that have it, to users and guests, all in one page", async () => {
    expect(await open({ preferred: "jpy" })).toMatchObject({ currency: "jpy", amount_total: 3000 });
    const credits = await store.shop.sell("once", { currencies: { jpy: { unit_amount: 900 } } });
    expect(await open({ preferred: "jpy", user: null, price: credits.id })).toMatchObject({ currency: "jpy" });
    const fields = { items: [{ priceId: addOn }] };
    expect(await open({ preferred: "jpy", fields })).toMatchObject({ currency: "jpy", amount_total: 3500 });
  });

  it("leaves a price that lacks it, and all that is sold with it, in their own", async () => {
    expect(await open({ preferred: "jpy", price: dollars })).toMatchObject({ currency: "usd", amount_total: 700 });
    const fields = { items: [{ priceId: dollars }] };
    expect(await open({ preferred: "jpy", fields })).toMatchObject({ currency: "usd", amount_total: 3600 });
  });

  it("keeps what a customer pays in already: they have one at a time", async () => {
    const user = await payingIn("usd", dollars);
    const first = await open({ preferred: "jpy", user });
    expect(first).toMatchObject({ currency: "usd", amount_total: 2900 });
    expect((await open({ preferred: "jpy", user })).id).toBe(first.id);
  });

  it("is no limit for what is charged in another", async () => {
    const fields = { quantity: 50_000 };
    await expect(open({ fields })).rejects.toMatchObject({ code: "amount_too_large" });
    const cheap = await store.shop.sell("monthly", { currencies: { jpy: { unit_amount: 1 } } });
    expect(await open({ preferred: "jpy", price: cheap.id, fields })).toMatchObject({ amount_total: 50_000 });
  });
});

describe("a request's currency", () => {
  it("comes before the file's, and opens a page of its own", async () => {
    const user = await store.shop.newUser();
    const yen = await open({ user, fields: { currency: "jpy" } });
    expect(yen).toMatchObject({ currency: "jpy", amount_total: 3000 });
    expect(await open({ user, preferred: "jpy", fields: { currency: "usd" } })).toMatchObject({ currency: "usd" });
    expect((await store.lent.stripe.checkout.sessions.retrieve(yen.id)).status).toBe("expired");
  });

  it.each<[string, () => Wish]>([
    ["one that the price lacks", () => ({ price: dollars, fields: { currency: "jpy" } })],
    ["one that a part of the basket lacks", () => ({ fields: { currency: "jpy", items: [{ priceId: dollars }] } })],
    ["one that nothing has", () => ({ preferred: "jpy", fields: { currency: "xyz" } })],
  ])("is refused where it is %s, and says what to do", async (_, wish) => {
    await expect(open(wish())).rejects.toMatchObject({
      code: "currency_mismatch",
      message: "This is not sold in that currency. Leave the currency out, or choose one that each price has.",
    });
  });

  it("is refused where the customer pays in another, and nothing is sold in theirs instead", async () => {
    const user = await payingIn("usd", dollars);
    await expect(open({ user, fields: { currency: "jpy" } })).rejects.toMatchObject({
      code: "currency_mismatch",
      message:
        "You pay in another currency already, and in one at a time. Leave the currency out, or choose a price in yours.",
    });
    expect(await open({ user })).toMatchObject({ currency: "usd" });
  });

  it("is theirs who only looked at a plan of another group in another one, whose page is closed", async () => {
    const user = await store.shop.newUser();
    const { shop, lent } = store;
    const looked = await open({ user, price: (await shop.sell("monthly", { group: "looked at" })).id });
    const euros = await shop.sell("monthly", { currency: "eur", group: "wanted" });
    const wanted = await open({ user, price: euros.id });
    expect([looked.currency, wanted.currency]).toEqual(["usd", "eur"]);
    expect((await lent.stripe.checkout.sessions.retrieve(looked.id)).status).toBe("expired");
    // A page that was paid meanwhile binds the customer for good.
    await expect(open({ user: await payingIn("usd", dollars), price: euros.id })).rejects.toMatchObject({
      code: "currency_mismatch",
    });
  });

  it("that is refused because of what the customer pays leaves their open pages of other groups alone", async () => {
    const { shop, lent } = store;
    const user = await payingIn("usd", dollars);
    const looked = await open({ user, price: (await shop.sell("monthly", { group: "kept open" })).id });
    const euros = await shop.sell("monthly", { currency: "eur", group: "refused" });
    await expect(open({ user, price: euros.id })).rejects.toMatchObject({ code: "currency_mismatch" });
    expect((await lent.stripe.checkout.sessions.retrieve(looked.id)).status).toBe("open");
  });

  it("that the mirror shows and Stripe has no more is a refusal, too", async () => {
    const { shop, lent } = store;
    const { id } = await shop.sell("monthly", { currencies: { jpy: { unit_amount: 3000 } } });
    await lent.stripe.prices.update(id, { currency_options: "" });
    await expect(open({ price: id, fields: { currency: "jpy" } })).rejects.toMatchObject({
      code: "currency_mismatch",
    });
  });
});
