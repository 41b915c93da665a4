import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import { listOf, type Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { inForce, spendDiscounts } from "./discounting.ts";
import { price, unpricedTaxes } from "./invoice-pricing.ts";
import { amountEach } from "./price-amounts.ts";

export type Invoice = Stored<Stripe.Invoice>;
export type InvoiceLine = Stored<Stripe.InvoiceLineItem>;
type Subscription = Stored<Stripe.Subscription>;

export interface LineDraft {
  amount: number;
  description: string;
  /** Null for an amount that was invoiced without a price. */
  price: Stored<Stripe.Price> | null;
  quantity: number;
  discountable: boolean;
  /** Absent: those of the invoice's subscription. */
  metadata?: Stripe.Metadata;
  origin: LineOrigin;
  /** Absent: those of the invoice. */
  taxRates?: readonly Stored<Stripe.TaxRate>[] | null;
  period: { start: number; end: number };
}

/** What a line is for: a subscription item's period, an invoice item, or (a proration) both. */
export interface LineOrigin {
  subscription: string | null;
  subscriptionItem: string | null;
  invoiceItem: string | null;
  proration: boolean;
  /** The lines that a credit takes back. */
  credited?: { invoice: string; invoice_line_items: string[] };
}

export interface InvoiceDraft {
  /** Chosen by the caller: the subscription names its invoice from the start. */
  id: string;
  customer: string;
  subscription: Subscription | null;
  currency: string;
  reason: Stripe.Invoice.BillingReason;
  lines: LineDraft[];
  /** Discounts of its own; absent: those of the subscription. */
  discounts?: string[];
  /** False: the customer's balance is left alone. */
  usesBalance?: boolean;
  attributes?: Partial<Invoice>;
}

/** Writes a draft, to be finalised now or later. */
export function draftInvoice(world: World, draft: InvoiceDraft): Invoice {
  const invoice = world.store.invoices.put(newInvoice(world, draft));
  world.emit("invoice.created", invoice);
  spendDiscounts(world, invoice);
  return invoice;
}

function lineParent(origin: LineOrigin): InvoiceLine["parent"] {
  const { credited, invoiceItem, proration, subscription, subscriptionItem } = origin;
  const common = { proration, proration_details: { credited_items: credited ?? null }, subscription };
  if (subscriptionItem === null) {
    const details = { ...common, invoice_item: invoiceItem ?? "" };
    return { type: "invoice_item_details", invoice_item_details: details, subscription_item_details: null };
  }
  const details = { ...common, invoice_item: invoiceItem, subscription_item: subscriptionItem };
  return { type: "subscription_item_details", invoice_item_details: null, subscription_item_details: details };
}

export function newLine(
  { id: invoice, subscription, currency }: Pick<InvoiceDraft, "id" | "subscription" | "currency">,
  draft: LineDraft,
): InvoiceLine {
  return {
    id: newId("il"),
    object: "line_item",
    amount: draft.amount,
    currency,
    description: draft.description,
    discount_amounts: [],
    discountable: draft.discountable,
    discounts: [],
    invoice,
    livemode: false,
    metadata: draft.metadata ?? subscription?.metadata ?? {},
    parent: lineParent(draft.origin),
    period: draft.period,
    pretax_credit_amounts: [],
    pricing: pricingOf(draft, draft.origin.proration),
    quantity: draft.quantity,
    quantity_decimal: String(draft.quantity),
    subscription: draft.origin.subscription,
    subtotal: draft.amount,
    taxes: unpricedTaxes(draft.taxRates ?? []),
  };
}

/** The price, and what one unit costs: a part of the price where the amount is prorated. Up to 12 decimal places, as declared. */
export function pricingOf(
  { amount, price: of, quantity }: Pick<LineDraft, "amount" | "price" | "quantity">,
  prorated: boolean,
) {
  return {
    type: "price_details" as const,
    ...(of ? { price_details: { price: of.id, product: of.product } } : {}),
    unit_amount_decimal: (prorated ? null : of?.unit_amount_decimal) ?? amountEach(amount, quantity),
  };
}

/** The invoice as a draft, not written down: `invoice.upcoming` and previews show one that does not exist yet. */
export function newInvoice(world: World, draft: InvoiceDraft): Invoice {
  const blank = blankInvoice(world, draft);
  // What is to come shows what it would be paid with; that is used up by the invoice itself, when it is final.
  return price(world, blank, draft.reason === "upcoming" ? () => null : undefined, draft.usesBalance);
}

/** Everything but what is computed from the lines. */
function blankInvoice(world: World, draft: InvoiceDraft): Invoice {
  const { id, subscription, reason } = draft;
  const customer = world.store.customers.get(draft.customer);
  const lines = draft.lines.map((line) => newLine(draft, line));
  const now = world.now();
  const discounts = draft.discounts ?? inForce(world, subscription?.discounts ?? [], draft.attributes?.created ?? now);
  const enabled = subscription?.automatic_tax.enabled ?? false;
  return {
    id,
    object: "invoice",
    account_country: "US",
    account_name: "Test account",
    account_tax_ids: null,
    amount_due: 0,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: 0,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: true,
    automatic_tax: {
      disabled_reason: null,
      enabled,
      liability: enabled ? { type: "self" } : null,
      provider: enabled ? "stripe" : null,
      status: null,
    },
    automatically_finalizes_at: null,
    billing_reason: reason,
    collection_method: subscription?.collection_method ?? "charge_automatically",
    created: now,
    currency: draft.currency,
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_shipping: null,
    customer_tax_exempt: customer.tax_exempt ?? "none",
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: subscription?.default_tax_rates ?? [],
    description: null,
    discounts,
    due_date: null,
    effective_at: null,
    ending_balance: null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: "self" },
    last_finalization_error: null,
    latest_revision: null,
    lines: listOf(`/v1/invoices/${id}/lines`, lines),
    livemode: false,
    metadata: {},
    next_payment_attempt: null,
    number: null,
    on_behalf_of: null,
    parent: subscription && {
      quote_details: null,
      subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
      type: "subscription_details",
    },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: now,
    period_start: now,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: null,
    status: "draft",
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: 0,
    subtotal_excluding_tax: 0,
    test_clock: customer.test_clock ?? null,
    total: 0,
    total_discount_amounts: [],
    total_excluding_tax: 0,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: null,
    ...draft.attributes,
  };
}
