import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { optionalTimestamp, type Projection, timestamp } from "../change.ts";

type Reference = string | { id: string } | null;

/** Fields that API version 2025-03-31 moved: https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices */
type BeforeBasil = { subscription?: Reference; payment_intent?: Reference };

export function projectInvoice(invoice: Stripe.Invoice & BeforeBasil, deleted = false): Projection {
  const subscription = invoice.parent?.subscription_details?.subscription ?? invoice.subscription;
  return {
    object: "invoice",
    object_id: invoice.id,
    row: {
      customer_id: idOf(invoice.customer),
      subscription_id: idOf(subscription),
      payment_intent_id: idOf(invoice.payment_intent),
      number: invoice.number,
      status: invoice.status ?? "draft",
      billing_reason: invoice.billing_reason,
      currency: invoice.currency,
      amount_due: invoice.amount_due,
      amount_paid: invoice.amount_paid,
      amount_remaining: invoice.amount_remaining,
      attempted: invoice.attempted,
      attempt_count: invoice.attempt_count,
      next_payment_attempt: optionalTimestamp(invoice.next_payment_attempt),
      hosted_invoice_url: invoice.hosted_invoice_url ?? null,
      invoice_pdf: invoice.invoice_pdf ?? null,
      created_at: timestamp(invoice.created),
    },
    rank: RANKS[invoice.status ?? "draft"] ?? 0,
    deleted,
  };
}

// An invoice never goes back: https://docs.stripe.com/invoicing/overview#invoice-statuses
const RANKS: Record<string, number> = { draft: 0, open: 1, uncollectible: 2, void: 3, paid: 3 };
