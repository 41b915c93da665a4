import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { adjustBalance } from "./balance.ts";
import { setDelinquent } from "./delinquency.ts";
import type { Invoice } from "./invoice-draft.ts";

export type InvoicePayment = Stored<Stripe.InvoicePayment>;

/** A payment of an open invoice: its default one, or one that was attached to pay a part. */
export function openInvoicePayment(
  world: World,
  invoice: Invoice,
  { intent, amount, isDefault }: { intent: string; amount: number; isDefault: boolean },
): InvoicePayment {
  return world.store.invoicePayments.put({
    id: newId("inpay"),
    object: "invoice_payment",
    amount_paid: null,
    amount_requested: amount,
    created: world.now(),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: isDefault,
    livemode: false,
    payment: { type: "payment_intent", payment_intent: intent },
    status: "open",
    status_transitions: { canceled_at: null, paid_at: null },
  });
}

const paymentsOf = (world: World, invoice: string): InvoicePayment[] =>
  world.store.invoicePayments.where("invoice", invoice);

/** The payment that was opened when the invoice was finalised: it is for what remains to be paid. */
export const defaultPaymentOf = (world: World, invoice: string): InvoicePayment | undefined =>
  paymentsOf(world, invoice).find((row) => row.is_default);

/** What a PaymentIntent pays of an invoice; undefined where it pays none. */
export const paymentBy = (world: World, intent: string): InvoicePayment | undefined =>
  world.store.invoicePayments.all().find((row) => row.payment.payment_intent === intent && row.status !== "canceled");

/**
 * A payment has succeeded: what it brought is credited to its invoice, and the last one makes the invoice paid. What is
 * more than remained goes to the customer's balance (https://docs.stripe.com/invoicing/partial-payments).
 * @param patch what the attempt changed besides
 */
export function paymentSucceeded(world: World, payment: InvoicePayment, patch: Partial<Invoice> = {}): Invoice {
  const before = world.store.invoices.get(payment.invoice);
  if (payment.status !== "open") return before;
  const { amount_received: received } = world.store.paymentIntents.get(payment.payment.payment_intent);
  const credited = Math.min(received, before.amount_remaining);
  const credit = {
    ...patch,
    attempted: true,
    amount_paid: before.amount_paid + credited,
    amount_remaining: before.amount_remaining - credited,
    amount_overpaid: before.amount_overpaid + received - credited,
  };
  if (credit.amount_remaining === 0) return markPaid(world, before.id, { ...credit, by: { ...payment, credited } });
  world.update("invoices", before.id, credit, "invoice.updated");
  settle(world, payment, credited);
  followRemaining(world, before.id);
  return world.store.invoices.get(before.id);
}

type Paid = Partial<Invoice> & {
  /** Absent: nothing was due. */
  by?: (InvoicePayment & { credited: number }) | "out_of_band";
};

/**
 * Nothing of the invoice remains to be paid: its last payment has succeeded, nothing was due, or it was paid out of band,
 * which is no payment that succeeded (https://docs.stripe.com/invoicing/integration#handle-payment-events).
 */
export function markPaid(world: World, invoiceId: string, { by, ...patch }: Paid = {}): Invoice {
  const before = world.store.invoices.get(invoiceId);
  world.unschedule("retry_payment", invoiceId);
  world.unschedule("invoice_overdue", invoiceId);
  const paid = {
    amount_paid: before.amount_due,
    amount_remaining: 0,
    ...patch,
    status: "paid" as const,
    attempted: true,
    auto_advance: false,
    next_payment_attempt: null,
    status_transitions: { ...before.status_transitions, paid_at: world.now() },
    ...(by === "out_of_band" ? { amount_paid_off_stripe: before.amount_remaining } : {}),
  };
  // https://docs.stripe.com/billing/subscriptions/webhooks: told of payments that succeed and that fail.
  const invoice = world.update("invoices", invoiceId, paid, "invoice.updated");
  world.emit("invoice.paid", invoice);
  if (by !== "out_of_band") world.emit("invoice.payment_succeeded", invoice);
  if (typeof by === "object") settle(world, by, by.credited);
  cancelPayments(world, invoiceId, "automatic");
  const overpaid = invoice.amount_overpaid - before.amount_overpaid;
  const { customer, currency } = invoice;
  if (overpaid > 0)
    adjustBalance(world, customer, { amount: -overpaid, currency, type: "invoice_overpaid", invoice: invoiceId });
  setDelinquent(world, customer, false);
  world.react("invoice.paid", invoice);
  return world.store.invoices.get(invoiceId);
}

function settle(world: World, { id }: InvoicePayment, credited: number): void {
  const status_transitions = { canceled_at: null, paid_at: world.now() };
  const settled = world.update("invoicePayments", id, { status: "paid", amount_paid: credited, status_transitions });
  world.emit("invoice_payment.paid", settled);
}

const UNDER_WAY = ["processing", "succeeded", "canceled"];

/** What remains of an open invoice has changed: its default payment asks for that, unless it is under way. */
export function followRemaining(world: World, invoice: string): void {
  const payment = defaultPaymentOf(world, invoice);
  const intent = world.store.paymentIntents.find(payment?.payment.payment_intent);
  if (payment?.status !== "open" || !intent || UNDER_WAY.includes(intent.status)) return;
  const { amount_remaining: amount } = world.store.invoices.get(invoice);
  world.update("invoicePayments", payment.id, { amount_requested: amount });
  world.update("paymentIntents", intent.id, { amount });
}

/**
 * The invoice asks for no more payments: those that are open are closed. Its default one ends with that; one that was
 * attached is its owner's.
 */
export function cancelPayments(world: World, invoice: string, reason: "automatic" | "void_invoice"): void {
  for (const payment of paymentsOf(world, invoice)) {
    if (payment.status !== "open") continue;
    closePayment(world, payment);
    const intent = world.store.paymentIntents.find(payment.payment.payment_intent);
    if (!intent || !payment.is_default || ["succeeded", "canceled"].includes(intent.status)) continue;
    const patch = { status: "canceled", canceled_at: world.now(), cancellation_reason: reason };
    world.emit("payment_intent.canceled", world.update("paymentIntents", intent.id, patch));
  }
}

export function closePayment(world: World, { id }: InvoicePayment): void {
  const status_transitions = { canceled_at: world.now(), paid_at: null };
  world.update("invoicePayments", id, { status: "canceled", status_transitions });
}
