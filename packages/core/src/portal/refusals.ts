import { notForSale } from "../catalog/index.ts";
import { BillingError } from "../errors/index.ts";
import { isMissing, isRefusal } from "../stripe/index.ts";
import { ending, notChangeable, notOffered, otherCurrency, over, scheduled, unchanged } from "./flows.ts";

const SETTINGS = "https://dashboard.stripe.com/settings/billing/portal, or with npx billing setup";

/** Told by the text alone: Stripe gives these refusals no code, and documents none of their texts. */
const REFUSALS: [RegExp, () => BillingError][] = [
  [/feature in the portal configuration is disabled/, featureOff],
  [/`features\[subscription_update\]\[default_allowed_updates\]`/, quantityOff],
  [/no changes to confirm/, unchanged],
  [
    /does not include the price|no price in the portal configuration/,
    () => notOffered(`The portal does not offer it: set it up at ${SETTINGS}`),
  ],
  [/price specified is inactive|not available to be purchased/, notForSale],
  [/already set to be canceled/, () => ending(true)],
  [/\balready canceled|because it is canceled/, over],
  [/\bschedule\b/, scheduled],
  [/\bcurrenc(y|ies)\b/, otherCurrency],
  [/multiple items|usage-based|invoices? (is|are) /, () => notChangeable("")],
];

/** What Stripe refuses when the portal is opened, for a reason that is neither a fault of ours nor of the caller's making. */
export function refusalOf(error: unknown, atFlow: boolean): BillingError | undefined {
  if (!isRefusal(error)) return undefined;
  const { message, requestId } = error;
  if (/\bdefault configuration\b/i.test(message)) {
    return new BillingError(
      "portal_not_set_up",
      "Nothing can be managed at the moment. Please try again later.",
      "The customer portal is not set up: save its settings at https://dashboard.stripe.com/settings/billing/portal",
    );
  }
  if (!atFlow) return undefined;
  if (isMissing(error)) return new BillingError("not_found", "There is no such subscription");
  const [, known] = REFUSALS.find(([text]) => text.test(message)) ?? [];
  if (known) return known();
  // What keeps the portal from a flow is Stripe's to say, and new reasons come: none of them is a fault of ours.
  return new BillingError(
    "portal_refused",
    "This cannot be done here at the moment. Open the billing portal, or ask support.",
    `Stripe refused to open the portal at this flow. Its log says why: https://dashboard.stripe.com/logs/${requestId}`,
  );
}

function featureOff(): BillingError {
  return new BillingError(
    "portal_feature_off",
    "This cannot be done here by yourself. Ask support.",
    `The customer portal does not let customers do this: switch it on at ${SETTINGS}`,
  );
}

function quantityOff(): BillingError {
  return new BillingError(
    "portal_feature_off",
    "The quantity cannot be changed in the billing portal. POST /api/subscriptions/change changes it.",
    "The customer portal does not let the quantity of this plan change: npx billing setup makes the configuration that does",
  );
}
