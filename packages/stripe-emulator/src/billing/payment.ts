import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { chargeDetails } from "./test-cards.ts";

export type PaymentIntent = Stored<Stripe.PaymentIntent>;
type Charge = Stored<Stripe.Charge>;

export interface PaymentRequest {
  /** In the smallest unit of the currency. */
  amount: number;
  currency: string;
  customer: string | null;
  metadata: Stripe.Metadata;
  description: string | null;
  keepPaymentMethod: boolean;
}

/** How an attempt ended, or that its end is still to come. */
export type Attempt = "succeeded" | "declined" | "processing";

export const DECLINED = { code: "card_declined", decline_code: "generic_decline", message: "Your card was declined." };

export function openPayment(world: World, request: PaymentRequest): PaymentIntent {
  const id = newId("pi");
  const intent = world.store.paymentIntents.put({
    id,
    object: "payment_intent",
    allowed_payment_method_types: null,
    amount: request.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: { enabled: true, allow_redirects: "always" },
    canceled_at: null,
    cancellation_reason: null,
    capture_method: "automatic_async",
    client_secret: `${id}_secret_${newId("", 25).slice(1)}`,
    confirmation_method: "automatic",
    created: world.now(),
    currency: request.currency,
    customer: request.customer,
    customer_account: null,
    description: request.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: request.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: request.currency === "eur" ? ["card", "sepa_debit"] : ["card"],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: request.keepPaymentMethod ? "off_session" : null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "requires_payment_method",
    transfer_data: null,
    transfer_group: null,
  });
  world.emit("payment_intent.created", intent);
  return intent;
}

/** Charges the method. Its test number decides what comes of it. */
export function attemptPayment(world: World, intentId: string, method: Stored<Stripe.PaymentMethod>): Attempt {
  const intent = world.store.paymentIntents.get(intentId);
  const { outcome } = world.store.instruments.get(method.id);
  const charge = world.store.charges.put(newCharge(world, intent, method));
  world.update("paymentIntents", intentId, { payment_method: method.id, latest_charge: charge.id });
  if (outcome !== "declined" && outcome !== "settles" && outcome !== "fails_later") {
    succeed(world, intentId, charge.id);
    return "succeeded";
  }
  if (outcome === "declined") {
    fail(world, intentId, charge.id, DECLINED);
    return "declined";
  }
  world.emit("charge.pending", charge);
  world.emit("payment_intent.processing", world.update("paymentIntents", intentId, { status: "processing" }));
  // Banks do not follow test clocks: a debit settles in real time.
  world.onClock(null, () => world.schedule("settle_payment", intentId, world.nowMs() + world.settleDelayMs));
  return "processing";
}

/** What becomes of a bank debit days later. */
export function finishPayment(world: World, intentId: string): Attempt {
  const { latest_charge: chargeId, payment_method: method } = world.store.paymentIntents.get(intentId);
  const charge = world.store.charges.get(chargeId);
  if (world.store.instruments.get(method).outcome === "settles") {
    succeed(world, intentId, charge.id);
    return "succeeded";
  }
  const message = "The transaction can't be processed because the customer's account has insufficient funds.";
  fail(world, intentId, charge.id, { code: "insufficient_funds", message });
  return "declined";
}

function succeed(world: World, intentId: string, chargeId: string): void {
  const { amount } = world.store.paymentIntents.get(intentId);
  const charge = world.update("charges", chargeId, {
    status: "succeeded",
    paid: true,
    captured: true,
    amount_captured: amount,
    outcome: outcomeOf("authorized", "approved_by_network", null, "Payment complete."),
    receipt_url: `${world.publicUrl}/p/receipts/${chargeId}`,
  });
  const intent = world.update("paymentIntents", intentId, {
    status: "succeeded",
    amount_received: amount,
    last_payment_error: null,
  });
  world.emit("charge.succeeded", charge);
  world.emit("payment_intent.succeeded", intent);
  world.onClock(null, () => world.schedule("follow_charge", chargeId, world.nowMs()));
}

interface Failure {
  code: string;
  decline_code?: string;
  message: string;
}

function fail(world: World, intentId: string, chargeId: string, failure: Failure): void {
  const charge = world.update("charges", chargeId, {
    status: "failed",
    paid: false,
    failure_code: failure.code,
    failure_message: failure.message,
    outcome: outcomeOf("issuer_declined", "declined_by_network", failure.decline_code ?? failure.code, failure.message),
  });
  const method = world.store.paymentMethods.get(charge.payment_method);
  const error = { type: "card_error", charge: chargeId, payment_method: method, ...failure };
  const intent = world.update("paymentIntents", intentId, {
    status: "requires_payment_method",
    payment_method: null,
    last_payment_error: error as PaymentIntent["last_payment_error"],
  });
  world.emit("charge.failed", charge);
  world.emit("payment_intent.payment_failed", intent);
}

function outcomeOf(
  type: string,
  networkStatus: string,
  reason: string | null,
  message: string,
): NonNullable<Charge["outcome"]> {
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: networkStatus,
    reason,
    risk_level: "normal",
    risk_score: 12,
    seller_message: message,
    type,
  };
}

function newCharge(world: World, intent: PaymentIntent, method: Stored<Stripe.PaymentMethod>): Charge {
  return {
    id: newId(method.type === "card" ? "ch" : "py"),
    object: "charge",
    amount: intent.amount,
    amount_captured: 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: "EMULATOR",
    captured: false,
    created: world.now(),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: null,
    paid: false,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: chargeDetails(method),
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "pending",
    transfer_data: null,
    transfer_group: null,
  };
}
