import type Stripe from "stripe";
import { found, invalid } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  boolean,
  clearable,
  type Fields,
  hashOf,
  mergeMetadata,
  metadata,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { closeDispute, type Dispute, submitEvidence } from "../billing/disputing.ts";
import type { World } from "../world.ts";

const words = clearable(text);

const evidence = hashOf(
  schema({
    access_activity_log: words,
    billing_address: words,
    cancellation_policy_disclosure: words,
    cancellation_rebuttal: words,
    customer_email_address: words,
    customer_name: words,
    customer_purchase_ip: words,
    duplicate_charge_explanation: words,
    duplicate_charge_id: words,
    product_description: words,
    refund_policy_disclosure: words,
    refund_refusal_explanation: words,
    service_date: words,
    shipping_address: words,
    shipping_carrier: words,
    shipping_date: words,
    shipping_tracking_number: words,
    uncategorized_text: words,
  } satisfies Fields<keyof Stripe.DisputeUpdateParams.Evidence>),
);

const updateParams = schema({ evidence, metadata, submit: boolean } satisfies Fields<keyof Stripe.DisputeUpdateParams>);

function getDispute(world: World, id: string): Dispute {
  return found(world.store.disputes.find(id), "dispute", id);
}

function openDispute(world: World, id: string): Dispute {
  const dispute = getDispute(world, id);
  if (dispute.status.endsWith("needs_response") || dispute.status.endsWith("under_review")) return dispute;
  throw invalid("This dispute is already closed.", undefined, "id");
}

/** Evidence is submitted as it is given, unless `submit` is false. */
function updateDispute(world: World, id: string, params: ParamsOf<typeof updateParams>): Dispute {
  const before = params.evidence ? openDispute(world, id) : getDispute(world, id);
  const patch = {
    evidence: { ...before.evidence, ...params.evidence },
    metadata: mergeMetadata(before.metadata, params.metadata),
  };
  world.update("disputes", id, patch);
  if (params.submit ?? params.evidence !== undefined) submitEvidence(world, id);
  const after = getDispute(world, id);
  world.emit("charge.dispute.updated", after, {
    evidence: before.evidence,
    metadata: before.metadata,
    status: before.status,
  });
  return after;
}

export const disputeRoutes: Route[] = [
  listRoute("/v1/disputes", "dispute", { charge: text, payment_intent: text }, (world, { charge, payment_intent }) =>
    choose(world.store.disputes, { charge, payment_intent }),
  ),
  route("GET", "/v1/disputes/:id", schema({}), (world, _, { id }) => getDispute(world, id)),
  route("POST", "/v1/disputes/:id", updateParams, (world, params, { id }) => updateDispute(world, id, params)),
  route("POST", "/v1/disputes/:id/close", schema({}), (world, _, { id }) =>
    closeDispute(world, openDispute(world, id).id, "lost"),
  ),
  listRoute(
    "/v1/radar/early_fraud_warnings",
    "early_fraud_warning",
    { charge: text, payment_intent: text },
    (world, { charge, payment_intent }) => choose(world.store.fraudWarnings, { charge, payment_intent }),
  ),
  route("GET", "/v1/radar/early_fraud_warnings/:id", schema({}), (world, _, { id }) => {
    return found(world.store.fraudWarnings.find(id), "early_fraud_warning", id);
  }),
];
