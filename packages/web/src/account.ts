import {
  type Customer,
  loadCustomers,
  loadSubscriptions,
  loadUpcomingChanges,
  type Subscription,
  type UpcomingChange,
} from "./billing.ts";
import { type Catalogue, loadCatalogue, type Price, priceIn } from "./catalogue.ts";
import { loadPurchasesKnown } from "./completeness.ts";
import { loadPayments, loadSoldPrices, type Payment } from "./payments.ts";

interface Plan {
  name: string;
  price: Price | undefined;
}

/** One of the things that a subscription is of. */
export type Part = Plan & { id: string; quantity: number | null };

export type NextPlan = Plan & Pick<UpcomingChange, "kind" | "at" | "quantity">;

export interface Account {
  subscriptions: Subscription[];
  payments: Payment[];
  /** Those whose billing the user manages; a subscription of another one is paid by somebody else. */
  customers: Customer[];
  /** Whether these are all. */
  purchasesKnown: boolean;
  /** What a subscription is of. Its price is unknown once it is archived, its name when its product is. */
  planOf: (subscription: Subscription) => Plan & { parts: Part[] };
  /** What a subscription will become. */
  nextOf: (subscription: Subscription) => NextPlan | undefined;
  /** What a payment was for. */
  titleOf: (payment: Payment) => string;
}

/** All that the account page shows. */
export async function loadAccount(): Promise<Account> {
  // Asked first: what is read while the others are loaded is missing in them.
  const purchasesKnown = await loadPurchasesKnown();
  const [subscriptions, changes, payments, customers, soldPrices, catalogue] = await Promise.all([
    loadSubscriptions(),
    loadUpcomingChanges(),
    loadPayments(),
    loadCustomers(),
    loadSoldPrices(),
    loadCatalogue(),
  ]);
  return {
    subscriptions,
    payments,
    customers,
    purchasesKnown,
    ...namesOf({ changes, soldPrices, catalogue }),
  };
}

type Names = Pick<Account, "planOf" | "nextOf" | "titleOf">;

interface Named {
  changes: UpcomingChange[];
  soldPrices: Map<string, string | null>;
  catalogue: Catalogue;
}

/** Names what was bought, and is to come, by what the catalogue still knows. */
export function namesOf({ changes, soldPrices, catalogue }: Named): Names {
  const products = new Map(catalogue.products.map((product) => [product.id, product]));
  const prices = new Map(catalogue.prices.map((price) => [price.id, price]));
  const nameOf = (productId: string | null | undefined) => products.get(productId ?? "")?.name;

  const paidIn = ({ currency }: Subscription, priceId: string | null) => {
    const price = prices.get(priceId ?? "");
    return price && priceIn(price, currency);
  };
  const planOf = (subscription: Subscription) => ({
    name: nameOf(subscription.product_id) ?? "Subscription",
    price: paidIn(subscription, subscription.price_id),
    parts: subscription.items.map(({ id, price_id, product_id, quantity }) => ({
      id,
      quantity,
      name: nameOf(product_id) ?? "Subscription",
      price: paidIn(subscription, price_id),
    })),
  });
  const nextOf = (subscription: Subscription) => {
    const change = changes.find(({ subscription_id }) => subscription_id === subscription.id);
    if (!change) return undefined;
    const { kind, at, quantity } = change;
    const price = paidIn(subscription, change.price_id);
    return { kind, at, quantity, price, name: nameOf(price?.product_id) ?? "another plan" };
  };
  const titleOf = (payment: Payment) => {
    if (!payment.checkout_session_id) {
      // Not after its subscription, which may have become another one since.
      const name = nameOf(payment.product_id) ?? (payment.description || "Invoice");
      return payment.other_products > 0 ? `${name} and ${payment.other_products} more` : name;
    }
    const price = prices.get(soldPrices.get(payment.checkout_session_id) ?? "");
    return nameOf(price?.product_id) ?? "One-time payment";
  };
  return { planOf, nextOf, titleOf };
}
