import type { World } from "../world.ts";
import { failChallenge } from "./challenging.ts";
import { paymentFailed } from "./collecting.ts";
import { markPaid } from "./invoicing.ts";
import { attemptPayment, finishPayment } from "./payment.ts";

/** A bank debit comes to its end: the payment first, then what waited for it. */
export function settlePayment(world: World, intentId: string): void {
  if (world.store.paymentIntents.find(intentId)?.status !== "processing") return;
  const succeeded = finishPayment(world, intentId) === "succeeded";
  const invoice = tellInvoice(world, intentId, succeeded);
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

/** The challenge page was answered: the payment goes on, or has failed. */
export function answerChallenge(world: World, intentId: string, passed: boolean): void {
  const intent = world.store.paymentIntents.get(intentId);
  if (intent.status !== "requires_action") return;
  if (passed) {
    const method = world.store.paymentMethods.get(intent.payment_method);
    attemptPayment(world, intentId, method, { authenticated: true });
  } else failChallenge(world, intentId);
  tellInvoice(world, intentId, passed);
}

/** The invoice that the payment is for, if it is for one, is paid or has failed. */
export function tellInvoice(world: World, intentId: string, succeeded: boolean): string | undefined {
  const invoice = world.store.invoicePayments.all().find((row) => row.payment.payment_intent === intentId)?.invoice;
  if (invoice === undefined) return undefined;
  if (succeeded) markPaid(world, invoice);
  else paymentFailed(world, invoice);
  return invoice;
}
