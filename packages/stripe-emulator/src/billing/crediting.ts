import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import { listOf, type Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { adjustBalance } from "./balance.ts";
import { type CreditLine, sumOf } from "./credit-lines.ts";
import type { Invoice } from "./invoice-draft.ts";
import { followRemaining, markPaid } from "./invoice-payments.ts";
import { isChargedBack, refundable, refundCharge } from "./refunding.ts";

export type CreditNote = Stored<Stripe.CreditNote>;
type Charge = Stored<Stripe.Charge>;

export interface CreditNoteDraft extends Pick<CreditNote, "memo" | "metadata" | "reason"> {
  lines: CreditLine[];
  effectiveAt: number | null;
  /** What becomes of the part that was paid already: a new refund, refunds that there are, credit, and other ways. */
  refund: { charge: Charge; amount: number } | null;
  linked: { refund: string; amount: number }[];
  credit: number;
  outOfBand: number;
}

export const creditNotesOf = (world: World, invoice: string): CreditNote[] =>
  world.store.creditNotes.all().filter((row) => row.invoice === invoice && row.status === "issued");

/** How an amount divides: it reduces what remains to be paid first, and the rest is given back. */
export function divide({ amount_remaining: remaining }: Invoice, amount: number): { pre: number; post: number } {
  const pre = Math.min(amount, remaining);
  return { pre, post: amount - pre };
}

/** What of an invoice's payments was not given back by credit notes. */
export const creditable = ({ amount_paid: paid, post_payment_credit_notes_amount: credited }: Invoice): number =>
  paid - credited;

/** The charges that an invoice was paid by. */
export const chargesOf = (world: World, invoice: string): Charge[] =>
  world.store.invoicePayments
    .all()
    .filter((row) => row.invoice === invoice && row.status === "paid")
    .flatMap((row) => {
      const intent = world.store.paymentIntents.find(row.payment.payment_intent);
      return world.store.charges.find(intent?.latest_charge) ?? [];
    });

/** The charge that an amount can be refunded from. */
export const chargeFor = (world: World, invoice: string, amount: number): Charge | undefined =>
  chargesOf(world, invoice).find((charge) => refundable(charge) >= amount && !isChargedBack(world, charge));

/** Issues a credit note to an invoice that is open or paid (https://docs.stripe.com/api/credit_notes/create). */
export function issueCreditNote(world: World, invoice: Invoice, draft: CreditNoteDraft): CreditNote {
  const id = newId("cn");
  const { amount } = sumOf(draft.lines);
  const { pre, post } = divide(invoice, amount);
  const refund = draft.refund && refundCharge(world, draft.refund.charge, { amount: draft.refund.amount });
  const transaction =
    draft.credit === 0
      ? null
      : adjustBalance(world, invoice.customer, {
          amount: -draft.credit,
          currency: invoice.currency,
          type: "credit_note",
          creditNote: id,
          invoice: invoice.id,
        });
  const linked = [...(refund ? [{ refund: refund.id, amount: refund.amount }] : []), ...draft.linked];
  const note = world.store.creditNotes.put({
    ...blankNote(world, invoice, id, draft),
    ...sumOf(draft.lines),
    customer_balance_transaction: transaction?.id ?? null,
    out_of_band_amount: draft.outOfBand === 0 ? null : draft.outOfBand,
    post_payment_amount: post,
    pre_payment_amount: pre,
    refunds: linked.map((row) => ({
      amount_refunded: row.amount,
      payment_record_refund: null,
      refund: row.refund,
      type: "refund",
    })),
    type: pre === 0 ? "post_payment" : post === 0 ? "pre_payment" : "mixed",
  });
  world.emit("credit_note.created", note);
  reduceInvoice(world, invoice.id, { pre, post });
  return note;
}

function blankNote(
  world: World,
  { id: invoice, number, customer, currency }: Invoice,
  id: string,
  draft: CreditNoteDraft,
): Omit<CreditNote, keyof ReturnType<typeof sumOf> | "post_payment_amount" | "pre_payment_amount" | "type"> {
  const sequence = world.store.creditNotes.all().filter((row) => row.invoice === invoice).length + 1;
  return {
    id,
    object: "credit_note",
    amount_shipping: 0,
    created: world.now(),
    currency,
    customer: customer ?? "",
    customer_account: null,
    customer_balance_transaction: null,
    effective_at: draft.effectiveAt ?? world.now(),
    invoice,
    lines: listOf(`/v1/credit_notes/${id}/lines`, draft.lines),
    livemode: false,
    memo: draft.memo,
    metadata: draft.metadata,
    number: `${number}-CN-${String(sequence).padStart(2, "0")}`,
    out_of_band_amount: null,
    pdf: `${world.publicUrl}/p/invoices/${invoice}/pdf`,
    reason: draft.reason,
    refunds: [],
    shipping_cost: null,
    status: "issued",
    voided_at: null,
  };
}

/** What was credited is asked for no more; an invoice of which nothing remains is paid. Negative where one is voided. */
function reduceInvoice(world: World, id: string, { pre, post }: { pre: number; post: number }): void {
  const before = world.store.invoices.get(id);
  const patch = {
    amount_due: before.amount_due - pre,
    amount_remaining: before.amount_remaining - pre,
    pre_payment_credit_notes_amount: before.pre_payment_credit_notes_amount + pre,
    post_payment_credit_notes_amount: before.post_payment_credit_notes_amount + post,
  };
  if (before.status === "open" && patch.amount_remaining === 0) {
    markPaid(world, id, { ...patch, amount_paid: before.amount_paid });
    return;
  }
  world.update("invoices", id, patch, "invoice.updated");
  followRemaining(world, id);
}

/** An open invoice asks for the whole again. */
export function voidCreditNote(world: World, id: string): CreditNote {
  const voided = world.update("creditNotes", id, { status: "void", voided_at: world.now() });
  world.emit("credit_note.voided", voided);
  reduceInvoice(world, voided.invoice, { pre: -voided.pre_payment_amount, post: 0 });
  return voided;
}
