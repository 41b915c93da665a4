import type { World } from "../world.ts";
import { unapplyBalance } from "./balance.ts";
import { giveCreditsBack } from "./credit-grants.ts";
import { setDelinquent } from "./delinquency.ts";
import type { Invoice } from "./invoice-draft.ts";
import { cancelPayments } from "./invoice-payments.ts";

const CLOSED = {
  void: ["voided_at", "invoice.voided"],
  uncollectible: ["marked_uncollectible_at", "invoice.marked_uncollectible"],
} as const;

/** An open invoice is voided or written off: nobody collects it any more. A voided one has no payment either. */
export function closeInvoice(world: World, id: string, status: keyof typeof CLOSED): Invoice {
  const { status_transitions: before } = world.store.invoices.get(id);
  const [moment, type] = CLOSED[status];
  world.unschedule("retry_payment", id);
  world.unschedule("invoice_overdue", id);
  const closed = world.update("invoices", id, {
    status,
    auto_advance: false,
    next_payment_attempt: null,
    status_transitions: { ...before, [moment]: world.now() },
  });
  world.emit(type, closed);
  if (status === "void") {
    unapplyBalance(world, closed);
    giveCreditsBack(world, id);
    cancelPayments(world, id, "void_invoice");
    world.react("invoice.voided", closed);
  } else world.react("invoice.marked_uncollectible", closed);
  return closed;
}

/** The due date of an invoice that was sent has passed. */
export function tellOverdue(world: World, id: string): void {
  const invoice = world.store.invoices.find(id);
  if (invoice?.status !== "open") return;
  world.emit("invoice.overdue", invoice);
  setDelinquent(world, invoice.customer, true);
  world.react("invoice.overdue", invoice);
}
