import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

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
  tellRefund(world, id, { status: "failed", failure_reason: "expired_or_canceled_card" });
  world.emit("refund.failed", world.store.refunds.get(id));
  const patch = { amount_refunded: charge.amount_refunded - refund.amount, refunded: false };
  world.update("charges", charge.id, patch, "charge.updated");
}

/** A refund has changed: two events say so. */
export function tellRefund(world: World, id: string, patch: Partial<Stored<Stripe.Refund>>): Stored<Stripe.Refund> {
  const { metadata, status } = world.store.refunds.get(id);
  const after = world.update("refunds", id, patch, "refund.updated");
  world.emit("charge.refund.updated", after, { metadata, status });
  return after;
}
