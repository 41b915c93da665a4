import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { chargeDetails } from "./test-cards.ts";

type Charge = Stored<Stripe.Charge>;
type PaymentIntent = Stored<Stripe.PaymentIntent>;

/** What the network said of a charge. */
export function outcomeOf(
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

/** A charge that is under way: of real time, as its payment. */
export function newCharge(world: World, intent: PaymentIntent, method: Stored<Stripe.PaymentMethod>): Charge {
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
    created: world.realNow(),
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
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: intent.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "pending",
    transfer_data: null,
    transfer_group: null,
  };
}
