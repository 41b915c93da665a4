import { groupOf } from "@turnpike/core/catalog/schema";
import { isStanding, type Subscription } from "./billing.ts";
import type { Price, Product } from "./catalogue.ts";

/** What decides what a visitor may buy, and on which terms. */
export interface Buyer {
  signedIn: boolean;
  /** All that they have ever had. */
  subscriptions: Subscription[];
  /** Whether these are all. */
  purchasesKnown: boolean;
}

/** The free days of a price for this visitor: none, some, or some for whoever signs in. */
export type Trial = { days: number; needsAccount: boolean } | undefined;

/** What a subscription holds of a product's group: the product itself, if it does. */
export function itemOfGroup({ items }: Subscription, product: Product, products: Product[]) {
  const group = groupOf(product.metadata);
  const isOfGroup = (productId: string) =>
    groupOf(products.find(({ id }) => id === productId)?.metadata ?? null) === group;
  return (
    items.find(({ product_id: held }) => held === product.id) ?? items.find(({ product_id: held }) => isOfGroup(held))
  );
}

/** Those of the visitor's subscriptions that are of the group of a product: plans of one exclude each other, and share one trial. */
function ofGroup({ subscriptions }: Buyer, product: Product, products: Product[]): Subscription[] {
  return subscriptions.filter((each) => itemOfGroup(each, product, products));
}

/** The subscription that another one of this product would stand beside. */
export function holdingOf(buyer: Buyer, product: Product, products: Product[]): Subscription | undefined {
  return ofGroup(buyer, product, products).find(isStanding);
}

/**
 * What Checkout gives this visitor of a price's trial: it is had once, and only with an account. Nothing is promised to whom it may
 * turn out to have had it.
 */
export function trialOf(price: Price, buyer: Buyer, product: Product, products: Product[]): Trial {
  const days = price.trial_period_days;
  if (
    !days ||
    (buyer.signedIn && !buyer.purchasesKnown) ||
    ofGroup(buyer, product, products).some(({ trial_start }) => trial_start)
  )
    return undefined;
  return { days, needsAccount: !buyer.signedIn };
}
