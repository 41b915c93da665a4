import { openCheckout } from "@turnpike/core/checkout";
import { beforeAll, describe, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { standBefore } from "../parts/proxy.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let plan: { id: string; product: string };
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  plan = await shop.sell("monthly", { trialDays: 14 });
});

type User = Awaited<ReturnType<Shop["newUser"]>>;
const open = (user: User | undefined, priceId: string, trialRequiresCard = true) =>
  openCheckout({ ...shop.billing, trialRequiresCard }, user, shop.purchase(priceId));
const asked = async () => (await lent.asked("POST /v1/checkout/sessions")).at(-1)?.params ?? {};
const trialDays = async () => (await asked())["subscription_data[trial_period_days]"];
const customerOf = async (user: User) => {
  const [row] = await supabase.query<{ id: string }>("select id from customers where user_id = $1", [user.id]);
  return row?.id ?? "";
};
const subscriptionOf = async (user: User) =>
  (await lent.stripe.subscriptions.list({ customer: await customerOf(user), status: "all" })).data[0];

it("a trial that the price promises is had: nothing is charged at first", async () => {
  const user = await shop.newUser();
  await shop.pay(await open(user, plan.id));
  const subscription = await subscriptionOf(user);
  expect(subscription).toMatchObject({ status: "trialing", metadata: { user_id: user.id, sold_by: "turnpike" } });
  expect((subscription?.trial_end ?? 0) - (subscription?.trial_start ?? 0)).toBe(14 * 86_400);
});

it("it is had once: whoever had one pays at once, also for another plan, though no event came", async () => {
  const [user, other] = [await shop.newUser(), await shop.sell("monthly", { trialDays: 30 })];
  await shop.pay(await open(user, plan.id));
  await lent.stripe.subscriptions.cancel((await subscriptionOf(user))?.id ?? "");
  for (const { id } of [plan, other]) {
    expect(await open(user, id)).toContain("/c/pay/");
    expect(await trialDays()).toBeUndefined();
  }
});

describe("whoever was deleted at Stripe, and comes back, has no second one", () => {
  /** Had one, paid for nothing else, and was deleted there. */
  async function deletedAfterATrial(): Promise<User> {
    const user = await shop.newUser();
    await shop.pay(await open(user, plan.id));
    await lent.stripe.customers.del(await customerOf(user));
    return user;
  }

  it("though no event came", async () => {
    const user = await deletedAfterATrial();
    const rows = await supabase.query("select from user_subscriptions where customer_id = $1", [
      await customerOf(user),
    ]);
    expect(rows).toEqual([]);
    expect(await open(user, plan.id)).toContain("/c/pay/");
    expect(await trialDays()).toBeUndefined();
  });

  it("however often they click", async () => {
    const user = await deletedAfterATrial();
    const urls = await Promise.all([open(user, plan.id), open(user, plan.id)]);
    expect(new Set(urls).size).toBe(1);
    expect(await trialDays()).toBeUndefined();
  });

  it("though a sale to them died when their new customer was made", async () => {
    const user = await deletedAfterATrial();
    const { stripe } = await standBefore(lent, ({ method, url }, response) => {
      if (method === "POST" && url === "/v1/checkout/sessions") response.destroy();
    });
    await expect(openCheckout({ ...shop.billing, stripe }, user, shop.purchase(plan.id))).rejects.toThrow();
    await open(user, plan.id);
    expect(await trialDays()).toBeUndefined();
  });

  it("nor where Stripe does not say what they had", async () => {
    const user = await deletedAfterATrial();
    const gone = await customerOf(user);
    const { stripe } = await standBefore(lent, ({ url }, response) => {
      if (!url?.startsWith(`/v1/subscriptions?customer=${gone}`)) return;
      const error = { type: "invalid_request_error", code: "resource_missing", message: `No such customer: '${gone}'` };
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error }));
    });
    await openCheckout({ ...shop.billing, stripe }, user, shop.purchase(plan.id));
    expect(await trialDays()).toBeUndefined();
  });

  it("but others have theirs", async () => {
    await deletedAfterATrial();
    await open(await shop.newUser(), plan.id);
    expect(await trialDays()).toBe("14");
  });

  it("but whoever had none has one", async () => {
    const [user, other] = [await shop.newUser(), await shop.sell("monthly")];
    await shop.pay(await open(user, other.id));
    await lent.stripe.customers.del(await customerOf(user));
    await open(user, plan.id);
    expect(await trialDays()).toBe("14");
  });
});

it("it is had once in each group", async () => {
  const [user, addOn] = [await shop.newUser(), await shop.sell("monthly", { trialDays: 7, group: "add-on" })];
  await shop.pay(await open(user, plan.id));
  await open(user, addOn.id);
  expect(await trialDays()).toBe("7");
});

it("a page with a trial that was had meanwhile is closed, and one without opens", async () => {
  const user = await shop.newUser();
  const first = await open(user, plan.id);
  const [row] = await supabase.query<{ id: string }>("select id from customers where user_id = $1", [user.id]);
  const items = [{ price: plan.id }];
  const had = await lent.stripe.subscriptions.create({ customer: row?.id ?? "", items, trial_period_days: 3 });
  await lent.stripe.subscriptions.cancel(had.id);
  expect(await open(user, plan.id)).not.toBe(first);
  expect(await trialDays()).toBeUndefined();
  expect((await lent.stripe.checkout.sessions.retrieve(first.match(/cs_\w+/)?.[0] ?? "")).status).toBe("expired");
});

it("no price without a trial has one, and no guest", async () => {
  await open(await shop.newUser(), (await shop.sell("monthly")).id);
  expect(await trialDays()).toBeUndefined();
  await open(undefined, plan.id);
  expect(await trialDays()).toBeUndefined();
});

it("a card is asked for, unless the shop says otherwise: then it ends by itself", async () => {
  const card = async () => {
    const { payment_method_collection: collected, ...others } = await asked();
    return [collected, others["subscription_data[trial_settings][end_behavior][missing_payment_method]"]];
  };
  await open(await shop.newUser(), plan.id);
  expect(await card()).toEqual([undefined, undefined]);
  await open(await shop.newUser(), plan.id, false);
  expect(await card()).toEqual(["if_required", "cancel"]);
  await open(await shop.newUser(), (await shop.sell("monthly")).id, false);
  expect(await card()).toEqual([undefined, undefined]);
});
