import type { World } from "../world.ts";
import { inForce, lasting, reductionsOf } from "./discounting.ts";
import type { InvoiceLine, LineDraft } from "./invoice-draft.ts";
import { discountOn, priceItems, proportion } from "./pricing.ts";
import type { Subscription, SubscriptionItem } from "./subscribing.ts";

/** The lines that wait for a subscription's next invoice. */
export function waitingProrations(world: World, subscription: string): LineDraft[] {
  return world.store.prorations
    .all()
    .filter((row) => row.subscription === subscription)
    .map((row) => ({ ...row, price: world.store.prices.get(row.price), proration: true }));
}

/** The same, to be put on an invoice now: they wait no more. */
export function takeProrations(world: World, subscription: string): LineDraft[] {
  const lines = waitingProrations(world, subscription);
  for (const row of world.store.prorations.all())
    if (row.subscription === subscription) world.store.prorations.delete(row.id);
  return lines;
}

/**
 * The credit for the rest of an item's period: the unused part of what was last billed for it, after discounts, and
 * nothing where nothing was. Billing mode flexible credits what was debited
 * (https://docs.stripe.com/billing/subscriptions/billing-mode).
 * @returns 0 or a negative amount
 */
export function unusedCredit(world: World, subscription: string, item: string, now: number): number {
  const invoiced = world.store.invoices
    .all()
    .filter(({ parent, status }) => parent?.subscription_details?.subscription === subscription && status !== "void")
    .flatMap(({ lines }) => lines.data.map((line) => ({ ...line, of: itemOf(line) })));
  const waiting = waitingProrations(world, subscription).map((line) => ({
    ...line,
    of: line.item,
    discount_amounts: [],
  }));
  const billed = [...invoiced, ...waiting];
  const last = billed.findLast((line) => line.of === item && line.amount > 0);
  if (!last || last.period.end <= now) return 0;
  const { amount, discount_amounts: discounts, period } = last;
  const paid = amount - (discounts ?? []).reduce((whole, row) => whole + row.amount, 0);
  return -proportion(paid, period.end - Math.max(now, period.start), period.end - period.start);
}

const itemOf = ({ parent }: InvoiceLine) => parent?.subscription_item_details?.subscription_item;

/**
 * What a whole period of an item costs after the subscription's lasting discounts. Prorations show net amounts
 * (`billing_mode.flexible.proration_discounts: included`) and are not discounted again.
 */
export function netAmount(world: World, { discounts, items }: Subscription, changed: SubscriptionItem): number {
  const all = [changed, ...items.data.filter(({ id }) => id !== changed.id)].map(({ price, quantity }) => ({
    amount: (price.unit_amount ?? 0) * (quantity ?? 1),
    product: price.product,
    discountable: true,
    taxBehavior: "exclusive" as const,
  }));
  const [line] = priceItems(all, reductionsOf(world, lasting(world, inForce(world, discounts, world.now()))), 0).lines;
  return line ? line.subtotal - discountOn(line) : 0;
}
