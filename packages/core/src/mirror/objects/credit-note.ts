import type Stripe from "stripe";
import { idOf, requiredIdOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { optionalTimestamp, timestamp } from "../projection.ts";

export const creditNote = mirrored({
  object: "credit_note",
  table: "credit_notes",
  path: "/v1/credit_notes",
  project: (creditNote: Stripe.CreditNote) => ({
    row: {
      customer_id: idOf(creditNote.customer),
      invoice_id: requiredIdOf(creditNote.invoice),
      number: creditNote.number,
      status: creditNote.status,
      type: creditNote.type,
      reason: creditNote.reason,
      currency: creditNote.currency,
      amount: creditNote.amount,
      pre_payment_amount: creditNote.pre_payment_amount ?? 0,
      post_payment_amount: creditNote.post_payment_amount ?? 0,
      pdf: creditNote.pdf ?? null,
      voided_at: optionalTimestamp(creditNote.voided_at),
      created_at: timestamp(creditNote.created),
    },
    // Issued, then perhaps void, for good: https://docs.stripe.com/api/credit_notes/void
    rank: creditNote.status === "void" ? 1 : 0,
  }),
  listed: { by: "created" },
  events: {
    "credit_note.created": {},
    "credit_note.updated": {},
    "credit_note.voided": {},
  },
});
