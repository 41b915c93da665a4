import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { type Projection, timestamp } from "../change.ts";

export function projectDispute(dispute: Stripe.Dispute): Projection {
  return {
    object: "dispute",
    object_id: dispute.id,
    row: {
      charge_id: idOf(dispute.charge) ?? "",
      payment_intent_id: idOf(dispute.payment_intent),
      status: dispute.status,
      reason: dispute.reason,
      currency: dispute.currency,
      amount: dispute.amount,
      created_at: timestamp(dispute.created),
    },
    rank: ["won", "lost", "warning_closed"].includes(dispute.status) ? 1 : 0,
    deleted: false,
  };
}
