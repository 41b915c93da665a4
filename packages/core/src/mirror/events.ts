import type Stripe from "stripe";
import type { Effect, NoticeKind, Projection } from "./change.ts";
import { projectCharge } from "./project/charge.ts";
import { projectCheckoutSession } from "./project/checkout-session.ts";
import { projectCustomer, projectDeletedCustomer } from "./project/customer.ts";
import { projectDispute } from "./project/dispute.ts";
import { projectEntitlements } from "./project/entitlements.ts";
import { projectInvoice } from "./project/invoice.ts";
import { projectInvoicePayment } from "./project/invoice-payment.ts";
import { projectPaymentIntent } from "./project/payment-intent.ts";
import { projectPaymentMethod } from "./project/payment-method.ts";
import { projectPrice } from "./project/price.ts";
import { projectProduct } from "./project/product.ts";
import { projectRefund } from "./project/refund.ts";
import { projectSubscription } from "./project/subscription.ts";

type ObjectOf<Type extends Stripe.Event.Type> = Extract<Stripe.Event, { type: Type }>["data"]["object"];
type Projectors = { [Type in Stripe.Event.Type]?: (object: ObjectOf<Type>) => Effect };

const notice = (notify: NoticeKind, projection: Projection): Effect => ({ ...projection, notify });

/**
 * An unpaid invoice does not say why, and its payment, which does, does not say whose it is; only asking for both at once
 * tells: https://docs.stripe.com/api/invoice-payment
 */
const unpaid = (notify: NoticeKind, invoice: Stripe.Invoice): Effect => ({
  ...notice(notify, projectInvoice(invoice)),
  partial: true,
});

/**
 * Which events lead to which rows. What Stripe is asked to send, what the ledger holds and what is reconciled all derive
 * from it.
 */
const projectors = {
  "checkout.session.completed": (session) => projectCheckoutSession(session),
  "checkout.session.async_payment_succeeded": (session) => projectCheckoutSession(session),
  "checkout.session.async_payment_failed": (session) => projectCheckoutSession(session, true),
  "checkout.session.expired": (session) => projectCheckoutSession(session),
  "customer.subscription.created": (subscription) => projectSubscription(subscription),
  "customer.subscription.updated": (subscription) => projectSubscription(subscription),
  "customer.subscription.deleted": (subscription) => projectSubscription(subscription, true),
  "customer.subscription.paused": (subscription) => projectSubscription(subscription),
  "customer.subscription.resumed": (subscription) => projectSubscription(subscription),
  "customer.subscription.pending_update_applied": (subscription) => projectSubscription(subscription),
  "customer.subscription.pending_update_expired": (subscription) => projectSubscription(subscription),
  "customer.subscription.trial_will_end": (subscription) => notice("trial_will_end", projectSubscription(subscription)),
  "invoice.finalized": (invoice) => projectInvoice(invoice),
  "invoice.updated": (invoice) => projectInvoice(invoice),
  "invoice.overdue": (invoice) => projectInvoice(invoice),
  "invoice.paid": (invoice) => projectInvoice(invoice),
  "invoice.payment_succeeded": (invoice) => projectInvoice(invoice),
  "invoice.payment_failed": (invoice) => unpaid("payment_failed", invoice),
  "invoice.payment_action_required": (invoice) => unpaid("payment_action_required", invoice),
  "invoice.finalization_failed": (invoice) => notice("invoice_finalization_failed", projectInvoice(invoice)),
  "invoice.voided": (invoice) => projectInvoice(invoice),
  "invoice.marked_uncollectible": (invoice) => projectInvoice(invoice),
  "invoice_payment.paid": (invoicePayment) => projectInvoicePayment(invoicePayment),
  "payment_intent.succeeded": (paymentIntent) => projectPaymentIntent(paymentIntent),
  "payment_intent.processing": (paymentIntent) => projectPaymentIntent(paymentIntent),
  "payment_intent.payment_failed": (paymentIntent) => projectPaymentIntent(paymentIntent),
  "payment_intent.canceled": (paymentIntent) => projectPaymentIntent(paymentIntent),
  "payment_intent.requires_action": (paymentIntent) => projectPaymentIntent(paymentIntent),
  "charge.succeeded": (charge) => projectCharge(charge),
  "charge.refunded": (charge) => projectCharge(charge),
  "refund.created": (refund) => projectRefund(refund),
  "refund.updated": (refund) => projectRefund(refund),
  "refund.failed": (refund) => projectRefund(refund),
  "charge.dispute.created": (dispute) => notice("dispute_opened", projectDispute(dispute)),
  "charge.dispute.updated": (dispute) => projectDispute(dispute),
  "charge.dispute.funds_withdrawn": (dispute) => projectDispute(dispute),
  "charge.dispute.funds_reinstated": (dispute) => projectDispute(dispute),
  "charge.dispute.closed": (dispute) => notice("dispute_closed", projectDispute(dispute)),
  "radar.early_fraud_warning.created": (warning) => ({ object_id: warning.id, notify: "early_fraud_warning" }),
  "customer.created": (customer) => projectCustomer(customer),
  "customer.updated": (customer) => projectCustomer(customer),
  "customer.deleted": (customer) => projectDeletedCustomer(customer),
  "product.created": (product) => projectProduct(product),
  "product.updated": (product) => projectProduct(product),
  "product.deleted": (product) => projectProduct(product, true),
  "price.created": (price) => projectPrice(price),
  "price.updated": (price) => projectPrice(price),
  "price.deleted": (price) => projectPrice(price, true),
  "payment_method.attached": (paymentMethod) => projectPaymentMethod(paymentMethod),
  "payment_method.updated": (paymentMethod) => projectPaymentMethod(paymentMethod),
  "payment_method.automatically_updated": (paymentMethod) => projectPaymentMethod(paymentMethod),
  "payment_method.detached": (paymentMethod) => projectPaymentMethod(paymentMethod, true),
  "entitlements.active_entitlement_summary.updated": ({ customer, entitlements }) => ({
    ...projectEntitlements(customer, entitlements.data),
    partial: entitlements.has_more,
  }),
} satisfies Projectors;

/** The events that Stripe's webhook endpoint is created with. */
export const enabledEvents = Object.keys(projectors) as (keyof typeof projectors)[];

/**
 * What an event leads to; undefined when Turnpike has no use for its type, or it is about a connected account's object: the
 * owner of that account could name any user in its metadata. https://docs.stripe.com/connect/webhooks
 * @throws when the payload cannot be read
 */
export function projectEvent(event: Stripe.Event): Effect | undefined {
  if (event.account || !Object.hasOwn(projectors, event.type)) return undefined;
  const project = projectors[event.type as keyof typeof projectors] as (object: unknown) => Effect;
  const effect = project(event.data.object);
  // A row is written under the id and nothing else: without one the event is unreadable.
  if (!effect.object_id) throw new TypeError(`The object of a ${event.type} has no id`);
  return event.type.endsWith(".created") && "rank" in effect ? { ...effect, rank: effect.rank - 1 } : effect;
}
