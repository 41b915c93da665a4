import { openCheckout } from "@turnpike/core/checkout";
import { beforeAll, describe, expect, it } from "vitest";
import { customer, event, subscription } from "../builders.ts";
import { type LentStripe, lendStripe, lendSupabase } from "../parts/index.ts";
import { SITE } from "../parts/lambda.ts";
import { createShop, LONG_AGO, type Shop } from "../parts/shop.ts";

let lent: LentStripe;
let shop: Shop;
beforeAll(async () => {
  const [supabase, stripe] = await Promise.all([lendSupabase(), lendStripe()]);
  lent = stripe;
  shop = createShop(supabase, stripe);
});

type User = Awaited<ReturnType<Shop["newUser"]>>;
const open = (user: User, priceId: string) => openCheckout(shop.billing, user, shop.purchase(priceId));

describe("a subscriber", () => {
  let plan: { id: string; product: string };
  let yearly: string;
  beforeAll(async () => {
    plan = await shop.sell("monthly");
    yearly = (await shop.sell("monthly", { product: plan.product })).id;
  });

  /** A user with a subscription to this product, as the mirror shows it. */
  async function subscribe(status: string, { more = [] as object[] } = {}) {
    const user = await shop.newUser();
    const made = await lent.stripe.customers.create({ metadata: { user_id: user.id } });
    const items = {
      data: [...more, { ...subscription().items.data[0], price: { id: "price_x", product: plan.product } }],
    };
    const shown = subscription({ customer: made.id, status, items } as never);
    const owned = customer({ id: made.id, metadata: { user_id: user.id } });
    await shop.apply(
      event("customer.created", owned, LONG_AGO),
      event("customer.subscription.updated", shown, LONG_AGO),
    );
    return { user, shown };
  }

  it.each(["trialing", "active", "past_due", "unpaid", "paused"])(
    "whose subscription is %s is led to the portal: nothing is sold twice",
    async (status) => {
      const { user, shown } = await subscribe(status);
      for (const priceId of [plan.id, yearly]) expect(await open(user, priceId)).toContain("/p/session/");
      expect((await lent.asked("POST /v1/billing_portal/sessions")).at(-1)?.params).toEqual({
        customer: shown.customer,
        return_url: `${SITE}/account`,
      });
    },
  );

  it.each(["incomplete", "incomplete_expired", "canceled"])("whose subscription is %s may buy it", async (status) => {
    const { user } = await subscribe(status);
    expect(await open(user, plan.id)).toContain("/c/pay/");
  });

  it("may buy again what was deleted", async () => {
    const { user, shown } = await subscribe("active");
    await shop.apply(event("customer.subscription.deleted", shown, LONG_AGO + 10));
    expect(await open(user, plan.id)).toContain("/c/pay/");
  });

  it("is led to the portal also when it is only one of the subscription's products", async () => {
    const other = { id: "si_other", price: { id: "price_other", product: "prod_other" }, quantity: 1 };
    const { user } = await subscribe("active", { more: [other] });
    expect(await open(user, plan.id)).toContain("/p/session/");
  });

  it("may buy another product, and once what the subscription is of", async () => {
    const { user } = await subscribe("active");
    const [another, once] = [await shop.sell("monthly"), await shop.sell("once", { product: plan.product })];
    for (const { id } of [another, once]) expect(await open(user, id)).toContain("/c/pay/");
  });

  it("is no reason to turn away somebody else", async () => {
    await subscribe("active");
    expect(await open(await shop.newUser(), plan.id)).toContain("/c/pay/");
  });
});
