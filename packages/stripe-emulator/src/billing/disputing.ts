import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { bookFunds } from "./funds.ts";

type Charge = Stored<Stripe.Charge>;
export type Dispute = Stored<Stripe.Dispute>;

const DAY = 86_400;
/** What Stripe takes for a dispute in US dollars; in the smallest unit. */
const FEE = 1500;

/** What follows from a charge to one of the test cards that stand for trouble (https://docs.stripe.com/testing#disputes). */
export function followCharge(world: World, chargeId: string): void {
  const charge = world.store.charges.find(chargeId);
  if (!charge) return;
  const outcome = world.store.instruments.find(charge.payment_method)?.outcome;
  if (outcome === "fraud_warned") warnOfFraud(world, charge);
  if (outcome === "disputed") openDispute(world, charge, "fraudulent");
  if (outcome === "not_received") openDispute(world, charge, "product_not_received");
  if (outcome === "inquired") openDispute(world, charge, "fraudulent", true);
}

function warnOfFraud(world: World, charge: Charge): void {
  const warning = world.store.fraudWarnings.put({
    id: newId("issfr"),
    object: "radar.early_fraud_warning",
    actionable: !charge.refunded && !charge.disputed,
    charge: charge.id,
    created: world.now(),
    fraud_type: "made_with_stolen_card",
    livemode: false,
    ...(charge.payment_intent === null ? {} : { payment_intent: charge.payment_intent }),
  });
  world.emit("radar.early_fraud_warning.created", warning);
}

/** An inquiry asks first: no money moves until it becomes a chargeback. */
export function openDispute(world: World, charge: Charge, reason: string, inquiry = false): Dispute {
  const dispute = world.store.disputes.put(newDispute(world, charge, reason, inquiry));
  world.update("charges", charge.id, { disputed: true }, "charge.updated");
  world.emit("charge.dispute.created", dispute);
  if (!inquiry) moveFunds(world, dispute.id, -1);
  return world.store.disputes.get(dispute.id);
}

/** Winning brings back the amount and the fee, in test mode (https://docs.stripe.com/testing#disputes). */
function moveFunds(world: World, id: string, sign: 1 | -1): void {
  const { amount, currency, balance_transactions: before } = world.store.disputes.get(id);
  const transaction = bookFunds(world, {
    amount: sign * amount,
    currency,
    fee: -sign * FEE,
    feeDescription: "Dispute fee",
    description: sign === -1 ? "Chargeback withdrawal" : "Chargeback reversal",
    source: id,
    type: "adjustment",
    category: sign === -1 ? "dispute" : "dispute_reversal",
  });
  world.emit(
    sign === -1 ? "charge.dispute.funds_withdrawn" : "charge.dispute.funds_reinstated",
    world.update("disputes", id, { balance_transactions: [...before, transaction] }),
  );
}

const isInquiry = ({ status }: Dispute) => status.startsWith("warning_");

/** The evidence goes to the bank, which decides later. */
export function submitEvidence(world: World, id: string): Dispute {
  const dispute = world.store.disputes.get(id);
  const { submission_count: count } = dispute.evidence_details;
  world.schedule("decide_dispute", id, world.nowMs());
  return world.update("disputes", id, {
    status: isInquiry(dispute) ? "warning_under_review" : "under_review",
    evidence_details: { ...dispute.evidence_details, has_evidence: true, submission_count: count + 1 },
  });
}

/** In test mode the text of the evidence says how it ends; any other text leaves it under review. */
export function decideDispute(world: World, id: string): void {
  const dispute = world.store.disputes.find(id);
  const text = dispute?.evidence.uncategorized_text;
  if (text === "winning_evidence") closeDispute(world, id, "won");
  if (text === "losing_evidence") closeDispute(world, id, "lost");
}

/** Closed for good; won money comes back. An inquiry that ends has no winner. */
export function closeDispute(world: World, id: string, status: "won" | "lost"): Dispute {
  const inquiry = isInquiry(world.store.disputes.get(id));
  const closed = world.update("disputes", id, {
    status: inquiry ? "warning_closed" : status,
    is_charge_refundable: inquiry,
  });
  world.emit("charge.dispute.closed", closed);
  if (!inquiry && status === "won") moveFunds(world, id, 1);
  return world.store.disputes.get(id);
}

const NO_EVIDENCE: Dispute["evidence"] = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};

function newDispute(world: World, charge: Charge, reason: string, inquiry: boolean): Dispute {
  return {
    id: newId("du"),
    object: "dispute",
    amount: charge.amount - charge.amount_refunded,
    balance_transactions: [],
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: { ...NO_EVIDENCE, customer_email_address: charge.billing_details.email },
    evidence_details: {
      due_by: world.now() + 7 * DAY,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: "manual",
    },
    intended_submission_method: "manual",
    is_charge_refundable: inquiry,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason,
    status: inquiry ? "warning_needs_response" : "needs_response",
  };
}
