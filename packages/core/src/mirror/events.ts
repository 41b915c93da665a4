import type Stripe from "stripe";
import type { Projection } from "./change.ts";
import { projectCharge } from "./project/charge.ts";
import { projectCheckoutSession } from "./project/checkout-session.ts";
import { projectCustomer } from "./project/customer.ts";
import { projectInvoice } from "./project/invoice.ts";
import { projectInvoicePayment } from "./project/invoice-payment.ts";
import { projectPrice } from "./project/price.ts";
import { projectProduct } from "./project/product.ts";
import { projectSubscription } from "./project/subscription.ts";

type ObjectOf<Type extends Stripe.Event.Type> = Extract<Stripe.Event, { type: Type }>["data"]["object"];
type Projectors = { [Type in Stripe.Event.Type]?: (object: ObjectOf<Type>) => Projection };

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
  "invoice.finalized": (invoice) => projectInvoice(invoice),
  "invoice.updated": (invoice) => projectInvoice(invoice),
  "invoice.paid": (invoice) => projectInvoice(invoice),
  "invoice.payment_succeeded": (invoice) => projectInvoice(invoice),
  "invoice.payment_failed": (invoice) => projectInvoice(invoice),
  "invoice.voided": (invoice) => projectInvoice(invoice),
  "invoice.marked_uncollectible": (invoice) => projectInvoice(invoice),
  "invoice_payment.paid": (invoicePayment) => projectInvoicePayment(invoicePayment),
  "charge.refunded": (charge) => projectCharge(charge),
  "customer.created": (customer) => projectCustomer(customer),
  "customer.updated": (customer) => projectCustomer(customer),
  "customer.deleted": (customer) => projectCustomer(customer, true),
  "product.created": (product) => projectProduct(product),
  "product.updated": (product) => projectProduct(product),
  "product.deleted": (product) => projectProduct(product, true),
  "price.created": (price) => projectPrice(price),
  "price.updated": (price) => projectPrice(price),
  "price.deleted": (price) => projectPrice(price, true),
} satisfies Projectors;

/** The events that Stripe's webhook endpoint is created with. */
export const enabledEvents = Object.keys(projectors) as (keyof typeof projectors)[];

/**
 * The row that an event leads to; undefined when Turnpike has no use for its type.
 * @throws when the payload cannot be read
 */
export function projectEvent(event: Stripe.Event): Projection | undefined {
  if (!Object.hasOwn(projectors, event.type)) return undefined;
  const project = projectors[event.type as keyof typeof projectors] as (object: unknown) => Projection;
  const projection = project(event.data.object);
  // A row is written under the id and nothing else: without one the event is unreadable.
  if (!projection.object_id) throw new TypeError(`The object of a ${event.type} has no id`);
  return event.type.endsWith(".created") ? { ...projection, rank: projection.rank - 1 } : projection;
}
