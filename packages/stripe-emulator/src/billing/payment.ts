import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { challenge } from "./challenging.ts";
import { newCharge, outcomeOf } from "./charge.ts";
import { bookCharge } from "./funds.ts";
import { retirePaymentMethod } from "./payment-method.ts";
import { DECLINED, type Decline, isChallenged, isDeclined } from "./test-cards.ts";

export type PaymentIntent = Stored<Stripe.PaymentIntent>;

export type FutureUsage = "off_session" | "on_session";

export interface PaymentRequest {
  /** In the smallest unit of the currency. */
  amount: number;
  currency: string;
  customer: string | null;
  metadata: Stripe.Metadata;
  description: string | null;
  /** What its method is kept for; null: it is not kept. */
  futureUsage: FutureUsage | null;
  /** `manual`: the amount is only held until it is captured. Default: it is taken at once. */
  captureMethod?: PaymentIntent["capture_method"];
  confirmationMethod?: PaymentIntent["confirmation_method"];
  receiptEmail?: string | null;
  /** Whether the account's settings say what it can be paid with, and may lead the buyer elsewhere; null: they do not. Default: they do. */
  automaticMethods?: PaymentIntent["automatic_payment_methods"];
  /** What it can be paid with; null: with what its currency can. */
  allowedTypes?: PaymentIntent["allowed_payment_method_types"];
  /** What it will be paid with, once it is confirmed. */
  paymentMethod?: string;
}

/** How an attempt ended, or that its end is still to come. */
export type Attempt = "succeeded" | "declined" | "processing" | "requires_action" | "requires_capture";

/** https://docs.stripe.com/declines/codes#authentication_required */
const AUTHENTICATION_REQUIRED: Decline = {
  code: "authentication_required",
  decline_code: "authentication_required",
  message: "Your card was declined. This transaction requires authentication.",
};

/** Why the last attempt failed, by what its intent says of it. */
export function declineOf(
  error: Stripe.PaymentIntent.LastPaymentError | Stripe.SetupIntent.LastSetupError | null,
): Decline {
  const { code = DECLINED.code, decline_code, message = DECLINED.message } = error ?? DECLINED;
  return { code, message, ...(decline_code === undefined ? {} : { decline_code }) };
}

/** Bank debits are paid in euros, and cannot be held for a later capture. `allowed`: of these only. */
export function methodTypesFor(
  currency: string | null,
  capture?: string,
  allowed: readonly string[] | null = null,
): string[] {
  const types = currency === "eur" && capture !== "manual" ? ["card", "sepa_debit"] : ["card"];
  return allowed === null ? types : types.filter((type) => allowed.includes(type));
}

export function openPayment(world: World, request: PaymentRequest): PaymentIntent {
  const id = newId("pi");
  const intent = world.store.paymentIntents.put({
    id,
    object: "payment_intent",
    allowed_payment_method_types: request.allowedTypes ?? null,
    amount: request.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods:
      request.automaticMethods === undefined ? { enabled: true, allow_redirects: "always" } : request.automaticMethods,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: request.captureMethod ?? "automatic_async",
    client_secret: `${id}_secret_${newId("", 25).slice(1)}`,
    confirmation_method: request.confirmationMethod ?? "automatic",
    // Payments know no test clocks: https://github.com/stripe/stripe-python/issues/1183
    created: world.realNow(),
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
    payment_method: request.paymentMethod ?? null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: methodTypesFor(request.currency, request.captureMethod, request.allowedTypes),
    payment_record: null,
    processing: null,
    receipt_email: request.receiptEmail ?? null,
    review: null,
    setup_future_usage: request.futureUsage ?? null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: request.paymentMethod === undefined ? "requires_payment_method" : "requires_confirmation",
    transfer_data: null,
    transfer_group: null,
  });
  world.emit("payment_intent.created", intent);
  return intent;
}

export interface AttemptOptions {
  /** The buyer has passed the bank's challenge. */
  authenticated?: boolean;
  returnUrl?: string | null;
  /** The customer is not there: nobody can pass a challenge. */
  offSession?: boolean;
}

/** Charges the method. Its test number decides what comes of it. */
export function attemptPayment(
  world: World,
  intentId: string,
  method: Stored<Stripe.PaymentMethod>,
  { authenticated = false, returnUrl = null, offSession = false }: AttemptOptions = {},
): Attempt {
  const intent = world.store.paymentIntents.get(intentId);
  const { outcome, decline } = world.store.instruments.get(method.id);
  const passed = authenticated || (offSession && outcome === "authenticates_on_session");
  const challenged = isChallenged(outcome) && !passed;
  if (challenged && !offSession) {
    challenge(world, intentId, method, returnUrl);
    return "requires_action";
  }
  if (outcome === "authenticates_once" && authenticated)
    world.store.instruments.put({ id: method.id, outcome: "succeeds" });
  const charge = world.store.charges.put(newCharge(world, intent, method));
  if (world.store.paymentMethods.get(method.id).customer === null) retirePaymentMethod(world, method.id);
  world.update("paymentIntents", intentId, { payment_method: method.id, latest_charge: charge.id, next_action: null });
  if (challenged || decline || isDeclined(outcome)) {
    fail(world, intentId, charge.id, challenged ? AUTHENTICATION_REQUIRED : (decline ?? DECLINED));
    return "declined";
  }
  if (outcome !== "settles" && outcome !== "fails_later") {
    if (intent.capture_method === "manual") {
      authorize(world, intentId, charge.id);
      return "requires_capture";
    }
    succeed(world, intentId, charge.id);
    return "succeeded";
  }
  world.emit("charge.pending", charge);
  world.emit("payment_intent.processing", world.update("paymentIntents", intentId, { status: "processing" }));
  // Banks do not follow test clocks: a debit settles in real time.
  world.onClock(null, () => {
    const at = world.debitsHeld ? Number.MAX_SAFE_INTEGER : world.nowMs() + world.settleDelayMs;
    world.schedule("settle_payment", intentId, at);
  });
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

/** The network has agreed: what the charge says then, captured or not. */
const approved = (world: World, chargeId: string) => ({
  status: "succeeded",
  paid: true,
  outcome: outcomeOf("authorized", "approved_by_network", null, "Payment complete."),
  receipt_url: `${world.publicUrl}/p/receipts/${chargeId}`,
});

/** How long a bank holds an amount for a card that is not present; in milliseconds. */
const HOLD_MS = 7 * 86_400_000;

/** The amount is held, for `capturePayment` (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method). */
function authorize(world: World, intentId: string, chargeId: string): void {
  const { amount } = world.store.paymentIntents.get(intentId);
  world.emit("charge.succeeded", world.update("charges", chargeId, approved(world, chargeId)));
  const held = { status: "requires_capture", amount_capturable: amount, last_payment_error: null };
  world.emit("payment_intent.amount_capturable_updated", world.update("paymentIntents", intentId, held));
  world.schedule("release_payment", intentId, world.nowMs() + HOLD_MS);
}

function succeed(world: World, intentId: string, chargeId: string): void {
  const { amount } = world.store.paymentIntents.get(intentId);
  const captured = { ...approved(world, chargeId), captured: true, amount_captured: amount };
  const charge = world.update("charges", chargeId, bookCharge(world, world.update("charges", chargeId, captured)));
  const intent = world.update("paymentIntents", intentId, {
    status: "succeeded",
    amount_received: amount,
    last_payment_error: null,
  });
  world.emit("charge.succeeded", charge);
  world.emit("payment_intent.succeeded", intent);
  world.onClock(null, () => world.schedule("follow_charge", chargeId, world.nowMs()));
}

function fail(world: World, intentId: string, chargeId: string, failure: Decline): void {
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
