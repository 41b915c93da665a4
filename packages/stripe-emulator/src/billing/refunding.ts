import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { bookRefund } from "./funds.ts";

type Refund = Stored<Stripe.Refund>;
type Charge = Stored<Stripe.Charge>;

/** What of a charge has not been refunded. */
export const refundable = ({ captured, amount, amount_refunded: refunded }: Charge): number =>
  captured ? amount - refunded : 0;

/** Whether the bank has taken the money back: a chargeback that was not won. Inquiries take none. */
export const isChargedBack = (world: World, charge: Charge): boolean =>
  world.store.disputes.all().some((row) => {
    return row.charge === charge.id && !row.is_charge_refundable && row.status !== "won";
  });

/** Gives an amount of a charge back: at most what is refundable. */
export function refundCharge(
  world: World,
  charge: Charge,
  { amount, metadata = {}, reason = null }: Pick<Refund, "amount"> & Partial<Pick<Refund, "metadata" | "reason">>,
): Refund {
  const outcome = world.store.instruments.find(charge.payment_method)?.outcome;
  const id = newId("re");
  const refund = world.store.refunds.put({
    id,
    object: "refund",
    amount,
    balance_transaction: bookRefund(world, { id, amount, currency: charge.currency }, charge),
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: outcome === "refund_waits" ? "pending" : "succeeded",
    transfer_reversal: null,
  });
  world.emit("refund.created", refund);
  const patch = { amount_refunded: charge.amount_refunded + amount, refunded: amount === refundable(charge) };
  world.update("charges", charge.id, patch, "charge.refunded");
  if (outcome === "refund_fails" || outcome === "refund_waits") {
    world.onClock(null, () => world.schedule("finish_refund", refund.id, world.nowMs() + world.settleDelayMs));
  }
  return refund;
}

/**
 * What becomes of a refund to a test card whose bank is slow or refuses it. A refund that fails is taken back: the
 * charge is as if it had not been refunded (https://docs.stripe.com/refunds#failed-refunds).
 */
export function finishRefund(world: World, id: string): void {
  const refund = world.store.refunds.find(id);
  const charge = world.store.charges.find(refund?.charge);
  if (!refund || !charge) return;
  if (world.store.instruments.find(charge.payment_method)?.outcome !== "refund_fails") {
    tellRefund(world, id, { status: "succeeded" });
    return;
  }
  const returned = bookRefund(world, refund, charge, true);
  const failure = { failure_balance_transaction: returned, failure_reason: "expired_or_canceled_card" };
  tellRefund(world, id, { ...failure, status: "failed" });
  world.emit("refund.failed", world.store.refunds.get(id));
  const patch = { amount_refunded: charge.amount_refunded - refund.amount, refunded: false };
  world.update("charges", charge.id, patch, "charge.updated");
}

/** A refund has changed: two events say so. */
export function tellRefund(world: World, id: string, patch: Partial<Refund>): Refund {
  const { metadata, status } = world.store.refunds.get(id);
  const after = world.update("refunds", id, patch, "refund.updated");
  world.emit("charge.refund.updated", after, { metadata, status });
  return after;
}
