import type Stripe from "stripe";
import { idOf, requiredIdOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { timestamp } from "../projection.ts";

export const dispute = mirrored({
  object: "dispute",
  table: "disputes",
  path: "/v1/disputes",
  project: (dispute: Stripe.Dispute) => ({
    row: {
      amount: dispute.amount,
      reason: dispute.reason,
      status: dispute.status,
      currency: dispute.currency,
      charge_id: requiredIdOf(dispute.charge),
      created_at: timestamp(dispute.created),
      payment_intent_id: idOf(dispute.payment_intent),
    },
    rank: ["won", "lost", "warning_closed"].includes(dispute.status) ? 1 : 0,
  }),
  listed: { by: "created" },
  events: {
    "charge.dispute.created": { notify: "dispute_opened" },
    "charge.dispute.updated": {},
    "charge.dispute.funds_withdrawn": {},
    "charge.dispute.funds_reinstated": {},
    "charge.dispute.closed": { notify: "dispute_closed" },
  },
});
