import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { timestamp } from "../projection.ts";

export const refund = mirrored({
  object: "refund",
  table: "refunds",
  path: "/v1/refunds",
  project: (refund: Stripe.Refund) => {
    const status = refund.status ?? "succeeded"; // null on the oldest refunds, which were all immediate
    return {
      row: {
        amount: refund.amount,
        status,
        currency: refund.currency,
        charge_id: idOf(refund.charge),
        created_at: timestamp(refund.created),
        failure_reason: refund.failure_reason ?? null,
        payment_intent_id: idOf(refund.payment_intent),
      },
      rank: RANKS[status] ?? 0,
    };
  },
  listed: { by: "created" },
  events: {
    "refund.created": {},
    "refund.updated": {},
    "refund.failed": { notify: "refund_failed" },
  },
});

// A refund that succeeded may still fail, when the bank sends the money back: https://docs.stripe.com/refunds#failed-refunds
const RANKS: Record<string, number> = { succeeded: 1, failed: 2, canceled: 2 };
