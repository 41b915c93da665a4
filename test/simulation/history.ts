import type Stripe from "stripe";
import { Customer } from "./customer.ts";
import { name, refund, remove, sellByHand } from "./office.ts";
import { Random } from "./random.ts";
import type { PriceName, Shop } from "./shop.ts";

/** What a customer may do next, by name, and how often it is chosen. */
const STEPS: Record<string, { weight: number; act(customer: Customer, shop: Shop, random: Random): Promise<unknown> }> =
  {
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
    "buys beside": { weight: 1, act: (customer, shop) => customer.buy([shop.price("addon")]) },
    "comes back to what was left open": { weight: 3, act: (customer) => customer.payWhatWasLeft() },
    "is declined": { weight: 1, act: (customer, shop) => customer.buy([shop.price("basic")], { card: "declined" }) },
    "disputes what was bought": {
      weight: 1,
      act: (customer, shop) => customer.buy([shop.price("once")], { card: "disputed" }),
    },
    "buys as a guest": { weight: 1, act: (customer, shop) => customer.buyAsGuest(shop.price("basic")) },
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
        customer.withSubscriptions((stripe, { id }) =>
          stripe.subscriptions.update(id, { cancel_at_period_end: false }),
        ),
    },
    cancels: {
      weight: 2,
      act: (customer) => customer.withSubscriptions((stripe, { id }) => stripe.subscriptions.cancel(id)),
    },
    "is refunded": { weight: 2, act: (customer, shop, random) => refund(customer, shop, random.pick([0.3, 1])) },
    "has a card that fails": { weight: 2, act: (customer) => customer.useCard("pm_card_chargeCustomerFail") },
    "has a good card": { weight: 1, act: (customer) => customer.useCard("pm_card_visa") },
    "is deleted at Stripe": { weight: 1, act: (customer, shop) => remove(customer, shop) },
    "changes the e-mail": { weight: 1, act: (customer) => customer.changeEmail() },
    "confirms the e-mail": { weight: 1, act: (customer) => customer.confirmEmail() },
    "is sold a second one by hand": {
      weight: 1,
      act: (customer, shop, random) =>
        sellByHand(customer, shop, shop.price(random.pick(["basic", "addon"])), random.chance(0.5)),
    },
    "is named by the office": { weight: 1, act: (customer, shop, random) => name(customer, shop, random) },
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
  };

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

export interface Step {
  /** In which of the world's turns, and how long after it begins. */
  turn: number;
  afterMs: number;
  name: string;
}

/** One customer's months. What they do depends on the seed and their number alone, so that others can be left out. */
export class History {
  readonly number: number;
  readonly steps: readonly Step[];
  readonly customer: Customer;
  readonly #shop: Shop;
  readonly #random: Random;
  readonly #confirmed: boolean;

  constructor(shop: Shop, seed: string, number: number, turns: number) {
    this.number = number;
    this.#shop = shop;
    this.#random = new Random(`${seed} history ${number}`);
    const random = this.#random;
    this.customer = new Customer(shop, random, { name: `customer-${number}`, organization: random.chance(0.2) });
    this.#confirmed = random.chance(0.8);
    const names = Object.entries(STEPS).flatMap(([name, { weight }]) => Array.from({ length: weight }, () => name));
    this.steps = Array.from({ length: turns }, (_, turn) => ({
      turn,
      afterMs: random.between(0, 60_000),
      name: turn === 0 ? random.pick(["buys", "buys", "buys with a trial", "buys as a guest"]) : random.pick(names),
    }));
  }

  begin(): Promise<void> {
    return this.customer.signUp(this.#confirmed);
  }

  async take({ name }: Step): Promise<void> {
    if (this.customer.deleted) return;
    await STEPS[name]?.act(this.customer, this.#shop, this.#random);
  }
}
