import type Stripe from "stripe";
import { idOf, listWhole } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { optionalTimestamp, timestamp } from "../projection.ts";
import { invoicePayment } from "./invoice-payment.ts";
import { paymentIntent } from "./payment-intent.ts";

type Reference = string | { id: string } | null;

/** Fields that API version 2025-03-31 moved: https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices */
type BeforeBasil = { subscription?: Reference; payment_intent?: Reference };
type LineBeforeBasil = { price?: { product: Reference } | null };

export const invoice = mirrored({
  object: "invoice",
  table: "invoices",
  path: "/v1/invoices",
  expand: ["payments.data.payment.payment_intent"],
  complete: async (invoice, readPage) => {
    if (!invoice.payments) return;
    const query = { invoice: invoice.id, expand: ["data.payment.payment_intent"] };
    invoice.payments = await listWhole(invoice.payments, (page) =>
      readPage("/v1/invoice_payments", { ...query, ...page }),
    );
  },
  project: (invoice: Stripe.Invoice & BeforeBasil) => {
    const charged = chargedFor(invoice.lines.data);
    return {
      row: {
        number: invoice.number,
        status: invoice.status ?? "draft",
        currency: invoice.currency,
        due_date: optionalTimestamp(invoice.due_date),
        attempted: invoice.attempted,
        amount_due: invoice.amount_due,
        created_at: timestamp(invoice.created),
        product_id: charged.product_id,
        amount_paid: invoice.amount_paid,
        customer_id: idOf(invoice.customer),
        description: charged.description,
        invoice_pdf: invoice.invoice_pdf ?? null,
        attempt_count: invoice.attempt_count,
        billing_reason: invoice.billing_reason,
        other_products: charged.other_products,
        subscription_id: idOf(invoice.parent?.subscription_details?.subscription ?? invoice.subscription),
        amount_remaining: invoice.amount_remaining,
        collection_method: invoice.collection_method ?? null,
        payment_intent_id: idOf(invoice.payment_intent),
        hosted_invoice_url: invoice.hosted_invoice_url ?? null,
        next_payment_attempt: optionalTimestamp(invoice.next_payment_attempt),
      },
      rank: RANKS[invoice.status ?? "draft"] ?? 0,
    };
  },
  // https://docs.stripe.com/api/invoices/delete: a draft that is of no subscription.
  isForgotten: ({ status }) => status === "draft",
  /** Its payments, which alone say why it is not paid. */
  companions: ({ payments }) =>
    (payments?.data ?? []).flatMap((part) => {
      const intent = part.payment.payment_intent;
      const paid = intent && typeof intent === "object" ? [paymentIntent.project(intent)] : [];
      return [invoicePayment.project(part), ...paid];
    }),
  listed: { by: "created" },
  // Without invoice.created: Stripe finalises no invoice until that event was taken, for up to three days.
  // https://docs.stripe.com/billing/subscriptions/webhooks
  events: {
    "invoice.finalized": {},
    "invoice.updated": {},
    "invoice.overdue": {},
    "invoice.paid": {},
    "invoice.payment_succeeded": {},
    // It does not say why it is unpaid, and its payment, which does, does not say whose it is: only asking for both at once
    // tells. https://docs.stripe.com/api/invoice-payment
    "invoice.payment_failed": { notify: "payment_failed", partial: true },
    "invoice.payment_action_required": { notify: "payment_action_required", partial: true },
    "invoice.finalization_failed": { notify: "invoice_finalization_failed" },
    "invoice.voided": {},
    "invoice.marked_uncollectible": {},
    "invoice.deleted": { deleted: true },
  },
});

/**
 * What a customer would call it: after the line that costs the most, for the others are often what a change of plan gave back. Stripe
 * shows ten lines with an invoice; the rest is not asked for.
 */
function chargedFor(lines: (Stripe.InvoiceLineItem & LineBeforeBasil)[]) {
  const [main, ...others] = lines
    .map(({ amount, description, pricing, price }) => ({
      amount,
      description,
      product_id: idOf(pricing?.price_details?.product ?? price?.product),
    }))
    .sort((a, b) => b.amount - a.amount);
  const nameOf = (line: typeof main) => line?.product_id ?? line?.description;
  const charged = others.filter(({ amount }) => amount > 0).map(nameOf);
  return {
    product_id: main?.product_id ?? null,
    description: main?.description ?? null,
    other_products: new Set(charged.filter((name) => name !== nameOf(main))).size,
  };
}

// An invoice never goes back: https://docs.stripe.com/invoicing/overview#invoice-statuses
const RANKS: Record<string, number> = { draft: 0, open: 1, uncollectible: 2, void: 3, paid: 3 };
