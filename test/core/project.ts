import { readEvent } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import { event } from "../builders.ts";
import { samples } from "./samples.ts";

/** An event that shows an object as it stands. */
export const TYPES: Record<string, Stripe.Event.Type> = {
  customer: "customer.updated",
  product: "product.updated",
  price: "price.updated",
  subscription: "customer.subscription.updated",
  subscription_schedule: "subscription_schedule.updated",
  checkout_session: "checkout.session.completed",
  invoice: "invoice.updated",
  invoice_payment: "invoice_payment.paid",
  credit_note: "credit_note.updated",
  payment_intent: "payment_intent.processing",
  charge: "charge.refunded",
  refund: "refund.updated",
  dispute: "charge.dispute.updated",
  early_fraud_warning: "radar.early_fraud_warning.updated",
  entitlements: "entitlements.active_entitlement_summary.updated",
  payment_method: "payment_method.updated",
};

/** What an object looks like as a row, with these fields instead of the sample's. */
export function project(name: string, fields: object = {}) {
  const shown = readEvent(event(TYPES[name] as Stripe.Event.Type, { ...samples[name], ...fields }, 1_790_000_000));
  if (!shown) throw new Error(`${TYPES[name]} is of no use`);
  return shown.projection;
}
export const row = (name: string, fields: object = {}) => project(name, fields).row as Record<string, unknown>;
export const rank = (name: string, fields: object = {}) => project(name, fields).rank;
export const at = (seconds: number) => new Date(seconds * 1000).toISOString();
/** Those fields of a sample set to nothing. */
export const without = (...names: string[]) => Object.fromEntries(names.map((name) => [name, null]));
