import type { World } from "../world.ts";
import { paymentFailed } from "./collecting.ts";
import { markPaid } from "./invoicing.ts";
import { finishPayment } from "./payment.ts";

/** A bank debit comes to its end: the payment first, then what waited for it. */
export function settlePayment(world: World, intentId: string): void {
  const succeeded = finishPayment(world, intentId) === "succeeded";
  const invoice = world.store.invoicePayments.all().find((row) => row.payment.payment_intent === intentId)?.invoice;
  if (invoice !== undefined) {
    if (succeeded) markPaid(world, invoice);
    else paymentFailed(world, invoice);
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
