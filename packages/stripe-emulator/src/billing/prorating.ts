import type { World } from "../world.ts";
import { priceIn } from "./currencies.ts";
import { inForce, lasting, reductionsOf } from "./discounting.ts";
import type { InvoiceLine } from "./invoice-draft.ts";
import {
  deleteInvoiceItem,
  type ProrationDetails,
  pendingItems,
  putInvoiceItem,
  subscriptionOf,
} from "./invoice-item.ts";
import { discountOn, priceItems, proportion } from "./pricing.ts";
import { chargeFor, periodFrom, type Subscription, type SubscriptionItem } from "./subscription.ts";

/** What an item was billed for some time, or is to be. */
interface Debit {
  /** After discounts. */
  amount: number;
  period: { start: number; end: number };
  /** When it was billed, or came to wait for an invoice; in seconds. */
  date: number;
  debited: NonNullable<ProrationDetails["credited_items"]>;
}

/**
 * What was billed for an item's time after `date` (seconds) goes back: an invoice item with the unused part of what was
 * last billed for it, after discounts, and none where nothing was. Billing mode flexible credits what was debited
 * (https://docs.stripe.com/billing/subscriptions/billing-mode).
 */
export function creditRest(world: World, subscription: Subscription, item: SubscriptionItem, date: number): void {
  const last = debitsOf(world, subscription, item.id).at(-1);
  if (!last || last.period.end <= date) return;
  const { amount, debited, period } = last;
  const unused = proportion(amount, period.end - Math.max(date, period.start), period.end - period.start);
  const details = { credited_items: debited, discount_amounts: [] };
  prorate(world, subscription, item, { amount: -unused, title: "Unused time on", date, details });
}

/**
 * An invoice item with what an item costs for the time after `date` (seconds), at the subscription's lasting discounts.
 * Prorations show net amounts (`billing_mode.flexible.proration_discounts: included`) and are not discounted again
 * (https://docs.stripe.com/billing/subscriptions/prorations).
 */
export function chargeRest(world: World, subscription: Subscription, item: SubscriptionItem, date: number): void {
  const { current_period_start: start, current_period_end: end } = item;
  const others = subscription.items.data.filter(({ id }) => id !== item.id);
  const priced = [item, ...others].map(({ price, quantity }) => ({
    amount: chargeFor(world, priceIn(world, price, subscription.currency), quantity),
    product: price.product,
    discountable: true,
    taxes: [],
  }));
  const reductions = reductionsOf(world, lasting(world, inForce(world, subscription.discounts, world.now())));
  const [line] = priceItems(priced, reductions).lines;
  if (!line) return;
  // A first or last period may be a part of one only: what a whole one costs is shared over its whole time.
  const whole = Math.max(end, periodFrom(start, item.price).current_period_end) - start;
  const rest = (cost: number) => proportion(cost, Math.max(0, end - date), whole);
  const discounts = line.discounts.map(({ discount, amount }) => ({ discount, amount: rest(amount) }));
  const details = { credited_items: null, discount_amounts: discounts };
  const amount = rest(line.subtotal - discountOn(line));
  prorate(world, subscription, item, { amount, title: "Remaining time on", date, details });
}

/** The debits of a subscription's item that were not taken back yet, the last one last. */
function debitsOf(world: World, subscription: Subscription, item: string): Debit[] {
  const credited = creditedBy(world, subscription);
  const invoiced = world.store.invoices
    .where("customer", subscription.customer)
    .filter((row) => row.status !== "void")
    .flatMap(({ id, created, lines }) =>
      ofOnePeriod(
        lines.data
          .filter((line) => originOf(line)?.subscription_item === item && line.amount > 0)
          .filter((line) => !credited.has(line.id) && !credited.has(originOf(line)?.invoice_item ?? "")),
      ).map((alike): Debit => {
        const [{ period, ...line }] = alike;
        const details = { invoice: id, invoice_line_items: alike.map((each) => each.id) };
        return {
          amount: alike.reduce((sum, each) => sum + netOf(each), 0),
          period,
          date: world.store.invoiceItems.find(originOf(line)?.invoice_item)?.date ?? created,
          debited: { type: "invoice_line_items", invoice_line_item_details: details },
        };
      }),
    );
  const waiting = pendingItems(world, subscription)
    .filter(({ amount, parent }) => parent?.subscription_details?.subscription_item === item && amount > 0)
    .filter(({ id }) => !credited.has(id))
    .map(({ id, amount, date, period }): Debit => {
      return { amount, period, date, debited: { type: "invoice_item", invoice_item: id } };
    });
  return [...invoiced, ...waiting].sort((a, b) => a.date - b.date);
}

/** The lines of an item that are for the same time: those of the tiers that it reached, or one alone. */
function ofOnePeriod(lines: readonly InvoiceLine[]): [InvoiceLine, ...InvoiceLine[]][] {
  const groups = new Map<string, [InvoiceLine, ...InvoiceLine[]]>();
  for (const line of lines) {
    const time = `${originOf(line)?.invoice_item} ${line.period.start} ${line.period.end}`;
    const alike = groups.get(time);
    if (alike) alike.push(line);
    else groups.set(time, [line]);
  }
  return [...groups.values()];
}

const netOf = ({ amount, discount_amounts: discounts }: InvoiceLine): number =>
  amount - (discounts ?? []).reduce((whole, { amount: off }) => whole + off, 0);

/** The ids of the invoice lines and invoice items that credits have taken back. */
function creditedBy(world: World, { customer }: Subscription): Set<string> {
  const credits = world.store.invoiceItems
    .where("customer", customer)
    .filter((row) => world.store.invoices.find(row.invoice)?.status !== "void")
    .flatMap(({ proration_details: details }) => details?.credited_items ?? []);
  const ids = credits.map(({ invoice_item: pending, invoice_line_item_details: billed }) =>
    pending === undefined ? (billed?.invoice_line_items ?? []) : [pending],
  );
  return new Set(ids.flat());
}

const originOf = ({ parent }: Pick<InvoiceLine, "parent">) => parent?.subscription_item_details;

interface Proration {
  /** In the currency's smallest unit; negative for a credit. */
  amount: number;
  title: string;
  /** Where its time begins, in seconds. */
  date: number;
  details: ProrationDetails;
}

function prorate(
  world: World,
  { id, customer, currency, metadata }: Subscription,
  { id: subscriptionItem, price, quantity = 1, current_period_end: end, tax_rates: taxRates }: SubscriptionItem,
  { amount, title, date, details }: Proration,
): void {
  if (amount === 0) return;
  const product = world.store.products.find(price.product)?.name ?? price.product;
  const what = quantity === 1 ? product : `${quantity} × ${product}`;
  putInvoiceItem(world, {
    customer,
    amount,
    currency,
    description: `${title} ${what} after ${dayOf(date)}`,
    discountable: false,
    metadata,
    price,
    quantity,
    subscription: id,
    taxRates: taxRates ?? [],
    proration: { subscriptionItem, period: { start: date, end }, details },
  });
}

/** As in "Unused time on Pro after 06 Apr 2027" (UTC). */
const dayOf = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleDateString("en-GB", {
    day: "2-digit",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });

/** The prorations that wait for an invoice of this subscription. */
const pendingProrations = (world: World, subscription: Subscription) =>
  pendingItems(world, subscription).filter((item) => item.proration && subscriptionOf(item) === subscription.id);

/** Nobody is billed for what waits. Other invoice items go on waiting. */
export function dropProrations(world: World, subscription: Subscription): void {
  for (const item of pendingProrations(world, subscription)) deleteInvoiceItem(world, item);
}
