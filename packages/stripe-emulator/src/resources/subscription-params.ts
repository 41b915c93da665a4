import type Stripe from "stripe";
import {
  arrayOf,
  atMost,
  boolean,
  clearable,
  type Fields,
  hashOf,
  ignored,
  integer,
  integerIn,
  metadata,
  oneOf,
  type Reader,
  schema,
  text,
} from "../api/params.ts";
import { addInvoiceItems } from "./add-invoice-item-params.ts";
import { discounts } from "./discount-params.ts";
import { currency, quantity, recurringPriceData, trialDays } from "./price-params.ts";
import { taxRates } from "./tax-rates.ts";

/** What the end of a trial does when there is nothing to charge. */
export const trialSettings = hashOf(
  schema(
    {
      end_behavior: hashOf(
        schema({ missing_payment_method: oneOf("create_invoice", "cancel", "pause") }, ["missing_payment_method"]),
      ),
    },
    ["end_behavior"],
  ),
);

const pauseCollection = hashOf(
  schema({ behavior: oneOf("keep_as_draft", "mark_uncollectible", "void"), resumes_at: integer }, ["behavior"]),
);

/** A moment in seconds, or now. */
export const moment: Reader<number | "now"> = (value, param) => (value === "now" ? value : integer(value, param));

const paymentBehavior = oneOf("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete");
export const prorationBehavior = oneOf("create_prorations", "always_invoice", "none");
const collectionMethod = oneOf("charge_automatically", "send_invoice");
/** `{type}`, in older API versions the word alone. */
const billingCycleAnchor: Reader<"now" | "unchanged"> = (value, param) => {
  const word = oneOf("now", "unchanged");
  return typeof value === "string" ? word(value, param) : hashOf(schema({ type: word }, ["type"]))(value, param).type;
};
/** Whose tax it is: another account's is Connect. */
export const liability = hashOf(schema({ type: oneOf("self") }, ["type"]));
export const automaticTax = hashOf(schema({ enabled: boolean, liability }, ["enabled"]));

const paymentSettings = hashOf(
  schema({ save_default_payment_method: oneOf("off", "on_subscription") } satisfies Fields<
    keyof Stripe.SubscriptionCreateParams.PaymentSettings
  >),
);

/** What an anchor is reckoned from. */
export const anchorConfig = hashOf(
  schema(
    {
      day_of_month: integerIn(1, 31),
      hour: integerIn(0, 23),
      minute: integerIn(0, 59),
      month: integerIn(1, 12),
      second: integerIn(0, 59),
    } satisfies Fields<keyof Stripe.SubscriptionCreateParams.BillingCycleAnchorConfig>,
    ["day_of_month"],
  ),
);

export const daysUntilDue = integerIn(0, 3650);

/** A moment in seconds, or one of the words of `cancel_at`. */
export const cancelMoment: Reader<number | "max_period_end" | "min_period_end"> = (value, param) =>
  value === "max_period_end" || value === "min_period_end" ? value : integer(value, param);

/** An item, whatever asks for it. */
export const itemFields = {
  metadata,
  plan: text,
  price: text,
  price_data: recurringPriceData,
  quantity,
  tax_rates: taxRates,
} satisfies Fields<keyof Stripe.SubscriptionCreateParams.Item>;

export const createParams = schema(
  {
    customer: text,
    currency,
    items: arrayOf(hashOf(schema(itemFields))),
    add_invoice_items: addInvoiceItems,
    automatic_tax: automaticTax,
    backdate_start_date: integer,
    billing_cycle_anchor: integer,
    billing_cycle_anchor_config: anchorConfig,
    cancel_at: cancelMoment,
    cancel_at_period_end: boolean,
    collection_method: collectionMethod,
    days_until_due: daysUntilDue,
    default_payment_method: text,
    default_tax_rates: taxRates,
    description: atMost(500),
    discounts,
    metadata,
    off_session: ignored,
    payment_behavior: paymentBehavior,
    payment_settings: paymentSettings,
    proration_behavior: prorationBehavior,
    trial_from_plan: boolean,
    trial_period_days: trialDays,
    trial_end: moment,
    trial_settings: trialSettings,
  } satisfies Fields<keyof Stripe.SubscriptionCreateParams>,
  ["customer", "items"],
);

/** Why customers leave, in Stripe's words. */
export const FEEDBACK = [
  "customer_service",
  "low_quality",
  "missing_features",
  "other",
  "switched_service",
  "too_complex",
  "too_expensive",
  "unused",
] as const;

const cancellationDetails = hashOf(
  schema({ comment: clearable(text), feedback: clearable(oneOf(...FEEDBACK)) } satisfies Fields<
    keyof Stripe.SubscriptionUpdateParams.CancellationDetails
  >),
);

export const updateParams = schema({
  add_invoice_items: addInvoiceItems,
  automatic_tax: automaticTax,
  cancel_at: clearable(cancelMoment),
  cancel_at_period_end: boolean,
  billing_cycle_anchor: billingCycleAnchor,
  cancellation_details: cancellationDetails,
  collection_method: collectionMethod,
  days_until_due: daysUntilDue,
  default_payment_method: clearable(text),
  default_tax_rates: taxRates,
  description: clearable(atMost(500)),
  discounts,
  items: arrayOf(
    hashOf(
      schema({ id: text, deleted: boolean, ...itemFields } satisfies Fields<
        keyof Stripe.SubscriptionUpdateParams.Item
      >),
    ),
  ),
  metadata,
  off_session: ignored,
  payment_behavior: paymentBehavior,
  payment_settings: paymentSettings,
  pause_collection: clearable(pauseCollection),
  proration_behavior: prorationBehavior,
  proration_date: integer,
  trial_end: moment,
  trial_from_plan: boolean,
  trial_settings: trialSettings,
} satisfies Fields<keyof Stripe.SubscriptionUpdateParams>);

const itemChange = {
  ...itemFields,
  payment_behavior: paymentBehavior,
  proration_behavior: prorationBehavior,
  proration_date: integer,
} satisfies Fields<keyof Stripe.SubscriptionItemUpdateParams>;

export const updateItemParams = schema({ ...itemChange, off_session: ignored } satisfies Fields<
  keyof Stripe.SubscriptionItemUpdateParams
>);

export const createItemParams = schema(
  { ...itemChange, subscription: text } satisfies Fields<keyof Stripe.SubscriptionItemCreateParams>,
  ["subscription"],
);

export const deleteItemParams = schema({
  payment_behavior: paymentBehavior,
  proration_behavior: prorationBehavior,
  proration_date: integer,
} satisfies Fields<keyof Stripe.SubscriptionItemDeleteParams>);

const STATUSES = [
  "active",
  "all",
  "canceled",
  "ended",
  "incomplete",
  "incomplete_expired",
  "past_due",
  "paused",
  "trialing",
  "unpaid",
] as const;

export const listFilters = {
  collection_method: collectionMethod,
  customer: text,
  plan: text,
  price: text,
  status: oneOf(...STATUSES),
  test_clock: text,
};

export const cancelParams = schema({
  cancellation_details: cancellationDetails,
  invoice_now: boolean,
  prorate: boolean,
} satisfies Fields<keyof Stripe.SubscriptionCancelParams>);

export const resumeParams = schema({
  billing_cycle_anchor: hashOf(schema({ type: oneOf("now") }, ["type"])),
  payment_behavior: oneOf("resume_on_payment_attempt", "resume_on_payment_success"),
  proration_behavior: ignored,
} satisfies Fields<keyof Stripe.SubscriptionResumeParams>);
