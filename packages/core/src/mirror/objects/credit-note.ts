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
      pdf: creditNote.pdf ?? null,
      type: creditNote.type,
      amount: creditNote.amount,
      number: creditNote.number,
      reason: creditNote.reason,
      status: creditNote.status,
      currency: creditNote.currency,
      voided_at: optionalTimestamp(creditNote.voided_at),
      created_at: timestamp(creditNote.created),
      invoice_id: requiredIdOf(creditNote.invoice),
      customer_id: idOf(creditNote.customer),
      pre_payment_amount: creditNote.pre_payment_amount ?? 0,
      post_payment_amount: creditNote.post_payment_amount ?? 0,
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
