import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { failChallenge } from "./challenging.ts";
import { paymentFailed, recordAttempt } from "./collecting.ts";
import { paymentBy, paymentSucceeded } from "./invoice-payments.ts";
import { type Attempt, attemptPayment, finishPayment } from "./payment.ts";
import { attachPaymentMethod, isUsedUp } from "./payment-method.ts";

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
  const method = world.store.paymentMethods.get(intent.payment_method);
  const goesOn = passed && !isUsedUp(world, method.id);
  const attempt = goesOn && attemptPayment(world, intentId, method, { authenticated: true });
  if (!attempt) failChallenge(world, intentId);
  else if (attempt !== "declined") keepMethod(world, intentId, method);
  tellInvoice(world, intentId, attempt === "succeeded");
}

/** The invoice that the payment is for, if it is for one, is paid, or a part of it, or its payment has failed. */
export function tellInvoice(world: World, intentId: string, succeeded: boolean): string | undefined {
  const payment = paymentBy(world, intentId);
  if (payment && succeeded) paymentSucceeded(world, payment);
  else if (payment?.is_default) paymentFailed(world, payment.invoice);
  return payment?.invoice;
}

/** With `setup_future_usage` the method becomes its customer's (https://docs.stripe.com/payments/save-during-payment). */
function keepMethod(world: World, intentId: string, { id, customer: owner }: Stored<Stripe.PaymentMethod>): void {
  const { customer, setup_future_usage: usage } = world.store.paymentIntents.get(intentId);
  if (customer !== null && owner === null && usage !== null) attachPaymentMethod(world, id, customer);
}

/** A client has confirmed a payment: what becomes of the method, and what its invoice, if it is for one, has of that. */
export function tellAttempt(
  world: World,
  intentId: string,
  attempt: Attempt,
  method: Stored<Stripe.PaymentMethod>,
): void {
  if (attempt !== "declined" && attempt !== "requires_action") keepMethod(world, intentId, method);
  const payment = paymentBy(world, intentId);
  if (payment?.is_default) recordAttempt(world, payment.invoice, attempt);
  else if (attempt === "succeeded") tellInvoice(world, intentId, true);
}
