import type { World } from "../world.ts";
import { markPaid } from "./invoicing.ts";
import { finishPayment } from "./payment.ts";

/** A bank debit comes to its end: the payment first, then what waited for it. */
export function settlePayment(world: World, intentId: string): void {
  const succeeded = finishPayment(world, intentId) === "succeeded";
  const invoice = world.store.invoicePayments.all().find((row) => row.payment.payment_intent === intentId)?.invoice;
  if (invoice !== undefined) {
    if (succeeded) markPaid(world, invoice);
    else failInvoice(world, invoice);
  }
  const session = world.store.checkoutSessions
    .all()
    .find((row) => row.payment_intent === intentId || (invoice !== undefined && row.invoice === invoice));
  if (!session) return;
  if (!succeeded) world.emit("checkout.session.async_payment_failed", session);
  else {
    const paid = world.update("checkoutSessions", session.id, { payment_status: "paid" });
    world.emit("checkout.session.async_payment_succeeded", paid);
  }
}

function failInvoice(world: World, id: string): void {
  const invoice = world.store.invoices.get(id);
  world.emit("invoice.payment_failed", invoice);
  const subscription = world.store.subscriptions.find(invoice.parent?.subscription_details?.subscription);
  if (!subscription || subscription.status === "canceled") return;
  world.update("subscriptions", subscription.id, { status: "past_due" }, "customer.subscription.updated");
}
