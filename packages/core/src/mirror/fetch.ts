import type Stripe from "stripe";
import { type Fetched, fetchAsOf, isMissing } from "../stripe/index.ts";
import type { MirroredObject, Projection } from "./change.ts";
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

type Fetch = (stripe: Stripe, id: string) => Promise<Fetched<Projection[]>>;

/**
 * Reads one object from Stripe, as a row, with the rows of what it cannot be understood without. It settles what events
 * cannot: two of them in one second. `undefined` when Stripe does not know the object any more.
 */
export async function fetchProjections(
  stripe: Stripe,
  object: MirroredObject,
  id: string,
): Promise<Fetched<Projection[]> | undefined> {
  try {
    return await fetchers[object](stripe, id);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const fetchers: Record<MirroredObject, Fetch> = {
  product: (stripe, id) => fetchAs(() => stripe.products.retrieve(id), projectProduct),
  price: (stripe, id) => fetchAs(() => stripe.prices.retrieve(id), projectPrice),
  customer: (stripe, id) => fetchAs(() => stripe.customers.retrieve(id), projectFetchedCustomer),
  subscription: (stripe, id) => fetchAs(() => stripe.subscriptions.retrieve(id), projectFetchedSubscription),
  checkout_session: (stripe, id) =>
    fetchAs(() => stripe.checkout.sessions.retrieve(id, { expand: SESSION_EXPANSION }), projectFetchedSession),
  invoice: (stripe, id) =>
    fetchAs(() => stripe.invoices.retrieve(id, { expand: INVOICE_EXPANSION }), projectFetchedInvoice),
  invoice_payment: (stripe, id) => fetchAs(() => stripe.invoicePayments.retrieve(id), projectInvoicePayment),
  payment_intent: (stripe, id) => fetchAs(() => stripe.paymentIntents.retrieve(id), projectPaymentIntent),
  charge: (stripe, id) => fetchAs(() => stripe.charges.retrieve(id), projectCharge),
  refund: (stripe, id) => fetchAs(() => stripe.refunds.retrieve(id), projectRefund),
  dispute: (stripe, id) => fetchAs(() => stripe.disputes.retrieve(id), projectDispute),
  entitlements: fetchEntitlements,
  payment_method: (stripe, id) => fetchAs(() => stripe.paymentMethods.retrieve(id), projectFetchedPaymentMethod),
};

async function fetchAs<Answer extends object>(
  request: () => Promise<Stripe.Response<Answer>>,
  project: (answer: Answer) => Projection | Projection[],
): Promise<Fetched<Projection[]>> {
  const { answer, asOf } = await fetchAsOf(request);
  return { answer: [project(answer)].flat(), asOf };
}

const INVOICE_EXPANSION = ["payments.data.payment.payment_intent"];

/** With its payments, which alone say why it is not paid. */
function projectFetchedInvoice(invoice: Stripe.Invoice): Projection[] {
  const payments = invoice.payments?.data ?? [];
  const intents = payments.map(({ payment }) => payment.payment_intent);
  return [
    projectInvoice(invoice),
    ...payments.map(projectInvoicePayment),
    ...intents.flatMap((intent) => (intent && typeof intent === "object" ? [projectPaymentIntent(intent)] : [])),
  ];
}

/** All pages, as of the moment that the first was asked for. */
async function fetchEntitlements(stripe: Stripe, customer: string): Promise<Fetched<Projection[]>> {
  const list = { customer, limit: 100 };
  const { answer: first, asOf } = await fetchAsOf(() => stripe.entitlements.activeEntitlements.list(list));
  const entitlements = [...first.data];
  for (let { has_more } = first; has_more; ) {
    const starting_after = entitlements.at(-1)?.id ?? "";
    const page = await stripe.entitlements.activeEntitlements.list({ ...list, starting_after });
    entitlements.push(...page.data);
    has_more = page.has_more;
  }
  return { answer: [projectEntitlements(customer, entitlements)], asOf };
}

/** One that belongs to nobody any more was detached. */
function projectFetchedPaymentMethod(paymentMethod: Stripe.PaymentMethod): Projection {
  return projectPaymentMethod(paymentMethod, paymentMethod.customer === null);
}

function projectFetchedCustomer(customer: Stripe.Customer | Stripe.DeletedCustomer): Projection {
  return customer.deleted ? projectDeletedCustomer(customer) : projectCustomer(customer);
}

/** A cancelled subscription still answers; it is what the deletion event showed. */
export function projectFetchedSubscription(subscription: Stripe.Subscription): Projection {
  return projectSubscription(subscription, subscription.status === "canceled");
}

/** What a fetched session must bring along, to tell a delayed payment that failed from one under way. */
export const SESSION_EXPANSION = ["payment_intent", "subscription"];

/** The session does not say that its delayed payment failed; the payment, or the subscription it should have paid, does. */
export function projectFetchedSession(session: Stripe.Checkout.Session): Projection {
  const { payment_intent: payment, subscription } = session;
  const paymentFailed =
    typeof payment === "object" && ["requires_payment_method", "canceled"].includes(payment?.status ?? "");
  const subscriptionFailed =
    typeof subscription === "object" &&
    ["past_due", "unpaid", "incomplete_expired"].includes(subscription?.status ?? "");
  const unpaid = session.status === "complete" && session.payment_status === "unpaid";
  return projectCheckoutSession(session, unpaid && (paymentFailed || subscriptionFailed));
}
