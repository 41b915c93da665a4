import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import type { LineDraft } from "./invoice-draft.ts";

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
}

/** Writes down an amount that waits for an invoice of the customer. */
export function putInvoiceItem(world: World, draft: InvoiceItemDraft): InvoiceItem {
  const { amount, price, quantity, subscription } = draft;
  const item = world.store.invoiceItems.put({
    id: newId("ii"),
    object: "invoiceitem",
    amount,
    currency: draft.currency,
    customer: draft.customer,
    customer_account: null,
    date: world.now(),
    description: draft.description,
    discountable: draft.discountable,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: draft.metadata,
    net_amount: amount,
    parent: subscription === null ? null : { type: "subscription_details", subscription_details: { subscription } },
    period: { start: world.now(), end: world.now() },
    pricing: {
      type: "price_details",
      ...(price ? { price_details: { price: price.id, product: price.product } } : {}),
      unit_amount_decimal: price?.unit_amount_decimal ?? String(amount),
    },
    proration: false,
    quantity,
    quantity_decimal: String(quantity),
    tax_rates: [],
    test_clock: world.store.customers.find(draft.customer)?.test_clock ?? null,
  });
  world.emit("invoiceitem.created", item);
  return item;
}

/** The item as a line of this invoice: it waits no more. */
export function takeInvoiceItem(world: World, item: InvoiceItem, invoice: string): LineDraft {
  world.update("invoiceItems", item.id, { invoice });
  return {
    amount: item.amount,
    description: item.description ?? "",
    price: world.store.prices.find(item.pricing?.price_details?.price) ?? null,
    quantity: item.quantity,
    item: null,
    invoiceItem: item.id,
    proration: item.proration,
    discountable: item.discountable,
    period: item.period,
  };
}

export interface Purchase {
  price: Stored<Stripe.Price>;
  quantity: number;
}

/** A one-time purchase as a line of an invoice that is not written down. */
export function purchaseLine(world: World, { price, quantity }: Purchase): LineDraft {
  const amount = (price.unit_amount ?? 0) * quantity;
  const period = { start: world.now(), end: world.now() };
  return { amount, description: "", price, quantity, item: null, proration: false, period };
}

/** One-time purchases as lines of this invoice. */
export function purchaseLines(
  world: World,
  purchases: readonly Purchase[],
  { customer, invoice, subscription }: { customer: string; invoice: string; subscription: string | null },
): LineDraft[] {
  return purchases.map(({ price, quantity }) => {
    const item = putInvoiceItem(world, {
      customer,
      amount: (price.unit_amount ?? 0) * quantity,
      currency: price.currency,
      description: world.store.products.find(price.product)?.name ?? null,
      discountable: true,
      metadata: {},
      price,
      quantity,
      subscription,
    });
    return takeInvoiceItem(world, item, invoice);
  });
}
