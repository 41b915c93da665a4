import type Stripe from "stripe";
import { idOf, requiredIdOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";

/** Which payment paid which invoice: since API version 2025-03-31 neither names the other. */
export const invoicePayment = mirrored({
  object: "invoice_payment",
  table: "invoice_payments",
  path: "/v1/invoice_payments",
  project: (invoicePayment: Stripe.InvoicePayment) => ({
    row: {
      status: invoicePayment.status,
      charge_id: idOf(invoicePayment.payment.charge),
      invoice_id: requiredIdOf(invoicePayment.invoice),
      payment_intent_id: idOf(invoicePayment.payment.payment_intent),
    },
    rank: invoicePayment.status === "open" ? 0 : 1,
  }),
  listed: { by: "created" },
  events: {
    "invoice_payment.paid": {},
  },
});
