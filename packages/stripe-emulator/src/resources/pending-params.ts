import { ApiError, invalid, notModelled } from "../api/errors.ts";
import type { ParamsOf } from "../api/params.ts";
import { paymentMethodOf } from "../billing/collecting.ts";
import { defaultPaymentOf } from "../billing/invoice-payments.ts";
import { declineOf } from "../billing/payment.ts";
import type { Subscription } from "../billing/subscription.ts";
import type { World } from "../world.ts";
import type { updateParams } from "./subscription-params.ts";

/** https://docs.stripe.com/billing/subscriptions/pending-updates-reference#supported-attributes */
const SUPPORTED = [
  "billing_cycle_anchor",
  "items",
  "off_session",
  "payment_behavior",
  "proration_behavior",
  "proration_date",
];
/** Those that Stripe takes too, and keeps until the payment. */
const UNMODELLED = ["add_invoice_items", "cancel_at_period_end", "discounts", "metadata", "trial_end"];

/** Stripe's 400 for what cannot wait for a payment, and for subscriptions whose payments it does not wait for. */
export function refusePending(world: World, subscription: Subscription, params: ParamsOf<typeof updateParams>): void {
  if (params.payment_behavior !== "pending_if_incomplete") return;
  if (subscription.collection_method === "send_invoice") {
    const message =
      "You cannot use `payment_behavior=pending_if_incomplete` when `collection_method` is set to `send_invoice`.";
    throw invalid(message, undefined, "payment_behavior");
  }
  if (paymentMethodOf(world, subscription)?.type === "sepa_debit") {
    const message = "You cannot use `payment_behavior=pending_if_incomplete` with a bank debit payment method.";
    throw invalid(message, undefined, "payment_behavior");
  }
  for (const name of Object.keys(params)) {
    if (SUPPORTED.includes(name)) continue;
    if (UNMODELLED.includes(name)) throw notModelled(`${name} in a pending update`, name);
    const message = `You cannot update \`${name}\` when \`payment_behavior\` is set to \`pending_if_incomplete\`.`;
    throw invalid(message, undefined, name);
  }
}

/**
 * `error_if_incomplete`: Stripe's 402 where what is asked would be invoiced at once and not be paid. It is done to a copy of the state.
 * @param latest the subscription's latest invoice before; what is owed of that is another matter
 */
export function refuseUnpaid(world: World, latest: string | null, act: (copy: World) => Subscription): void {
  world.rehearse(world.now(), (copy) => {
    const invoice = copy.store.invoices.find(act(copy).latest_invoice);
    if (invoice?.status !== "open" || invoice.id === latest || invoice.collection_method === "send_invoice") return;
    const payment = defaultPaymentOf(copy, invoice.id)?.payment.payment_intent;
    const intent = copy.store.paymentIntents.get(payment);
    if (intent.status === "processing") return;
    if (intent.status !== "requires_action")
      throw new ApiError(402, { type: "card_error", ...declineOf(intent.last_payment_error) });
    const message =
      "Payment for this subscription requires additional user action before it can be completed successfully.";
    throw new ApiError(402, { type: "card_error", code: "subscription_payment_intent_requires_action", message });
  });
}
