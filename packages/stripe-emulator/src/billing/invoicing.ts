import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import { listOf, type Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { type Attempt, attemptPayment, openPayment } from "./payment.ts";

export type Invoice = Stored<Stripe.Invoice>;
export type InvoiceLine = Stored<Stripe.InvoiceLineItem>;

export interface LineDraft {
  amount: number;
  description: string;
  price: Stored<Stripe.Price>;
  quantity: number;
  item: string;
  proration: boolean;
  period: { start: number; end: number };
}

export interface InvoiceDraft {
  /** Chosen by the caller: the subscription names its invoice from the start. */
  id: string;
  subscription: Stored<Stripe.Subscription>;
  reason: Stripe.Invoice.BillingReason;
  lines: LineDraft[];
}

/**
 * Creates and finalises a subscription's invoice. Nothing due: it is paid at once; otherwise it is open, with a
 * payment that waits for `payInvoice`.
 */
export function issueInvoice(world: World, draft: InvoiceDraft): Invoice {
  const customer = world.store.customers.get(draft.subscription.customer);
  const total = draft.lines.reduce((sum, line) => sum + line.amount, 0);
  const invoice = world.store.invoices.put(newInvoice(world, draft, total));
  world.emit("invoice.created", invoice);
  const sequence = customer.next_invoice_sequence ?? 1;
  world.update("customers", customer.id, { next_invoice_sequence: sequence + 1, currency: invoice.currency });
  const finalized = world.update("invoices", invoice.id, {
    status: "open",
    auto_advance: false,
    effective_at: world.now(),
    ending_balance: Math.min(total, 0),
    hosted_invoice_url: `${world.publicUrl}/p/invoices/${invoice.id}`,
    invoice_pdf: `${world.publicUrl}/p/invoices/${invoice.id}/pdf`,
    number: `${customer.invoice_prefix}-${String(sequence).padStart(4, "0")}`,
    status_transitions: { ...invoice.status_transitions, finalized_at: world.now() },
  });
  world.emit("invoice.finalized", finalized);
  if (finalized.amount_due === 0) return markPaid(world, invoice.id);
  openInvoicePayment(world, finalized);
  return finalized;
}

function openInvoicePayment(world: World, invoice: Invoice): void {
  const intent = openPayment(world, {
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: invoice.customer,
    metadata: {},
    description: invoice.billing_reason === "subscription_create" ? "Subscription creation" : "Subscription update",
    keepPaymentMethod: true,
  });
  world.store.invoicePayments.put({
    id: newId("inpay"),
    object: "invoice_payment",
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created: world.now(),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { type: "payment_intent", payment_intent: intent.id },
    status: "open",
    status_transitions: { canceled_at: null, paid_at: null },
  });
}

const paymentOf = (world: World, invoice: string) =>
  world.store.invoicePayments.all().find((row) => row.invoice === invoice);

export function payInvoice(world: World, invoiceId: string, method: Stored<Stripe.PaymentMethod>): Attempt {
  const attempt = attemptPayment(world, paymentOf(world, invoiceId)?.payment.payment_intent ?? "", method);
  const { attempt_count: count } = world.store.invoices.get(invoiceId);
  world.update("invoices", invoiceId, { attempted: true, attempt_count: count + 1 });
  if (attempt === "succeeded") markPaid(world, invoiceId);
  if (attempt === "declined") world.emit("invoice.payment_failed", world.store.invoices.get(invoiceId));
  return attempt;
}

/** The invoice's payment has succeeded, or nothing was due. */
export function markPaid(world: World, invoiceId: string): Invoice {
  const before = world.store.invoices.get(invoiceId);
  const invoice = world.update("invoices", invoiceId, {
    status: "paid",
    amount_paid: before.amount_due,
    amount_remaining: 0,
    attempted: true,
    status_transitions: { ...before.status_transitions, paid_at: world.now() },
  });
  world.emit("invoice.paid", invoice);
  world.emit("invoice.payment_succeeded", invoice);
  const payment = paymentOf(world, invoiceId);
  if (payment) {
    const paid = world.update("invoicePayments", payment.id, {
      status: "paid",
      amount_paid: payment.amount_requested,
      status_transitions: { canceled_at: null, paid_at: world.now() },
    });
    world.emit("invoice_payment.paid", paid);
  }
  return invoice;
}

function newLine(subscription: Stored<Stripe.Subscription>, invoice: string, draft: LineDraft): InvoiceLine {
  return {
    id: newId("il"),
    object: "line_item",
    amount: draft.amount,
    currency: subscription.currency,
    description: draft.description,
    discount_amounts: [],
    discountable: !draft.proration,
    discounts: [],
    invoice,
    livemode: false,
    metadata: subscription.metadata,
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: draft.proration,
        proration_details: null,
        subscription: subscription.id,
        subscription_item: draft.item,
      },
      type: "subscription_item_details",
    },
    period: draft.period,
    pretax_credit_amounts: [],
    pricing: {
      type: "price_details",
      price_details: { price: draft.price.id, product: draft.price.product },
      unit_amount_decimal: draft.price.unit_amount_decimal,
    },
    quantity: draft.quantity,
    quantity_decimal: String(draft.quantity),
    subscription: subscription.id,
    subtotal: draft.amount,
    taxes: [],
  };
}

function newInvoice(world: World, draft: InvoiceDraft, total: number): Invoice {
  const { id, subscription, reason } = draft;
  const customer = world.store.customers.get(subscription.customer);
  const lines = draft.lines.map((line) => newLine(subscription, id, line));
  const due = Math.max(total, 0);
  const now = world.now();
  const { enabled } = subscription.automatic_tax;
  return {
    id,
    object: "invoice",
    account_country: "US",
    account_name: "Test account",
    account_tax_ids: null,
    amount_due: due,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: due,
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
      status: enabled ? "complete" : null,
    },
    automatically_finalizes_at: null,
    billing_reason: reason,
    collection_method: "charge_automatically",
    created: now,
    currency: subscription.currency,
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
    default_tax_rates: [],
    description: null,
    discounts: [],
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
    parent: {
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
    subtotal: total,
    subtotal_excluding_tax: total,
    test_clock: null,
    total,
    total_discount_amounts: [],
    total_excluding_tax: total,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: null,
  };
}
