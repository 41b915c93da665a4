import { openCheckout } from "@turnpike/core/checkout";
import { FOR_QUANTITIES } from "@turnpike/core/portal";
import type { CreatePortal, PortalFlow } from "@turnpike/core/portal/schema";
import type Stripe from "stripe";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SITE } from "../parts/lambda.ts";
import { CANCEL, CARD, openPortalShop, type PortalShop, UPDATE } from "../parts/portal.ts";
import { standBefore } from "../parts/proxy.ts";
import type { Shop } from "../parts/shop.ts";

let supabase: PortalShop["supabase"];
let lent: PortalShop["lent"];
let shop: PortalShop["shop"];
let portal: PortalShop["portal"];
let starter: PortalShop["starter"];
let pro: PortalShop["pro"];
beforeAll(async () => {
  ({ supabase, lent, shop, portal, starter, pro } = await openPortalShop());
});

let user: Awaited<ReturnType<Shop["newUser"]>>;
let subscription: Stripe.Subscription;
beforeEach(async () => {
  user = await shop.newUser();
  subscription = await portal.subscribe(user, starter.id);
});

const CONFIRM = () => ({ type: "subscription_update_confirm" as const, priceId: pro.id });
const EVERY = (): PortalFlow[] => [CONFIRM(), CANCEL, UPDATE, CARD];
const open = (flow: PortalFlow | undefined, wish: Partial<CreatePortal> = {}, buyer = user, billing = shop.billing) =>
  portal.open(buyer, flow, wish, billing);
const refusal = (code: string) => ({ name: "BillingError", code });
const change = (fields: Stripe.SubscriptionUpdateParams) => lent.stripe.subscriptions.update(subscription.id, fields);

describe("a flow opens the portal at one task, of the customer who holds the subscription, and leads back", () => {
  const back = {
    return_url: `${SITE}/account`,
    "flow_data[after_completion][type]": "redirect",
    "flow_data[after_completion][redirect][return_url]": `${SITE}/account`,
  };

  it.each(["subscription_cancel", "subscription_update"] as const)("%s", async (type) => {
    expect(await open({ type })).toContain("/p/session/");
    expect(await portal.asked()).toEqual({
      customer: subscription.customer,
      ...back,
      "flow_data[type]": type,
      [`flow_data[${type}][subscription]`]: subscription.id,
    });
  });

  it("subscription_update_confirm, of the item that there is", async () => {
    expect(await open(CONFIRM())).toContain("/p/session/");
    const named = "flow_data[subscription_update_confirm]";
    expect(await portal.asked()).toEqual({
      customer: subscription.customer,
      ...back,
      "flow_data[type]": "subscription_update_confirm",
      [`${named}[subscription]`]: subscription.id,
      [`${named}[items][0][id]`]: subscription.items.data[0]?.id,
      [`${named}[items][0][price]`]: pro.id,
    });
  });

  it("subscription_update_confirm of another quantity, where setup lets it change: nowhere else, and within its bounds", async () => {
    const { id, product } = await shop.sell("monthly", { metadata: { max_quantity: "5" } });
    const products = [{ product, prices: [id], adjustable_quantity: { enabled: true } }];
    const { id: configuration } = await lent.stripe.billingPortal.configurations.create({
      metadata: FOR_QUANTITIES,
      features: {
        payment_method_update: { enabled: true },
        subscription_update: { enabled: true, default_allowed_updates: ["price", "quantity"], products },
      },
    });
    const to = (quantity: number) => open({ ...CONFIRM(), priceId: id, quantity });
    expect(await to(5)).toContain("/p/session/");
    expect(await portal.asked()).toMatchObject({
      configuration,
      "flow_data[subscription_update_confirm][items][0][price]": id,
      "flow_data[subscription_update_confirm][items][0][quantity]": "5",
    });
    await expect(to(6)).rejects.toMatchObject(refusal("quantity_not_allowed"));
    expect(await open({ ...CONFIRM(), quantity: 1 })).toContain("/p/session/");
    expect(await portal.asked()).not.toHaveProperty("configuration");
    await lent.stripe.billingPortal.configurations.update(configuration, { active: false });
    await expect(open({ ...CONFIRM(), quantity: 5 })).rejects.toMatchObject({
      ...refusal("portal_feature_off"),
      message: expect.stringContaining("POST /api/subscriptions/change"),
    });
  });

  it("payment_method_update, with a subscription or without", async () => {
    for (const subscriptionId of [undefined, subscription.id]) {
      expect(await open(CARD, { subscriptionId })).toContain("/p/session/");
      expect(await portal.asked()).toEqual({
        customer: subscription.customer,
        ...back,
        "flow_data[type]": "payment_method_update",
      });
    }
  });

  it("and without a flow it asks Stripe for what it always did", async () => {
    await open(undefined);
    expect(await portal.asked()).toEqual({ customer: subscription.customer, return_url: `${SITE}/account` });
  });

  it("also of the one among several that is named, or that is of the price's group", async () => {
    const addOn = await shop.sell("monthly", { group: "add-on" });
    const guest = await lent.stripe.customers.create({ email: user.email });
    const more = await lent.stripe.subscriptions.create({
      customer: guest.id,
      items: [{ price: addOn.id }],
      trial_period_days: 7,
    });
    await open(CONFIRM());
    expect((await portal.asked())?.customer).toBe(subscription.customer);
    for (const { id, customer } of [subscription, more]) {
      await open(CANCEL, { subscriptionId: id });
      expect((await portal.asked())?.customer).toBe(customer);
    }
    await expect(open(CANCEL)).rejects.toMatchObject(refusal("invalid_request"));
    await expect(open({ ...CONFIRM(), priceId: addOn.id }, { subscriptionId: subscription.id })).rejects.toMatchObject(
      refusal("plan_not_offered"),
    );
  });
});

describe("what counts is how it stands at Stripe, not in the copy", () => {
  it("a subscription that ended a second ago is over", async () => {
    await lent.stripe.subscriptions.cancel(subscription.id);
    for (const flow of [CONFIRM(), CANCEL, UPDATE])
      await expect(open(flow, { subscriptionId: subscription.id })).rejects.toMatchObject(refusal("subscription_over"));
    for (const flow of [CONFIRM(), CANCEL, UPDATE])
      await expect(open(flow)).rejects.toMatchObject(refusal("not_found"));
    expect(await open(CARD)).toContain("/p/session/");
  });

  it("one that began a second ago, though no event has come, can be changed", async () => {
    const other = await shop.newUser();
    await shop.pay(await openCheckout(shop.billing, other, shop.purchase(starter.id)));
    expect(await open(CONFIRM(), {}, other)).toContain("/p/session/");
  });

  it("one that is about to end, however that was asked for, is neither cancelled again nor changed", async () => {
    const ends = subscription.items.data[0]?.current_period_end ?? 0;
    for (const how of [{ cancel_at_period_end: true }, { cancel_at: ends }]) {
      await change(how);
      for (const flow of [CONFIRM(), CANCEL, UPDATE])
        await expect(open(flow)).rejects.toMatchObject(refusal("subscription_ending"));
      await change({ cancel_at: "" });
    }
    await change({ cancel_at: ends + 86_400 });
    const message = expect.stringContaining("a day that was agreed"); // until then it is charged
    await expect(open(CANCEL)).rejects.toMatchObject({ ...refusal("subscription_ending"), message });
    await change({ cancel_at: "" });
    expect(await open(CANCEL)).toContain("/p/session/");
  });

  it("a price that was archived a second ago is not for sale", async () => {
    const old = await shop.sell("monthly");
    await lent.stripe.prices.update(old.id, { active: false });
    await expect(open({ ...CONFIRM(), priceId: old.id })).rejects.toMatchObject(refusal("price_not_for_sale"));
  });
});

it("in two tabs: what was changed, or cancelled, in one is told in the other", async () => {
  const item = subscription.items.data[0]?.id ?? "";
  await change({ items: [{ id: item, price: pro.id }] });
  await expect(open(CONFIRM())).rejects.toMatchObject(refusal("plan_unchanged"));
  await expect(open({ ...CONFIRM(), quantity: 1 })).rejects.toMatchObject(refusal("plan_unchanged"));
  await change({ cancel_at_period_end: true });
  await expect(open({ ...CONFIRM(), priceId: starter.id })).rejects.toMatchObject(refusal("subscription_ending"));
});

it("a process that dies before it has answered leaves nothing behind: no lease, no change; the next press opens", async () => {
  const { stripe } = await standBefore(lent, ({ method, url }, response) => {
    if (method === "POST" && url === "/v1/billing_portal/sessions") response.destroy();
  });
  await expect(open(CONFIRM(), {}, user, { ...shop.billing, stripe })).rejects.toThrow();
  expect(await supabase.query("select from billing.sales_in_progress")).toEqual([]);
  expect((await lent.stripe.subscriptions.retrieve(subscription.id)).items.data[0]?.price.id).toBe(starter.id);
  expect(await open(CONFIRM())).toContain("/p/session/");
});

describe("another user", () => {
  it("reaches no subscription of somebody else's, by whatever flow, and learns nothing of it", async () => {
    const mallory = await shop.newUser();
    await portal.subscribe(mallory, starter.id);
    for (const flow of EVERY()) {
      const opening = open(flow, { subscriptionId: subscription.id }, mallory);
      await expect(opening).rejects.toMatchObject({
        ...refusal("not_found"),
        message: "There is no such subscription",
      });
    }
    const unknown = open(CANCEL, { subscriptionId: "sub_unknown" }, mallory);
    await expect(unknown).rejects.toMatchObject({ message: "There is no such subscription" });
  });

  it("who does not manage an organisation's billing opens no flow of it", async () => {
    for (const flow of EVERY())
      await expect(open(flow, { organizationId: "acme" })).rejects.toMatchObject(refusal("not_billing_manager"));
  });

  it("who never bought has nothing to manage", async () => {
    const stranger = await shop.newUser();
    for (const flow of EVERY())
      await expect(open(flow, {}, stranger)).rejects.toMatchObject(refusal("no_billing_account"));
  });
});
