import type Stripe from "stripe";
import { notForSale } from "../catalog/index.ts";
import { BillingError } from "../errors/index.ts";
import { endingByOthers, endsLater, notChangeable, otherCurrency } from "../portal/index.ts";
import { isDecline, isOtherRequest, isRefusal } from "../stripe/index.ts";
import type { ChangePreview } from "./schema.ts";

/** Told by the text alone: Stripe gives these refusals no code, and documents none of their texts. */
const REFUSALS: [RegExp, () => BillingError][] = [
  [/price specified is inactive|not available to be purchased/, notForSale],
  [/\bpending_if_incomplete\b/, () => notChangeable("It is not paid by card.")],
  [/\bschedule\b/, scheduled],
  [/set to be cancell?ed/, ending],
  [/\bcurrenc(y|ies)\b/, otherCurrency],
];

/** What Stripe refuses for a reason that is no fault of ours. */
export function refusalOf(error: unknown): BillingError | undefined {
  if (isDecline(error)) return cardDeclined();
  if (isOtherRequest(error)) {
    return new BillingError(
      "idempotency_key_reused",
      "This Idempotency-Key was used for something else. Take another.",
    );
  }
  if (!isRefusal(error)) return undefined;
  if (error.code === "customer_tax_location_invalid") {
    return notChangeable("Its tax depends on an address that is missing: add one in the billing portal.");
  }
  const [, known] = REFUSALS.find(([text]) => text.test(error.message)) ?? [];
  if (known) return known();
  return new BillingError(
    "subscription_not_changeable",
    "This cannot be done here at the moment. Ask support.",
    `Stripe refused it. Its log says why: https://dashboard.stripe.com/logs/${error.requestId}`,
  );
}

/** Why one that is to end cannot be changed. */
export const endingOf = (subscription: Stripe.Subscription) => (endsLater(subscription) ? endingByOthers() : ending());

function ending(): BillingError {
  return new BillingError(
    "subscription_ending",
    "This subscription is about to end. Resume it first; then it can be changed.",
  );
}

export function scheduled(): BillingError {
  return new BillingError(
    "subscription_scheduled",
    "A change of this subscription is scheduled already. Take that back first.",
  );
}

/** What we did not schedule is not the customer's to take back. */
export function scheduledByOthers(): BillingError {
  return new BillingError(
    "subscription_scheduled",
    "What becomes of this subscription was scheduled for you. Ask support to change that.",
    "The subscription has a schedule that none of our routes made",
  );
}

export function changedMeanwhile(preview: ChangePreview): BillingError {
  return new BillingError(
    "changed_meanwhile",
    "This costs something else by now, and nothing was changed. Look at it again.",
    undefined,
    { preview },
  );
}

/** To the key that made it nothing is done again. */
export function takenBack(): BillingError {
  return new BillingError(
    "changed_meanwhile",
    "What this Idempotency-Key made was taken back since, and nothing was changed. Take another key.",
  );
}

export function cardDeclined(): BillingError {
  return new BillingError("card_declined", "Your card was declined, and nothing was changed. Use another card.");
}

export function paymentMethodRequired(): BillingError {
  return new BillingError("payment_method_required", "There is no card to charge, and nothing was changed. Add one.");
}

export function confirmationRequired(confirmUrl: string | null | undefined): BillingError {
  return new BillingError(
    "payment_confirmation_required",
    "Your bank wants you to confirm this payment. The change is made when you have.",
    undefined,
    confirmUrl ? { confirmUrl } : {},
  );
}
