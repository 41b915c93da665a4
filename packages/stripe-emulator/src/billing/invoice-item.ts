import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { priceIn } from "./currencies.ts";
import { type LineDraft, pricingOf } from "./invoice-draft.ts";
import { amountOf } from "./price-amounts.ts";

export type InvoiceItem = Stored<Stripe.InvoiceItem>;

export interface InvoiceItemDraft {
  customer: string;
  /** In the smallest unit of the currency; the price's amount times the quantity where there is a price. */
  amount: number;
  currency: string;
  description: string | null;
  discountable: boolean;
  metadata: Stripe.Metadata;
  price: Stored<Stripe.Price> | null;
  quantity: number;
  subscription: string | null;
  taxRates?: Stored<Stripe.TaxRate>[];
  /** Absent: now, or that of the proration. */
  period?: InvoiceItem["period"];
  /** The draft that it is put on at once; absent: it waits. */
  invoice?: string;
  /** For the amounts that a change of a subscription leads to. */
  proration?: { subscriptionItem: string; period: InvoiceItem["period"]; details: ProrationDetails };
}

export type ProrationDetails = NonNullable<InvoiceItem["proration_details"]>;

/** Writes down an amount that waits for an invoice of the customer, or is put on a draft. */
export function putInvoiceItem(world: World, draft: InvoiceItemDraft): InvoiceItem {
  const { amount, discountable, proration, quantity, subscription } = draft;
  const item = world.store.invoiceItems.put({
    id: newId("ii"),
    object: "invoiceitem",
    amount,
    currency: draft.currency,
    customer: draft.customer,
    customer_account: null,
    date: world.now(),
    description: draft.description,
    discountable,
    discounts: [],
    invoice: draft.invoice ?? null,
    livemode: false,
    metadata: draft.metadata,
    ...(discountable ? {} : { net_amount: amount }),
    parent: subscription === null ? null : parentOf(subscription, proration?.subscriptionItem),
    period: draft.period ?? proration?.period ?? { start: world.now(), end: world.now() },
    pricing: pricingOf(draft, proration !== undefined),
    proration: proration !== undefined,
    ...(proration ? { proration_details: proration.details } : {}),
    quantity,
    quantity_decimal: String(quantity),
    tax_rates: draft.taxRates ?? [],
    test_clock: world.store.customers.find(draft.customer)?.test_clock ?? null,
  });
  world.emit("invoiceitem.created", item);
  return item;
}

const parentOf = (subscription: string, item: string | undefined): InvoiceItem["parent"] => ({
  type: "subscription_details",
  subscription_details: { subscription, ...(item === undefined ? {} : { subscription_item: item }) },
});

/** What waits for an invoice of the customer in the currency, in the order that invoices have: the newest first. */
export function pendingItems(
  world: World,
  { customer, currency }: Pick<InvoiceItem, "customer" | "currency">,
): InvoiceItem[] {
  return world.store.invoiceItems
    .where("customer", customer)
    .filter((row) => row.invoice === null && row.currency === currency)
    .sort((a, b) => b.date - a.date);
}

/** The subscription that an invoice item waits for; undefined: any invoice of its customer. */
export const subscriptionOf = ({ parent }: InvoiceItem): string | undefined =>
  parent?.subscription_details?.subscription;

/** The item as a line of an invoice that is not written down. */
export function invoiceItemLine(world: World, item: InvoiceItem): LineDraft {
  const credited = item.proration_details?.credited_items?.invoice_line_item_details;
  return {
    amount: item.amount,
    description: item.description ?? "",
    price: world.store.prices.find(item.pricing?.price_details?.price) ?? null,
    quantity: item.quantity,
    discountable: item.discountable,
    metadata: item.metadata ?? {},
    origin: {
      subscription: subscriptionOf(item) ?? null,
      subscriptionItem: item.parent?.subscription_details?.subscription_item ?? null,
      invoiceItem: item.id,
      proration: item.proration,
      ...(credited ? { credited } : {}),
    },
    taxRates: item.tax_rates,
    period: item.period,
  };
}

/** The items as lines of this invoice: they wait no more. */
export function takeInvoiceItems(world: World, items: readonly InvoiceItem[], invoice: string): LineDraft[] {
  return items.map((item) => invoiceItemLine(world, world.update("invoiceItems", item.id, { invoice })));
}

/** An item that waits is taken back: nobody is billed for it. */
export function deleteInvoiceItem(world: World, item: InvoiceItem): void {
  world.store.invoiceItems.delete(item.id);
  world.emit("invoiceitem.deleted", item);
}

/** Something that is bought once. */
export interface Purchase {
  price: Stored<Stripe.Price>;
  quantity: number;
  taxRates?: Stored<Stripe.TaxRate>[];
  discountable?: boolean;
  metadata?: Stripe.Metadata;
  /** Of which time, in seconds or by the periods of its subscription's items; absent: of now. */
  period?: { start: number | "max_item_period_start"; end: number | "min_item_period_end" };
}

type Billed = readonly Pick<Stripe.SubscriptionItem, "current_period_end" | "current_period_start">[];

/** @param items those of the subscription that it is bought beside */
function periodOf(world: World, { period }: Purchase, items: Billed): InvoiceItem["period"] {
  if (!period) return { start: world.now(), end: world.now() };
  const start = Math.max(...items.map(({ current_period_start: each }) => each));
  const end = Math.min(...items.map(({ current_period_end: each }) => each));
  return {
    start: period.start === "max_item_period_start" ? start : period.start,
    end: period.end === "min_item_period_end" ? end : period.end,
  };
}

/** A one-time purchase as a line of an invoice that is not written down. */
export function purchaseLine(world: World, purchase: Purchase, currency: string, items: Billed): LineDraft {
  const { price: sold, quantity, taxRates = [], discountable = true } = purchase;
  const price = priceIn(world, sold, currency);
  const amount = amountOf(world, price, quantity);
  const origin = { subscription: null, subscriptionItem: null, invoiceItem: null, proration: false };
  return {
    amount,
    description: "",
    price,
    quantity,
    discountable,
    origin,
    taxRates,
    period: periodOf(world, purchase, items),
  };
}

interface Beside {
  customer: string;
  currency: string;
  subscription: string | null;
  items: Billed;
}

/** One-time purchases, which wait for an invoice. */
export const putPurchases = (world: World, purchases: readonly Purchase[], beside: Beside): InvoiceItem[] =>
  purchases.map((purchase) => {
    const { quantity, taxRates = [], discountable = true, metadata = {} } = purchase;
    const price = priceIn(world, purchase.price, beside.currency);
    return putInvoiceItem(world, {
      customer: beside.customer,
      amount: amountOf(world, price, quantity),
      currency: price.currency,
      description: world.store.products.find(price.product)?.name ?? null,
      discountable,
      metadata,
      period: periodOf(world, purchase, beside.items),
      price,
      quantity,
      subscription: beside.subscription,
      taxRates,
    });
  });

/** One-time purchases as lines of this invoice. */
export const purchaseLines = (
  world: World,
  purchases: readonly Purchase[],
  { invoice, ...beside }: Beside & { invoice: string },
): LineDraft[] => takeInvoiceItems(world, putPurchases(world, purchases, beside), invoice);
