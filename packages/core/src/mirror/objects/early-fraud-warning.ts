import type Stripe from "stripe";
import { idOf, requiredIdOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { optionalTimestamp } from "../projection.ts";

export const earlyFraudWarning = mirrored({
  object: "early_fraud_warning",
  table: "early_fraud_warnings",
  path: "/v1/radar/early_fraud_warnings",
  project: (warning: Stripe.Radar.EarlyFraudWarning) => ({
    row: {
      charge_id: requiredIdOf(warning.charge),
      actionable: warning.actionable ?? null,
      created_at: optionalTimestamp(warning.created),
      fraud_type: warning.fraud_type ?? null,
      payment_intent_id: idOf(warning.payment_intent),
    },
  }),
  listed: { by: "created" },
  events: {
    "radar.early_fraud_warning.created": { notify: "early_fraud_warning" },
    "radar.early_fraud_warning.updated": {},
  },
});
