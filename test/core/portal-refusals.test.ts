import type { CreatePortal, PortalFlow } from "@turnpike/core/portal/schema";
import type Stripe from "stripe";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CANCEL, CARD, openPortalShop, type PortalShop, UPDATE } from "../parts/portal.ts";
import { standBefore } from "../parts/proxy.ts";
import type { Shop } from "../parts/shop.ts";

let lent: PortalShop["lent"];
let shop: PortalShop["shop"];
let portal: PortalShop["portal"];
let starter: PortalShop["starter"];
let pro: PortalShop["pro"];
beforeAll(async () => {
  ({ lent, shop, portal, starter, pro } = await openPortalShop());
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

describe("what cannot be changed to is refused", () => {
  const to = (priceId: string) => open({ ...CONFIRM(), priceId });

  it("a price that the catalogue does not sell, one that is paid once, one in another currency", async () => {
    await expect(to("price_unknown")).rejects.toMatchObject(refusal("price_not_for_sale"));
    await expect(to((await shop.sell("once")).id)).rejects.toMatchObject(refusal("invalid_request"));
    await expect(to((await shop.sell("monthly", { currency: "eur" })).id)).rejects.toMatchObject(
      refusal("currency_mismatch"),
    );
  });

  it("the present one, one of another group, one that the portal does not offer, a quantity that it does not let change", async () => {
    await expect(to(starter.id)).rejects.toMatchObject(refusal("plan_unchanged"));
    const addOn = await shop.sell("monthly", { group: "add-on" });
    await expect(to(addOn.id)).rejects.toMatchObject(refusal("not_found"));
    await expect(to((await shop.sell("monthly")).id)).rejects.toMatchObject({
      ...refusal("plan_not_offered"),
      reason: expect.stringContaining("npx billing setup"),
    });
    await expect(open({ ...CONFIRM(), quantity: 5 })).rejects.toMatchObject(refusal("portal_feature_off"));
  });
});

describe("a subscription that Stripe's portal does not change is told apart", () => {
  const priceOf = async (group: string, more: object = {}) => (await shop.sell("monthly", { group, ...more })).id;
  const hold = async (params: Partial<Stripe.SubscriptionCreateParams>) => {
    const customer = String(subscription.customer);
    await lent.stripe.subscriptions.cancel(subscription.id);
    return lent.stripe.subscriptions.create({ customer, trial_period_days: 7, ...params });
  };
  const refusesChange = async () => {
    for (const flow of [CONFIRM(), UPDATE])
      await expect(open(flow)).rejects.toMatchObject(refusal("subscription_not_changeable"));
    expect(await open(CANCEL)).toContain("/p/session/");
  };

  it("of several things", async () => {
    await hold({ items: [{ price: starter.id }, { price: await priceOf("add-on") }] });
    await refusesChange();
  });

  it("paid by use", async () => {
    const meter = await lent.stripe.billing.meters.create({
      display_name: "Calls",
      event_name: "calls",
      default_aggregation: { formula: "sum" },
    });
    await hold({ items: [{ price: (await shop.sell("monthly", { meter: meter.id })).id }] });
    await refusesChange();
  });

  it("whose invoices are sent", async () => {
    await hold({ items: [{ price: starter.id }], collection_method: "send_invoice", days_until_due: 7 });
    await refusesChange();
  });

  it("whose first payment is not through", async () => {
    const customer = String(subscription.customer);
    await lent.stripe.subscriptions.cancel(subscription.id);
    const items = [{ price: starter.id }];
    await lent.stripe.subscriptions.create({ customer, items, payment_behavior: "default_incomplete" });
    await refusesChange();
  });

  it("with a change that is scheduled; a schedule without one keeps nobody from it", async () => {
    const { id, phases } = await lent.stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
    for (const flow of EVERY()) expect(await open(flow)).toContain("/p/session/");
    const { start_date = 0, end_date = 0 } = phases[0] ?? {};
    await lent.stripe.subscriptionSchedules.update(id, {
      phases: [{ items: [{ price: starter.id }], start_date, end_date }, { items: [{ price: pro.id }] }],
    });
    for (const flow of [CONFIRM(), CANCEL, UPDATE])
      await expect(open(flow)).rejects.toMatchObject({
        ...refusal("subscription_scheduled"),
        message: expect.stringContaining("Ask support"),
      });
    // What was scheduled by themselves they take back by themselves.
    await lent.stripe.subscriptionSchedules.update(id, { metadata: { scheduled_by: "turnpike" } });
    await expect(open(UPDATE)).rejects.toMatchObject({
      ...refusal("subscription_scheduled"),
      message: expect.stringContaining("Take it back first"),
    });
  });
});

describe("what the operator has switched off", () => {
  it.each([
    ["subscription_cancel", () => CANCEL],
    ["subscription_update", () => UPDATE],
    ["subscription_update", CONFIRM],
    ["payment_method_update", () => CARD],
  ] as const)("(%s) has a code of its own, and the log says where to switch it on", async (feature, flow) => {
    await portal.setUp({ subscription_update: { enabled: false }, [feature]: { enabled: false } });
    try {
      await expect(open(flow())).rejects.toMatchObject({
        ...refusal("portal_feature_off"),
        reason: expect.stringContaining("https://dashboard.stripe.com/settings/billing/portal"),
      });
    } finally {
      await portal.setUp({
        subscription_cancel: { enabled: true },
        payment_method_update: { enabled: true },
        subscription_update: portal.switching([starter, pro]),
      });
    }
  });
});

describe("Stripe's own refusal, where things changed after they were looked at, is", () => {
  const sub = "sub_1MowQVLkdIwHu7ixeRlqHVzs";
  it.each([
    [`The subscription \`${sub}\` is already set to be canceled at period end.`, "subscription_ending"],
    ["Cannot update the subscription because there are no changes to confirm.", "plan_unchanged"],
    [
      `This PortalSession cannot update subscription \`${sub}\` because it has multiple items.`,
      "subscription_not_changeable",
    ],
    [
      "The item `si_1` cannot be updated to price `price_1` because the configuration `bpc_1` does not include the price in its `features[subscription_update][products]`.",
      "plan_not_offered",
    ],
    [
      "The subscription cannot be updated because there is no price in the portal configuration available to change to and the quantity cannot be changed.",
      "plan_not_offered",
    ],
    [
      "This subscription cannot be updated because the subscription update feature in the portal configuration is disabled.",
      "portal_feature_off",
    ],
    ["The price specified is inactive. This field only accepts active prices.", "price_not_for_sale"],
    ["Something that Stripe has thought of since.", "portal_refused"],
  ])("told apart by its words: %s", async (message, code) => {
    const { stripe } = await standBefore(lent, ({ method, url }, response) => {
      if (method !== "POST" || url !== "/v1/billing_portal/sessions") return;
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { type: "invalid_request_error", message } }));
    });
    const refused = open(CONFIRM(), {}, user, { ...shop.billing, stripe });
    await expect(refused).rejects.toMatchObject(refusal(code));
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining(sub) });
  });

  it("no refusal where Stripe fails", async () => {
    const { stripe } = await standBefore(lent, ({ method, url }, response) => {
      if (method !== "POST" || url !== "/v1/billing_portal/sessions") return;
      response.writeHead(500, { "content-type": "application/json", "stripe-should-retry": "false" });
      response.end(JSON.stringify({ error: { type: "api_error", message: "Stripe is down" } }));
    });
    const failed = open(CONFIRM(), {}, user, { ...shop.billing, stripe });
    await expect(failed).rejects.not.toMatchObject({ name: "BillingError" });
  });
});
