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
      charge_id: requiredIdOf(dispute.charge),
      payment_intent_id: idOf(dispute.payment_intent),
      status: dispute.status,
      reason: dispute.reason,
      currency: dispute.currency,
      amount: dispute.amount,
      created_at: timestamp(dispute.created),
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
