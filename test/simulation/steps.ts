import type Stripe from "stripe";
import * as app from "./app.ts";
import type { Customer } from "./customer.ts";
import type { Random } from "./random.ts";
import type { PriceName, Shop } from "./shop.ts";

/** What may happen next, and how often it is chosen. */
export interface Act {
  weight: number;
  act(customer: Customer, shop: Shop, random: Random): Promise<unknown>;
}

/** What a customer may do next, by name. */
export const STEPS: Record<string, Act> = {
  buys: {
    weight: 6,
    act: (customer, shop, random) =>
      customer.buy(
        inTabs(random, () => shop.price(anyPlan(random))),
        paying(random),
      ),
  },
  "buys with a trial": {
    weight: 3,
    act: (customer, shop, random) =>
      customer.buy(
        inTabs(random, () => shop.price("trial")),
        paying(random),
      ),
  },
  "buys a thing": {
    weight: 2,
    act: (customer, shop, random) =>
      customer.buy(
        inTabs(random, () => shop.price("once")),
        paying(random),
      ),
  },
  "opens pages": {
    weight: 0.5,
    act: (customer, shop, random) =>
      customer.buy([shop.price(anyPlan(random)), shop.price(anyPlan(random))], { pays: 0 }),
  },
  "buys beside": { weight: 1, act: (customer, shop) => customer.buy([shop.price("addon")]) },
  "comes back to what was left open": { weight: 3, act: (customer) => customer.payWhatWasLeft() },
  "is declined": { weight: 1, act: (customer, shop) => customer.buy([shop.price("basic")], { card: "declined" }) },
  "disputes what was bought": {
    weight: 1,
    act: (customer, shop) => customer.buy([shop.price("once")], { card: "disputed" }),
  },
  "buys as a guest": { weight: 1, act: (customer, shop) => customer.buyAsGuest(shop.price("basic")) },
  "buys as a guest under the next address": {
    weight: 0.3,
    act: (customer, shop) => customer.buyAsGuest(shop.price("basic"), customer.nextEmail),
  },
  "takes an address that another has left": {
    weight: 0.3,
    act: (customer, _, random) => customer.takeLeftEmail(random.between(1, 60)),
  },
  "changes the plan": {
    weight: 1,
    act: (customer, shop, random) =>
      app.changePlan(customer, shop.price(anyPlan(random)), random.pick([1, 1, 2]), random.between(0, 30)),
  },
  "looks at a change": {
    weight: 0.3,
    act: (customer, shop, random) => app.preview(customer, shop.price(anyPlan(random))),
  },
  "ends it in the app": { weight: 0.5, act: (customer) => app.keep(customer, "cancel") },
  "goes on with it in the app": { weight: 0.5, act: (customer) => app.keep(customer, "resume") },
  "looks into the portal": { weight: 1, act: (customer) => customer.openPortal() },
  upgrades: {
    weight: 2,
    act: (customer, shop) =>
      customer.withSubscriptions((stripe, plan) => changePlan(shop, stripe, plan, ["better"], "always_invoice")),
  },
  "changes back and forth": {
    weight: 1,
    act: (customer, shop) =>
      customer.withSubscriptions((stripe, plan) =>
        changePlan(shop, stripe, plan, ["better", "basic", "better"], "none"),
      ),
  },
  "cancels at the end": {
    weight: 2,
    act: (customer) =>
      customer.withSubscriptions((stripe, { id }) => stripe.subscriptions.update(id, { cancel_at_period_end: true })),
  },
  resumes: {
    weight: 1,
    act: (customer) =>
      customer.withSubscriptions((stripe, { id }) => stripe.subscriptions.update(id, { cancel_at_period_end: false })),
  },
  cancels: {
    weight: 2,
    act: (customer) => customer.withSubscriptions((stripe, { id }) => stripe.subscriptions.cancel(id)),
  },
  "has a card that fails": { weight: 2, act: (customer) => customer.useCard("pm_card_chargeCustomerFail") },
  "has a good card": { weight: 1, act: (customer) => customer.useCard("pm_card_visa") },
  "changes the e-mail": { weight: 1, act: (customer) => customer.changeEmail() },
  "confirms the e-mail": { weight: 1, act: (customer) => customer.confirmEmail() },
  "is no manager any more": {
    weight: 1,
    act: async (customer, _, random) => customer.organizationId && customer.join(random.chance(0.5)),
  },
  "is deleted": { weight: 1, act: (customer) => customer.leave() },
  "buys, and is deleted meanwhile": {
    weight: 2,
    act: async (customer, shop, random) => {
      const bought = customer.buy([shop.price("basic")]);
      await customer.wait(random.between(0, 6));
      await customer.leave();
      await bought;
    },
  },
  "is deleted just when they buy": { weight: 0, act: leaveWhileBuying },
  "is deleted just when they buy again": {
    weight: 0,
    act: async (customer, shop, random) => {
      await customer.buy([shop.price("basic")]);
      await customer.wait(random.between(20, 60));
      await leaveWhileBuying(customer, shop, random);
    },
  },
  "is used by more, or fewer": {
    weight: 0,
    act: async (customer, _, random) => {
      for (let times = random.pick([1, 1, 3]); times > 0; times--) {
        await customer.useSeats(random.whole(0, 6));
        await customer.wait(random.between(0, 200));
      }
    },
  },
};

async function leaveWhileBuying(customer: Customer, shop: Shop, random: Random): Promise<void> {
  const bought = customer.buy([shop.price("basic")], { within: [0] });
  // As long as it takes to find out who they are and what they have.
  await customer.wait(random.between(0, 0.5));
  await customer.leave();
  await bought;
}

/** One price after the other. What stands beside the plans stays what it is. */
async function changePlan(
  shop: Shop,
  stripe: Stripe,
  { id, items }: Stripe.Subscription,
  prices: readonly PriceName[],
  proration: Stripe.SubscriptionUpdateParams.ProrationBehavior,
): Promise<void> {
  const [item] = items.data;
  if (!item || item.price.id === shop.price("addon")) return;
  shop.changedByHand.add(id);
  for (const price of prices) {
    await stripe.subscriptions.update(id, {
      items: [{ id: item.id, price: shop.price(price) }],
      proration_behavior: proration,
    });
  }
}

const anyPlan = (random: Random): PriceName => random.pick(["basic", "better"]);
const inTabs = (random: Random, price: () => string) => Array.from({ length: random.pick([1, 1, 2, 3]) }, price);
const paying = (random: Random) => ({ pays: random.pick([1, 1, 0.5, 0]) });
