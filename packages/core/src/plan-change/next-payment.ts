import type Stripe from "stripe";
import type { Billing, Clients } from "../clients.ts";
import { getBuyer } from "../customer/index.ts";
import { payerOf } from "../payer/index.ts";
import { customersOf, getSubscription, over } from "../portal/index.ts";
import { idOf, isMissing, isOver, isRefusal, read, requiredIdOf, write } from "../stripe/index.ts";
import { firstEndOf } from "../subscription/index.ts";
import type { Caller } from "./asking.ts";
import { toIso } from "./moment.ts";
import { getStanding, partsOf, type Standing } from "./schedule.ts";
import type { NextPayment, OneSubscription } from "./schema.ts";

/**
 * What a subscription is paid next, when, and by what, asked of Stripe: with its discounts, taxes, everything that it is of, and what waits for the next
 * invoice.
 * @throws BillingError `unauthenticated`, `not_billing_manager`, `no_billing_account`, `account_being_read`, `not_found`,
 * `invalid_request`, `subscription_over`
 */
export async function getNextPayment(billing: Billing, { user }: Caller, wish: OneSubscription): Promise<NextPayment> {
  const buyer = await getBuyer(billing.supabase, user);
  const payer = await payerOf(billing.supabase, user.id, wish.organizationId);
  const customers = await customersOf(billing, payer, buyer);
  const subscription = await getSubscription(billing, customers, wish.subscriptionId, undefined, { noted: false });
  if (isOver(subscription)) throw over();
  const standing = await getStanding(billing, subscription);
  const at = firstEndOf(subscription);
  // What somebody has agreed may come later than the next payment.
  const next = standing.next && standing.next.start_date <= at ? standing.next : undefined;
  const { id: subscriptionId, currency, status, pause_collection: pause } = subscription;
  const byInvoice = subscription.collection_method === "send_invoice";
  // Stripe previews an invoice that it will not have paid, too: https://docs.stripe.com/billing/subscriptions/pause-payment
  const isPaused = pause !== null && (pause.resumes_at ?? Infinity) > at;
  const [invoice, paymentMethod] = await Promise.all([
    isPaused || UNCOLLECTED.includes(status) ? undefined : findNextInvoice(billing, subscription, next),
    byInvoice ? null : findPaymentMethod(billing, subscription, next),
  ]);
  const missingPaymentMethod = byInvoice || paymentMethod ? null : whenMissing(subscription);
  const payment = invoice && !missingPaymentMethod ? { amount: invoice.amount_due, at: toIso(at) } : null;
  return { subscriptionId, currency, next: payment, byInvoice, paymentMethod, missingPaymentMethod };
}

/** Of these nothing is collected: https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses */
const UNCOLLECTED: Stripe.Subscription.Status[] = ["unpaid", "paused"];

/** What becomes of a trial that ends without a way to pay: https://docs.stripe.com/billing/subscriptions/trials/free-trials#create-free-trials-without-payment */
function whenMissing({ status, trial_settings: settings }: Stripe.Subscription): NextPayment["missingPaymentMethod"] {
  if (status !== "trialing") return null;
  const behavior = settings?.end_behavior.missing_payment_method;
  return (["cancel", "pause"] as const).find((ending) => ending === behavior) ?? null;
}

/** The invoice that the next period begins with; none, where there is no next period. */
async function findNextInvoice(
  { stripe }: Clients,
  { id, items }: Stripe.Subscription,
  next: Standing["next"],
): Promise<Stripe.Invoice | undefined> {
  const planned = next ? partsOf(next) : [];
  const changed = items.data.map((item, place) => ({
    id: item.id,
    price: planned[place]?.priceId,
    ...(planned[place]?.quantity && { quantity: planned[place].quantity }),
  }));
  // Our own schedules keep the places of what stays. One of another length is somebody else's, and Stripe's to reckon.
  const details = planned.length === items.data.length && {
    subscription_details: { items: changed, proration_behavior: "none" },
  };
  try {
    return await write<Stripe.Invoice>(stripe, "/v1/invoices/create_preview", { subscription: id, ...details });
  } catch (error) {
    if (isRefusal(error) && error.code === "invoice_upcoming_none") return undefined;
    throw error;
  }
}

/** By what it is paid: what a change that is to come brings along, else its own way to pay, else its customer's. */
async function findPaymentMethod(
  { stripe }: Clients,
  subscription: Stripe.Subscription,
  next: Standing["next"],
): Promise<NextPayment["paymentMethod"]> {
  const id =
    idOf(next?.default_payment_method) ??
    idOf(subscription.default_payment_method) ??
    idOf(subscription.default_source) ??
    (await ofCustomer(stripe, requiredIdOf(subscription.customer)));
  if (!id) return null;
  const method = await read<Stripe.PaymentMethod>(stripe, `/v1/payment_methods/${id}`).catch((error) => {
    if (!isMissing(error)) throw error;
  });
  if (!method) return null;
  const { card } = method;
  const account = method.us_bank_account ?? method.sepa_debit ?? method.bacs_debit ?? method.au_becs_debit;
  return {
    type: method.type,
    brand: card?.brand ?? null,
    last4: card?.last4 ?? account?.last4 ?? null,
    expires: card ? `${card.exp_year}-${`${card.exp_month}`.padStart(2, "0")}` : null,
  };
}

async function ofCustomer(stripe: Stripe, id: string): Promise<string | undefined> {
  const customer = await read<Stripe.Customer>(stripe, `/v1/customers/${id}`);
  return idOf(customer.invoice_settings.default_payment_method) ?? idOf(customer.default_source) ?? undefined;
}
