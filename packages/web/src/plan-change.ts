import { type Bounds, boundsOf, MOST_OF_ONE } from "@turnpike/core/catalog/schema";
import type {
  ChangedMeanwhile,
  ChangePlan,
  OneSubscription,
  PaymentRefusal,
  PreviewChange,
} from "@turnpike/core/plan-change/schema";
import {
  type Customer,
  loadCustomers,
  loadSubscriptions,
  loadUpcomingChanges,
  type Subscription,
  type UpcomingChange,
} from "./billing.ts";
import { createBilling } from "./buttons/client.ts";
import { Refused } from "./buttons/post.ts";
import { itemOfGroup } from "./buyer.ts";
import { cadenceOf, periodOf } from "./cadence.ts";
import { type Catalogue, loadCatalogue, type Price, type Product, priceTag } from "./catalogue.ts";
import { isOf, numberOf, whyNotTo } from "./held-plan.ts";
import { locale } from "./locale.ts";

const billing = createBilling();

export const previewChange = (wish: PreviewChange) => billing.post("/api/subscriptions/preview-change", wish);
export const changePlan = (wish: ChangePlan, key: string) => billing.post("/api/subscriptions/change", wish, key);
/** Without a key: who presses again, after it was taken back elsewhere, wants it anew. */
export const cancelSubscription = (one: OneSubscription) => billing.post("/api/subscriptions/cancel", one);
export const resumeSubscription = (one: OneSubscription) => billing.post("/api/subscriptions/resume", one);

/** What a refusal of these routes brings with it. */
export const detailsOf = ({ answer }: Refused) => answer as Partial<ChangedMeanwhile & PaymentRefusal>;

/** Whether to send the same request again, with the same key: nobody knows what became of it. */
export const isLost = (failure: unknown) => !(failure instanceof Refused && failure.answer.code);

/** How the routes are told which subscription is meant, and whose. */
export const named = (subscriptionId: string, organizationId: string | null | undefined): OneSubscription => ({
  subscriptionId,
  ...(organizationId && { organizationId }),
});

/** What a page needs to know before it asks what a change costs. */
export interface Holdings {
  subscriptions: Subscription[];
  changes: UpcomingChange[];
  /** Those whose billing the user manages. */
  customers: Customer[];
  catalogue: Catalogue;
}

export async function loadHoldings(): Promise<Holdings> {
  const [subscriptions, changes, customers, catalogue] = await Promise.all([
    loadSubscriptions(),
    loadUpcomingChanges(),
    loadCustomers(),
    loadCatalogue(),
  ]);
  return { subscriptions, changes, customers, catalogue };
}

export const cancelAddress = (subscriptionId: string) =>
  `/cancel?${new URLSearchParams({ subscription: subscriptionId })}`;

/** A price that a subscription can be changed to. */
export interface Choice {
  name: string;
  price: Price;
  /** Of the subscription: what would become this. */
  item: Subscription["items"][number];
  /** It is what is paid now. */
  isHeld: boolean;
  /** How many of it there may be; nothing, where that is not for the customer to say. */
  bounds: Bounds | undefined;
  /** How many there would be, unless another number is chosen. */
  quantity: number;
}

/**
 * What a subscription can become: of its group, in its currency, and not paid by use; the server knows all reasons. The cheapest product
 * and the shortest period first.
 */
export function choicesOf(subscription: Subscription, { plans, products }: Catalogue): Choice[] {
  return plans.flatMap(({ product, prices }) => {
    const item = itemOfGroup(subscription, product, products);
    if (!item) return [];
    return prices
      .filter((price) => !whyNotTo(subscription, price))
      .sort((a, b) => periodOf(a) - periodOf(b))
      .map((price) => {
        const bounds = boundsOf(price.metadata, product.metadata);
        const held = item.quantity ?? 1;
        const isFixed =
          bounds.least === bounds.most || (held === 1 && bounds.least === 1 && bounds.most === MOST_OF_ONE);
        return {
          name: product.name,
          price,
          item,
          isHeld: isOf(subscription, price),
          bounds: isFixed ? undefined : bounds,
          quantity: numberOf(item, price, product),
        };
      });
  });
}

/**
 * The number that the routes are told, if any: one that nobody changed is not named. More may be in use by now than are paid for yet,
 * which is no reason to refuse another plan.
 */
export const numberToName = ({ quantity: held }: Choice["item"], quantity: number): number | undefined =>
  quantity === (held ?? 1) ? undefined : quantity;

/** All that a subscription is of: "Pro and Storage". */
export function nameOfAll({ items }: Pick<Subscription, "items">, products: readonly Product[]): string {
  const names = items.map(({ product_id: id }) => products.find((product) => product.id === id)?.name);
  if (names.length < 2) return names[0] ?? "Your plan";
  return new Intl.ListFormat(locale).format(names.map((name) => name ?? "another product"));
}

/** "5 × Team", and of one just "Team". */
export const counted = (quantity: number | null | undefined, name: string) =>
  (quantity ?? 1) > 1 ? `${quantity} × ${name}` : name;

/**
 * A change in words: what it is called, and what would be had. Of one plan at two prices the name is the same, and how often they are
 * paid tells them apart, or else what they cost.
 * @param from what is held, and its price, which is unknown once it is archived
 */
export function describeChange(
  from: { name: string; productId: string; price: Price | undefined },
  to: { name: string; price: Price },
): { title: string; to: string } {
  const [held, wished] = [from.price, to.price];
  if (from.productId !== wished.product_id || held?.id === wished.id)
    return { title: `${from.name} to ${to.name}`, to: to.name };
  const tell =
    held && cadenceOf(held) === cadenceOf(wished) ? termsOf : (price: Price) => cadenceOf(price).toLowerCase();
  const after = `${to.name}, ${tell(wished)}`;
  if (!held) return { title: `${from.name} to ${after}`, to: after };
  return { title: `${from.name}, ${tell(held)} → ${from.name === to.name ? tell(wished) : after}`, to: after };
}

const termsOf = (price: Price) => Object.values(priceTag(price)).join(" ");
