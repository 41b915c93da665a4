import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { getObject, noteDoneAnew } from "../mirror/index.ts";
import { isRefusal, read, requiredIdOf, write } from "../stripe/index.ts";
import { cardDeclined, confirmationRequired, paymentMethodRequired } from "./refusals.ts";

/** A change that waits for its payment, and how that stands. */
export interface PendingPayment {
  invoice: Stripe.Invoice;
  /** The bank asks its customer, or has not answered yet. */
  isUnderWay: boolean;
}

/** The payment that a subscription's change waits for. */
export async function getPendingPayment(
  clients: Clients,
  subscription: Stripe.Subscription,
): Promise<PendingPayment | undefined> {
  if (!subscription.pending_update) return undefined;
  const invoice = await noteDoneAnew(clients, "invoice", requiredIdOf(subscription.latest_invoice));
  const { status } = intentOf(invoice) ?? {};
  return { invoice, isUnderWay: status === "requires_action" || status === "processing" };
}

/** Why the payment that a change waits for did not go through. */
export function refusalOfPayment({ invoice, isUnderWay }: PendingPayment) {
  if (isUnderWay) return confirmationRequired(invoice.hosted_invoice_url);
  return intentOf(invoice)?.last_payment_error ? cardDeclined() : paymentMethodRequired();
}

/**
 * Gives up the change of a subscription that waits for its payment: with its invoice voided it can be paid no more. One that was paid at this moment
 * stays paid.
 * @returns the subscription as it is then. The mirror is told by what follows: see `askUnnoted`
 */
export async function giveUpPending(
  clients: Clients,
  subscription: Stripe.Subscription,
): Promise<Stripe.Response<Stripe.Subscription>> {
  await voidInvoice(clients, requiredIdOf(subscription.latest_invoice));
  return getObject("subscription").retrieve(clients.stripe, subscription.id);
}

async function voidInvoice(clients: Clients, id: string): Promise<void> {
  try {
    await write(clients.stripe, `/v1/invoices/${id}/void`);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { status } = await read<Stripe.Invoice>(clients.stripe, `/v1/invoices/${id}`);
    if (status === "open") throw confirmationRequired(undefined);
  }
  await noteDoneAnew(clients, "invoice", id);
}

function intentOf({ payments }: Stripe.Invoice): Stripe.PaymentIntent | undefined {
  const intents = (payments?.data ?? []).flatMap(({ is_default: isDefault, payment }) =>
    isDefault && payment.payment_intent && typeof payment.payment_intent === "object" ? [payment.payment_intent] : [],
  );
  return intents[0];
}
