import * as office from "./office.ts";
import type { Act } from "./steps.ts";

/** What those who work for the product do to its customers, by name, and how often it is chosen. */
export const OFFICE_STEPS: Record<string, Act> = {
  "is refunded": { weight: 2, act: (customer, shop, random) => office.refund(customer, shop, random.pick([0.3, 1])) },
  "is deleted at Stripe": { weight: 1, act: (customer, shop) => office.remove(customer, shop) },
  "is sold a second one by hand": {
    weight: 1,
    act: (customer, shop, random) =>
      office.sellByHand(customer, shop, shop.price(random.pick(["basic", "addon"])), random.chance(0.5)),
  },
  "is sold one under a nameless customer": {
    weight: 0.3,
    act: (customer, shop) => office.sellNameless(customer, shop, [customer.metadata]),
  },
  "is sold one in two names": {
    weight: 0.3,
    act: (customer, shop) => office.sellNameless(customer, shop, [{ ...customer.metadata, user_id: customer.id }]),
  },
  "is sold one that is changed at once": { weight: 0.3, act: (customer, shop) => office.sellAndChange(customer, shop) },
  "is sold one that is paid later": {
    weight: 0.3,
    act: (customer, shop, random) => office.sellUnpaid(customer, shop, random.between(2, 400)),
  },
  "has an add-on that becomes a plan": {
    weight: 0.3,
    act: (customer, shop, random) => office.turnAddonIntoPlan(customer, shop, random.between(2, 400)),
  },
  "is named on what another has": {
    weight: 0.3,
    act: (customer, shop, random) => {
      const other = random.pick(shop.people.filter(({ id, deleted }) => id !== customer.id && !deleted));
      return other ? office.sellNameless(customer, shop, [other.metadata, customer.metadata]) : Promise.resolve();
    },
  },
  "tries without a card": { weight: 0, act: (customer, shop) => office.letTry(customer, shop) },
  "is named by the office": { weight: 1, act: (customer, shop, random) => office.name(customer, shop, random) },
};
