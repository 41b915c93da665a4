import type { World } from "../world.ts";
import { applyBalance, followCurrency } from "./balance.ts";
import { useCredit } from "./credit-grants.ts";
import { draftInvoice, type Invoice, type InvoiceDraft } from "./invoice-draft.ts";
import { markPaid, openInvoicePayment } from "./invoice-payments.ts";
import { price, type Spend } from "./invoice-pricing.ts";
import { largestCharge, refusedFraction, tooLarge } from "./money.ts";
import { openPayment } from "./payment.ts";

/**
 * Creates and finalises an invoice. Nothing due: it is paid at once; otherwise it is open, with a payment that waits
 * for `payInvoice`.
 */
export function issueInvoice(world: World, draft: InvoiceDraft, intent?: string): Invoice {
  return finalizeInvoice(world, draftInvoice(world, draft).id, intent === undefined ? {} : { intent });
}

/** An invoice of a subscription stays a draft for about an hour, so that it can still be changed. */
const DRAFT_S = 3600;

/** Writes a draft that is finalised, and then charged or sent, an hour later (https://docs.stripe.com/billing/invoices/subscription). */
export function draftForAnHour(world: World, draft: InvoiceDraft): Invoice {
  const at = world.now() + DRAFT_S;
  const attributes = { ...draft.attributes, automatically_finalizes_at: at };
  const invoice = draftInvoice(world, { ...draft, attributes });
  world.schedule("finalize_invoice", invoice.id, at * 1000);
  return invoice;
}

interface Finalization {
  /** The payment, where it was made before. */
  intent?: string | null;
  /** False: the customer's balance is left alone. */
  usesBalance?: boolean;
}

/** Makes a draft final: it has its amounts, a number and a payment now. */
export function finalizeInvoice(world: World, id: string, { intent, usesBalance = true }: Finalization = {}): Invoice {
  const before = world.store.invoices.get(id);
  if (usesBalance) {
    const problem = problemOf(price(world, before, () => null));
    if (problem) return failFinalization(world, before, problem);
  }
  const spend: Spend = (credit, line) => useCredit(world, credit, id, line.id);
  const draft = world.store.invoices.put(usesBalance ? price(world, before, spend) : before);
  const customer = world.store.customers.get(draft.customer);
  const subscription = world.store.subscriptions.find(draft.parent?.subscription_details?.subscription);
  const sequence = customer.next_invoice_sequence ?? 1;
  world.unschedule("finalize_invoice", id);
  world.update("customers", customer.id, { next_invoice_sequence: sequence + 1 });
  followCurrency(world, customer.id, draft.currency, subscription !== undefined);
  const days = subscription?.collection_method === "send_invoice" ? subscription.days_until_due : null;
  const due = draft.due_date ?? (days === null ? null : world.now() + days * DAY);
  if (due !== null) world.schedule("invoice_overdue", id, due * 1000);
  const finalized = world.update("invoices", id, {
    status: "open",
    due_date: due,
    auto_advance:
      (draft.billing_reason !== "subscription_create" || draft.collection_method === "send_invoice") &&
      draft.auto_advance,
    automatically_finalizes_at: null,
    effective_at: world.now(),
    ending_balance: usesBalance ? applyBalance(world, draft) : draft.starting_balance,
    hosted_invoice_url: `${world.publicUrl}/p/invoices/${id}`,
    invoice_pdf: `${world.publicUrl}/p/invoices/${id}/pdf`,
    number: `${customer.invoice_prefix}-${String(sequence).padStart(4, "0")}`,
    parent:
      draft.parent && subscription
        ? {
            ...draft.parent,
            subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
          }
        : draft.parent,
    status_transitions: { ...draft.status_transitions, finalized_at: world.now() },
  });
  world.emit("invoice.finalized", finalized);
  if (finalized.amount_due === 0) return markPaid(world, id);
  openInvoicePayment(world, finalized, {
    intent: intent ?? newPayment(world, finalized),
    amount: finalized.amount_due,
    isDefault: true,
  });
  return world.store.invoices.get(id);
}

const DAY = 86_400;

/** Why an invoice can't be final: automatic tax needs an address, and not every amount can be charged. */
function problemOf({ amount_due: due, automatic_tax: tax, currency }: Invoice) {
  if (due > largestCharge(currency)) return { code: "amount_too_large", message: tooLarge(currency) };
  const fraction = refusedFraction(due, currency);
  if (fraction) return fraction;
  if (tax.status !== "requires_location_inputs") return undefined;
  const message =
    "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.";
  return { code: "customer_tax_location_invalid", message };
}

/** It stays a draft. */
function failFinalization(world: World, draft: Invoice, why: { code: string; message: string }): Invoice {
  const failed = world.store.invoices.put({
    ...price(world, draft),
    last_finalization_error: { type: "invalid_request_error", ...why },
  });
  world.emit("invoice.finalization_failed", failed);
  return failed;
}

const DESCRIPTIONS: Partial<Record<string, string>> = {
  subscription_create: "Subscription creation",
  manual: "Payment for Invoice",
};

/** Opens the payment of an invoice, also of one that is not written down yet. Its id. */
export const newPayment = (world: World, invoice: Invoice): string =>
  openPayment(world, {
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: invoice.customer,
    metadata: {},
    description: DESCRIPTIONS[invoice.billing_reason ?? ""] ?? "Subscription update",
    futureUsage: "off_session",
    automaticMethods: null,
  }).id;
