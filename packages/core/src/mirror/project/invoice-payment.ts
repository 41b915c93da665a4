import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import type { Projection } from "../change.ts";

/** Which payment paid which invoice: since API version 2025-03-31 neither names the other. */
export function projectInvoicePayment(invoicePayment: Stripe.InvoicePayment): Projection {
  return {
    object: "invoice_payment",
    object_id: invoicePayment.id,
    row: {
      invoice_id: idOf(invoicePayment.invoice) ?? "",
      payment_intent_id: idOf(invoicePayment.payment.payment_intent),
      charge_id: idOf(invoicePayment.payment.charge),
      status: invoicePayment.status,
    },
    rank: invoicePayment.status === "open" ? 0 : 1,
    deleted: false,
  };
}
