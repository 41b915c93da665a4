import {
  type Customer,
  loadCustomers,
  loadPayments,
  loadSoldPrices,
  loadSubscriptions,
  type Payment,
  type Subscription,
} from "./billing.ts";
import { type Catalogue, loadCatalogue, type Price } from "./catalogue.ts";
import { loadPurchasesKnown } from "./completeness.ts";

export interface Account {
  subscriptions: Subscription[];
  payments: Payment[];
  /** Those whose billing the user manages; a subscription of another one is paid by somebody else. */
  customers: Customer[];
  /** Whether these are all. */
  purchasesKnown: boolean;
  /** What a subscription is of. Its price is unknown once it is archived, its name when its product is. */
  planOf: (subscription: Subscription) => { name: string; price: Price | undefined };
  /** What a payment was for. */
  titleOf: (payment: Payment) => string;
}

/** All that the account page shows. */
export async function loadAccount(): Promise<Account> {
  // Asked first: what is read while the others are loaded is missing in them.
  const purchasesKnown = await loadPurchasesKnown();
  const [subscriptions, payments, customers, soldPrices, catalogue] = await Promise.all([
    loadSubscriptions(),
    loadPayments(),
    loadCustomers(),
    loadSoldPrices(),
    loadCatalogue(),
  ]);
  return { subscriptions, payments, customers, purchasesKnown, ...namesOf(subscriptions, soldPrices, catalogue) };
}

/** Names what was bought, by what the catalogue still knows. */
export function namesOf(
  subscriptions: Subscription[],
  soldPrices: Map<string, string | null>,
  catalogue: Catalogue,
): Pick<Account, "planOf" | "titleOf"> {
  const products = new Map(catalogue.products.map((product) => [product.id, product]));
  const prices = new Map(catalogue.prices.map((price) => [price.id, price]));
  const nameOf = (productId: string | null | undefined) => products.get(productId ?? "")?.name;

  const planOf = (subscription: Subscription) => ({
    name: nameOf(subscription.product_id) ?? "Subscription",
    price: prices.get(subscription.price_id ?? ""),
  });
  const titleOf = (payment: Payment) => {
    if (!payment.checkout_session_id) {
      const subscription = subscriptions.find(({ id }) => id === payment.subscription_id);
      return subscription ? planOf(subscription).name : "Invoice";
    }
    const price = prices.get(soldPrices.get(payment.checkout_session_id) ?? "");
    return nameOf(price?.product_id) ?? "One-time payment";
  };
  return { planOf, titleOf };
}
