import { beforeAll, expect, it } from "vitest";
import { event, price, product } from "../builders.ts";
import { type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { call, type Handler, SITE, setEnvironment } from "../parts/lambda.ts";
import { addUser } from "../parts/people.ts";
import { createShop, LONG_AGO } from "../parts/shop.ts";

let supabase: LentSupabase;
let stripe: Awaited<ReturnType<typeof lendStripe>>;
let form: Handler;
let json: Handler;

beforeAll(async () => {
  [supabase, stripe] = await Promise.all([lendSupabase(), lendStripe()]);
  setEnvironment({ supabase, stripe });
  form = (await import("@turnpike/functions/create-checkout-session")).handler;
  json = (await import("@turnpike/functions/create-checkout")).handler;
});

/** Asks both routes for this price. */
async function buy(priceId: string) {
  const { accessToken } = await addUser(supabase);
  const authorization = `Bearer ${accessToken}`;
  const purchase = { priceId, successUrl: SITE, cancelUrl: SITE, mode: "subscription" };
  return {
    form: await call(form, {
      path: "/api/checkout_sessions",
      headers: { "content-type": "application/x-www-form-urlencoded", authorization },
      body: new URLSearchParams({ price_id: priceId }).toString(),
    }),
    json: await call(json, {
      path: "/api/stripe/create-checkout",
      headers: { "content-type": "application/json", authorization },
      body: JSON.stringify(purchase),
    }),
  };
}

// https://docs.stripe.com/api/plans/create#create_plan-id
it.each(["gold-monthly", "plan_9zqK2", "2015.special"])(
  "%s, the id of what was once a plan, is sold on both routes",
  async (id) => {
    const { apply } = createShop(supabase, stripe);
    const sold = await stripe.stripe.products.create({ name: "Gold" });
    await stripe.stripe.plans.create({ id, product: sold.id, currency: "usd", amount: 1900, interval: "month" });
    const shown = price({ id, product: sold.id, type: "recurring" });
    await apply(event("product.created", product({ id: sold.id }), LONG_AGO), event("price.created", shown, LONG_AGO));

    const answers = await buy(id);
    expect(answers.form).toMatchObject({ statusCode: 303, headers: { location: expect.stringContaining("/c/pay/") } });
    expect(answers.json).toMatchObject({ statusCode: 200, json: { url: expect.stringContaining("/c/pay/") } });
  },
);

it.each(["", "undefined", "null", "price_", "prod_123", "gold monthly", "x".repeat(256)])(
  "%j is the id of no price",
  async (id) => {
    const { form } = await buy(id);
    expect(form.json).toMatchObject({ code: "invalid_request", error: "Valid price ID is required" });
  },
);

it("an id that only begins like those words is looked up", async () => {
  for (const id of ["undefined-plan", "price_1", "product"]) {
    expect((await buy(id)).form.json).toMatchObject({ code: "price_not_for_sale" });
  }
});
