import type { World } from "../world.ts";
import { bookCharge } from "./funds.ts";
import { closePayment, paymentBy } from "./invoice-payments.ts";
import type { PaymentIntent } from "./payment.ts";
import { tellInvoice } from "./settlement.ts";

/**
 * Takes a held amount, or a part of it; what is left is released, and counts as refunded
 * (https://docs.stripe.com/api/payment_intents/capture, https://github.com/woocommerce/woocommerce-gateway-stripe/pull/861). `amount` in the smallest unit, at most what is capturable.
 */
export function capturePayment(world: World, id: string, amount: number): PaymentIntent {
  const { latest_charge: chargeId } = world.store.paymentIntents.get(id);
  world.unschedule("release_payment", id);
  const released = world.store.charges.get(chargeId).amount - amount;
  const captured = world.update("charges", chargeId ?? "", {
    captured: true,
    amount_captured: amount,
    amount_refunded: released,
  });
  const charge = world.update("charges", captured.id, bookCharge(world, captured));
  const taken = { status: "succeeded", amount_capturable: 0, amount_received: amount };
  const intent = world.update("paymentIntents", id, taken);
  world.emit("charge.captured", charge);
  world.emit("payment_intent.succeeded", intent);
  tellInvoice(world, id, true);
  const session = world.store.checkoutSessions.all().find((row) => row.payment_intent === id);
  if (session) world.update("checkoutSessions", session.id, { payment_status: "paid" });
  return intent;
}

/** Ends a payment that was not made; an amount that was held is given back. */
export function cancelPayment(world: World, id: string, reason: PaymentIntent["cancellation_reason"]): PaymentIntent {
  const { status, latest_charge: chargeId } = world.store.paymentIntents.get(id);
  world.unschedule("release_payment", id);
  const canceled = world.update("paymentIntents", id, {
    status: "canceled",
    amount_capturable: 0,
    canceled_at: world.now(),
    cancellation_reason: reason,
    next_action: null,
  });
  if (status === "requires_capture") {
    const { amount, id: held } = world.store.charges.get(chargeId);
    world.update("charges", held, { amount_refunded: amount, refunded: true }, "charge.refunded");
  }
  world.emit("payment_intent.canceled", canceled);
  const payment = paymentBy(world, id);
  if (payment) closePayment(world, payment);
  return canceled;
}

/** Nobody captured the amount while the bank held it. */
export function releasePayment(world: World, id: string): void {
  if (world.store.paymentIntents.find(id)?.status === "requires_capture") cancelPayment(world, id, "automatic");
}
