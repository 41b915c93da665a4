import { openCheckout } from "@turnpike/core/checkout";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let plan: string;
let seat: string;
let setUp: string;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  const bounds = { min_quantity: "2", max_quantity: "50" };
  const sold = [
    await shop.sell("monthly"),
    await shop.sell("monthly", { group: "storage", amount: 500, productMetadata: bounds }),
    await shop.sell("once", { amount: 10_000 }),
  ];
  [plan = "", seat = "", setUp = ""] = sold.map(({ id }) => id);
});

let user: Awaited<ReturnType<Shop["newUser"]>>;
beforeEach(async () => {
  user = await shop.newUser();
});

const open = (priceId: string, fields: object = {}, buyer: typeof user | undefined = user) =>
  openCheckout(shop.billing, buyer, shop.purchase(priceId, fields));
const idIn = (url: string) => url.match(/cs_\w+/)?.[0] ?? "";
const statusOf = async (url: string) => (await lent.stripe.checkout.sessions.retrieve(idIn(url))).status;
const linesOf = async (url: string) => {
  const { data } = await lent.stripe.checkout.sessions.listLineItems(idIn(url));
  return data.map(({ price, quantity, adjustable_quantity: by }) => ({
    price: price?.id,
    quantity,
    ...(by && { from: by.minimum, to: by.maximum }),
  }));
};
const refusal = (code: string, message = /./) => ({ code, message: expect.stringMatching(message) });

describe("a quantity", () => {
  it("is what Checkout sells, to a guest too", async () => {
    expect(await linesOf(await open(plan, { quantity: 7 }))).toEqual([{ price: plan, quantity: 7 }]);
    expect(await linesOf(await open(setUp, { quantity: 3 }, undefined))).toEqual([{ price: setUp, quantity: 3 }]);
  });

  it("that nobody names is one, or as many as are sold at least", async () => {
    expect(await linesOf(await open(plan))).toEqual([{ price: plan, quantity: 1 }]);
    expect(await linesOf(await open(seat))).toEqual([{ price: seat, quantity: 2 }]);
  });

  it("may be chosen on the page, within the same bounds", async () => {
    const within = await open(seat, { quantity: 5, adjustableQuantity: true });
    expect(await linesOf(within)).toEqual([{ price: seat, quantity: 5, from: 2, to: 50 }]);
    const unbound = await open(plan, { adjustableQuantity: true });
    expect(await linesOf(unbound)).toEqual([{ price: plan, quantity: 1, from: 1, to: 999_999 }]);
  });

  it.each([1, 51])("beyond what the product says is refused, with what it says: %i", async (quantity) => {
    await expect(open(seat, { quantity })).rejects.toMatchObject(refusal("quantity_not_allowed", /from 2 to 50/));
  });

  it("is bound by the price before its product, and by no nonsense", async () => {
    const productMetadata = { min_quantity: "2", max_quantity: "many" };
    const { id } = await shop.sell("monthly", { productMetadata, metadata: { min_quantity: "10" } });
    expect(await linesOf(await open(id, { quantity: 1_000 }))).toEqual([{ price: id, quantity: 1_000 }]);
    await expect(open(id, { quantity: 9 })).rejects.toMatchObject(refusal("quantity_not_allowed"));
    const none = await shop.sell("monthly", { metadata: { min_quantity: "5", max_quantity: "3" } });
    await expect(open(none.id)).rejects.toMatchObject({
      ...refusal("quantity_not_allowed", /cannot be bought/),
      reason: expect.stringContaining("min_quantity is more than max_quantity"),
    });
  });

  it("of what is paid by use is refused: there is none", async () => {
    const meter = await lent.stripe.billing.meters.create({
      display_name: "Calls",
      event_name: "calls",
      default_aggregation: { formula: "sum" },
    });
    const { id } = await shop.sell("monthly", { meter: meter.id });
    expect(await linesOf(await open(id))).toEqual([{ price: id, quantity: null }]);
    for (const fields of [{ quantity: 1 }, { adjustableQuantity: true }]) {
      await expect(open(id, fields)).rejects.toMatchObject(refusal("quantity_not_allowed", /paid by use/));
    }
  });

  it("that costs more than can be charged is refused", async () => {
    await expect(open(plan, { quantity: 34_483 })).rejects.toMatchObject(refusal("amount_too_large"));
    expect(await statusOf(await open(plan, { quantity: 34_482 }))).toBe("open");
  });

  it("may be as large as its packages, and its currency, let it be", async () => {
    const packed = await shop.sell("monthly", { packages: 100 });
    expect(await statusOf(await open(packed.id, { quantity: 999_999 }))).toBe("open");
    const rupiahs = await shop.sell("monthly", { currency: "idr", amount: 90_000_000 });
    expect(await statusOf(await open(rupiahs.id, { quantity: 11_111 }))).toBe("open");
    await expect(open(rupiahs.id, { quantity: 11_112 })).rejects.toMatchObject(refusal("amount_too_large"));
  });

  it("that costs less than can be charged is refused", async () => {
    const { id } = await shop.sell("monthly", { amount: 49 });
    await expect(open(id)).rejects.toMatchObject({
      name: "BillingError",
      code: "amount_too_small",
    });
    expect(await statusOf(await open(id, { quantity: 2 }))).toBe("open");
  });

  it("is a part of the promise: the page for another one is closed, and the same one handed out again", async () => {
    const five = await open(plan, { quantity: 5 });
    expect(await open(plan, { quantity: 5 })).toBe(five);
    const six = await open(plan, { quantity: 6 });
    expect(six).not.toBe(five);
    expect([await statusOf(five), await statusOf(six)]).toEqual(["expired", "open"]);
  });
});

describe("several things", () => {
  it("are sold in one page: a plan, what stands beside it, and what is paid once", async () => {
    const url = await open(plan, { items: [{ priceId: seat, quantity: 4 }, { priceId: setUp }] });
    expect(await linesOf(url)).toEqual([
      { price: plan, quantity: 1 },
      { price: seat, quantity: 4 },
      { price: setUp, quantity: 1 },
    ]);
    await shop.pay(url);
    const { subscription, amount_total: total } = await lent.stripe.checkout.sessions.retrieve(idIn(url));
    expect(total).toBe(2900 + 4 * 500 + 10_000);
    const { items } = await lent.stripe.subscriptions.retrieve(`${subscription}`);
    expect(items.data.map(({ price, quantity }) => [price.id, quantity])).toEqual([
      [plan, 1],
      [seat, 4],
    ]);
  });

  it("are all a part of the promise", async () => {
    const both = () => open(plan, { items: [{ priceId: seat }] });
    const first = await both();
    expect(await both()).toBe(first);
    const alone = await open(plan);
    expect([await statusOf(first), await statusOf(alone)]).toEqual(["expired", "open"]);
  });

  it("that the buyer changed on the page are not handed out as what was asked for", async () => {
    const ask = () => open(plan, { quantity: 2, adjustableQuantity: true });
    const url = await ask();
    const [line] = (await lent.stripe.checkout.sessions.listLineItems(idIn(url))).data;
    await fetch(url, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({ [line?.id ?? ""]: "9", action: "update_quantities" }),
    });
    expect((await linesOf(url))[0]?.quantity).toBe(9);
    expect(await ask()).not.toBe(url);
  });

  it("close every page that would stand beside one of them, and are not sold beside one", async () => {
    const storage = await open(seat);
    const both = await open(plan, { items: [{ priceId: seat }] });
    expect(await statusOf(storage)).toBe("expired");
    const again = await open(seat);
    expect(await statusOf(both)).toBe("expired");
    await shop.pay(again);
    // What runs already is managed, also where it was to be one of several things.
    expect(await open(plan, { items: [{ priceId: seat }] })).toContain("/p/session/");
    expect(await open(plan)).toContain("/c/pay/");
  });

  it("that are paid once beside a subscription exclude nothing", async () => {
    const fee = await open(seat, { items: [{ priceId: setUp }] });
    await open(plan);
    expect(await statusOf(fee)).toBe("open");
  });

  it("have one trial, which is had once", async () => {
    const { id } = await shop.sell("monthly", { trialDays: 14 });
    const trialOf = async (url: string) => {
      await shop.pay(url);
      const { subscription } = await lent.stripe.checkout.sessions.retrieve(idIn(url));
      return lent.stripe.subscriptions.retrieve(`${subscription}`);
    };
    const first = await trialOf(await open(id, { items: [{ priceId: seat }] }));
    expect(first).toMatchObject({ status: "trialing" });
    await lent.stripe.subscriptions.cancel(first.id);
    expect(await trialOf(await open(id, { items: [{ priceId: seat }] }))).toMatchObject({ trial_start: null });
  });

  it.each<[string, string, RegExp, () => Promise<{ first?: string; items: object[] }>]>([
    ["the same twice", "invalid_request", /twice/, async () => ({ items: [{ priceId: plan }] })],
    ["not for sale", "price_not_for_sale", /not for sale/, async () => ({ items: [{ priceId: "price_none" }] })],
    [
      "another currency",
      "currency_mismatch",
      /all in one/,
      async () => ({ items: [{ priceId: (await shop.sell("once", { currency: "eur" })).id }] }),
    ],
    [
      "another interval",
      "items_not_together",
      /one interval/,
      async () => ({ items: [{ priceId: (await shop.sell("monthly", { group: "x", interval: "year" })).id }] }),
    ],
    [
      "every third month",
      "items_not_together",
      /one interval/,
      async () => ({ items: [{ priceId: (await shop.sell("monthly", { group: "x", intervalCount: 3 })).id }] }),
    ],
    [
      "another plan of the group",
      "items_not_together",
      /exclude each other/,
      async () => ({ items: [{ priceId: (await shop.sell("monthly")).id }] }),
    ],
    [
      "the plan beside its add-on",
      "items_not_together",
      /plan as priceId/,
      async () => ({ first: seat, items: [{ priceId: plan }] }),
    ],
    [
      "a plan without a trial, beside an add-on with one that is named first, where both name a group",
      "items_not_together",
      /different trials/,
      async () => {
        const tried = await shop.sell("monthly", { group: "extras", trialDays: 14 });
        return { first: tried.id, items: [{ priceId: seat }] };
      },
    ],
    [
      "a plan beside what is paid once",
      "items_not_together",
      /recurring price as/,
      async () => ({ first: setUp, items: [{ priceId: plan }] }),
    ],
    [
      "more than Stripe takes",
      "invalid_request",
      /20 recurring/,
      async () => {
        const fees = await Promise.all(Array.from({ length: 21 }, () => shop.sell("once", { amount: 100 })));
        return { items: fees.map(({ id }) => ({ priceId: id })) };
      },
    ],
  ])("are refused: %s", async (_, code, says, basket) => {
    const { first = plan, items } = await basket();
    await expect(open(first, { items })).rejects.toMatchObject(refusal(code, says));
  });
});
